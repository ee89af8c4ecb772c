// SPDX-License-Identifier: GPL-2.0-only
// What an SMMU may remember of tables: translations, each as large as its level and the Contiguous
// bit permit, and tables.  An invalidation removes what the architecture says it does, and no more.
#pragma once

#include "kunit/pgtable/machine.hpp"

namespace test {

template <class F>
class Caches {
public:
	explicit Caches(Space<F>& space)
		: space_(space)
	{
		space.machine.context = this;
		space.machine.on_invalidate = [](void* context, u64 iova, u64 size) {
			auto& caches = *static_cast<Caches*>(context);
			caches.invalidate(iova, size, 0, true);
			caches.use(caches.next_dma);
		};
	}
	~Caches() { space_.machine.on_invalidate = nullptr; }
	Caches(const Caches&) = delete;
	Caches& operator=(const Caches&) = delete;

	// DMA to an address: a walk, and what is kept of it.
	void use(u64 iova)
	{
		const walker::Result found = space_.walk(iova);
		const u64 tables = space_.table.shape_of_first().level + 2;
		for (u64 i = tables; i < 6; i++)
			if (found.tables[i]) {
				const u64 size = F::size(static_cast<int>(i) - 2);
				put(walks_, {iova & ~(size - 1), size, found.tables[i],
					     static_cast<int>(i)});
			}
		if (!found.ok || found.nt)
			return;
		u64 size = found.size;
		if (walker::decode(space_.registers(), found.descriptor, false).contiguous)
			size *= F::contiguous(found.level);
		const u64 base = iova & ~(size - 1);
		put(translations_, {base, size, found.pa - (iova - base), found.level});
	}

	// `ttl` is 0 or the level of what is to be forgotten.
	void invalidate(u64 iova, u64 size, u32 ttl, bool tables)
	{
		drop(translations_, iova, size, ttl);
		if (tables)
			drop(walks_, iova, size, 0);
	}

	// No translation is left of [iova, iova + size).
	bool forgot(u64 iova, u64 size) const
	{
		for (const Entry& e : translations_)
			if (overlaps(e, iova, size))
				return false;
		return true;
	}
	// Each table remembered is the one that a walk finds.
	bool walks_are_true() const
	{
		for (const Entry& e : walks_)
			if (e.size && space_.walk(e.iova).tables[e.level] != e.value)
				return false;
		return true;
	}
	// Each translation is `right(iova, pa)`, where it is asked.
	template <class Choices, class Right>
	bool translations_are(Choices& choices, const Right& right) const
	{
		for (const Entry& e : translations_) {
			if (!e.size)
				continue;
			const u64 offset = choices.below(e.size / F::kTableBytes) * F::kTableBytes;
			if (!right(e.iova + offset, e.value + offset))
				return false;
		}
		return true;
	}

	// The address of DMA that follows an invalidation by the library, while its call goes on.
	u64 next_dma = 0;

private:
	struct Entry {
		u64 iova, size, value;
		int level;
	};
	static constexpr u32 kMost = 32;

	static bool overlaps(const Entry& e, u64 iova, u64 size)
	{
		return e.size && e.iova < iova + size && iova < e.iova + e.size;
	}
	void put(Entry (&entries)[kMost], const Entry& entry) { entries[next_++ % kMost] = entry; }
	static void drop(Entry (&entries)[kMost], u64 iova, u64 size, u32 ttl)
	{
		for (Entry& e : entries)
			if (overlaps(e, iova, size) && (!ttl || e.level == static_cast<int>(ttl)))
				e.size = 0;
	}

	Space<F>& space_;
	Entry translations_[kMost]{}, walks_[kMost]{};
	u32 next_ = 0;
};

}  // namespace test
