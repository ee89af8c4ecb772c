// SPDX-License-Identifier: GPL-2.0-only
// Tables that a map installs on its way down, or finds in a state other than settled.
#pragma once

#include <utility>

#include "pgtable/table.hpp"

namespace pgtable {

// An empty table that no descriptor names yet.
template <TableLayout F, Platform P>
class Spare {
public:
	explicit Spare(P& platform)
		: platform_(platform)
	{
	}
	~Spare()
	{
		if (memory_)
			platform_.release(memory_, F::kTableBytes);
	}
	Spare(const Spare&) = delete;
	Spare& operator=(const Spare&) = delete;

	bool allocate(u32 gfp) { return memory_ = platform_.allocate(F::kTableBytes, gfp); }
	void* get() const { return memory_; }
	void* take() { return std::exchange(memory_, nullptr); }

private:
	P& platform_;
	void* memory_ = nullptr;
};

// Why the walk of a map ends early.
enum class Stop { kNone, kNeedsTable, kOccupied };

// The walk of one map, inside one section.
template <TableLayout F, Platform P>
class Way {
public:
	Way(const Tree<F, P>& table, Spare<F, P>& spare)
		: table_(table),
		  spare_(spare)
	{
	}

	// The entry for `iova` in a table of `target`; NULL, and stop() has the reason.
	[[gnu::noinline, gnu::cold]] Word<P>* make(u64 iova, int target)
	{
		Word<P>* at = table_.first_entry(iova);
		for (int level = table_.shape_of_first().level; level < target; level++) {
			const u64 descriptor = settle(*at);
			if (stop_ != Stop::kNone)
				return nullptr;
			at = table_.below(descriptor, iova, level + 1);
		}
		return at;
	}
	Stop stop() const { return stop_; }

private:
	// The descriptor of a table that is visible to walkers when the map returns.
	u64 settle(Word<P>& at)
	{
		for (;;) {
			u64 found = at.load_relaxed();
			if (is_settled(found))
				return found;
			const u64 wanted = successor(found);
			if (stop_ != Stop::kNone)
				return 0;
			// Another CPU has not cleaned it yet.  Clean it here instead of waiting.
			if (wanted == found) {
				table_.clean(&at, 1);
				return found;
			}
			// ORDER: the table's entries before the descriptor that leads to them.
			// Pairs with the address dependency of walkers and of descend().
			P::dma_wmb();
			if (!at.cas_relaxed(found, wanted))
				continue;
			if (!found)
				(void)spare_.take();
			table_.publish(at, wanted);
			return wanted;
		}
	}

	// The descriptor that replaces one that is not settled.
	u64 successor(u64 found)
	{
		const u64 state = table_.config().coherent ? 0 : kUnsynced;
		if (!found) {
			if (spare_.get())
				return table_.descriptor_of(spare_.get()) | state;
			stop_ = Stop::kNeedsTable;
			return 0;
		}
		if (is_block(found)) {
			stop_ = Stop::kOccupied;
			return 0;
		}
		if (is_table(found) && !(found & kCondemned))
			return found;
		// reclaim() has found it empty.  Its cmpxchg fails after this, and the table stays.
		return (found & ~(kState)) | kTable | state;
	}

	const Tree<F, P>& table_;
	Spare<F, P>& spare_;
	Stop stop_ = Stop::kNone;
};

}  // namespace pgtable
