// SPDX-License-Identifier: GPL-2.0-only
// An array that many CPUs read inside read-side sections and one writer at a time changes.
//
// There are two copies.  Readers use the published one.  The writer changes the other one,
// publishes it and waits for a grace period.  Guarantees (proofs: Documentation/ordering.rst):
//  1. After add() has returned, a CPU sees the new element in its next section.  If a section has
//     missed the element, everything written before that section is visible to an observer of what
//     the writer writes next.  Readers execute no barrier for this.
//  2. After remove_if() has returned, no reader uses a removed element.
//
// P is the platform: Atomic, and synchronize(), which waits for the end of every section.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/owner.hpp"

namespace core {

template <class T, class P>
	requires std::is_trivially_copyable_v<T>
class RcuArray {
public:
	// A range that checks nothing: a reader loops over it and does nothing else.
	class Elements {
	public:
		Elements(const T* begin, const T* end)
			: begin_(begin),
			  end_(end)
		{
		}
		const T* begin() const { return begin_; }
		const T* end() const { return end_; }
		size_t size() const { return static_cast<size_t>(end_ - begin_); }
		bool empty() const { return begin_ == end_; }
		const T& operator[](size_t index) const { return begin_[index]; }

	private:
		const T *begin_, *end_;
	};

	// The elements, for the length of one read-side section.
	Elements read() const
	{
		// ORDER: the index before the elements; pairs with the release in publish().
		return copies_[current_.load_acquire()].elements;
	}

	// ---- for the writer; its calls exclude each other ----

	// Allocates room for `count` elements, so that add() can't fail.  Readers are not
	// affected.  Sleeps.  kNoMemory.
	Result<> reserve(size_t count)
	{
		if (count > spare().room.size())
			spare().take(TRY(Array<T>::allocate(count)));
		if (count > std::max(published().room.size(), growth_.size()))
			growth_ = TRY(Array<T>::allocate(count));
		return {};
	}

	// reserve() has made room.  Sleeps.
	void add(const T& element)
	{
		fill_spare([](const T&) { return true; }).push(element);
		publish();
	}

	// The same, with a place: behind the last element for which `predicate` is true, or last.
	template <class Predicate>
	void insert(const T& element, Predicate predicate)
	{
		const Elements old = published().elements;
		const T* place = old.end();
		for (const T& other : old)
			if (predicate(other))
				place = &other + 1;
		Copy& draft = spare();
		draft.clear();
		draft.append({old.begin(), place});
		draft.push(element);
		draft.append({place, old.end()});
		publish();
	}

	// Removes the elements for which `predicate` is true.  Sleeps if there is one.
	template <class Predicate>
	void remove_if(Predicate predicate)
	{
		const Copy& draft =
			fill_spare([&](const T& element) { return !predicate(element); });
		if (draft.elements.size() != published().elements.size())
			publish();
	}

private:
	// What readers need is in front, and its size a power of two, so that they find it by two instructions.
	struct Copy {
		Elements elements{nullptr, nullptr};
		Array<T> room;

		void take(Array<T> other)
		{
			room = std::move(other);
			clear();
		}
		void clear() { elements = {room.all().data(), room.all().data()}; }
		void push(const T& element)
		{
			const size_t size = elements.size();
			room.all()[size] = element;
			elements = {room.all().data(), room.all().data() + size + 1};
		}
		void append(Elements others)
		{
			for (const T& element : others)
				push(element);
		}
	};

	u32 current() const { return current_.load_relaxed(); }
	Copy& published() { return copies_[current()]; }
	Copy& spare() { return copies_[!current()]; }

	// Fills the spare copy with the elements for which `keep` is true.
	template <class Keep>
	Copy& fill_spare(Keep keep)
	{
		Copy& draft = spare();
		draft.clear();
		for (const T& element : published().elements)
			if (keep(element))
				draft.push(element);
		return draft;
	}

	void publish()
	{
		// ORDER: the elements before the index; pairs with the acquire in read().
		current_.store_release(!current());
		// No reader uses the spare copy after this.
		P::synchronize();
		if (growth_.size() > spare().room.size())
			spare().take(std::exchange(growth_, {}));
	}

	Copy copies_[2];
	Array<T> growth_;  // the published copy's room, once it is the spare one
	typename P::template Atomic<u32> current_{0};
};

}  // namespace core
