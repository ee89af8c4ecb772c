// SPDX-License-Identifier: GPL-2.0-only
// Removing pages and blocks, in one pass.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>

#include "pgtable/detach.hpp"
#include "pgtable/split.hpp"

namespace pgtable {

// What is to be invalidated.
struct Unmapped {
	u64 bytes = 0;
	u32 levels = 0;       // level_bit() of the entries removed
	bool split = false;   // the TLB may hold an entry of a higher level
	bool tables = false;  // tables were removed: walk caches are to be invalidated

	// TTL of a range invalidation (IHI 0070 4.4.1.1): the level of every entry that the TLB may hold, or 0.
	constexpr u32 ttl() const
	{
		const u32 level = static_cast<u32>(std::countr_zero(levels | 1u << 31)) - 1;
		return !split && std::has_single_bit(levels) && levels >= level_bit(1) ? level : 0;
	}
};

// Takes the tables that an unmap removes: to be released after the invalidation and a grace period.
template <class G>
concept Gather = requires(G& gather, void* memory) { gather.table(memory); };

template <Format F, Platform P, Gather G>
class Unmap {
public:
	Unmap(Table<F, P>& table, G& gather, u64 iova, u64 size, u64 count)
		: table_(table),
		  gather_(gather),
		  level_(Table<F, P>::level_of(size)),
		  iova_(iova),
		  left_(count)
	{
	}

	// Each turn removes what lies in one table.
	Unmapped run()
	{
		const u64 start = iova_;
		while (left_ && step()) {
		}
		result_.bytes = iova_ - start;
		return result_;
	}

private:
	// False at an entry that maps nothing, or without memory.
	[[gnu::always_inline]] bool step()
	{
		const typename P::Section section;
		const Spot<P> spot = table_.template descend<is_table>(iova_, level_);
		if (spot.level != level_) [[unlikely]]
			return Split<F, P>(table_).run(*spot.at, spot.level, iova_);
		if (spot.path & (kSplit | kUnsynced)) [[unlikely]]
			consider(spot.path);
		const u64 count = std::min(left_, Table<F, P>::entries_left(iova_, level_));
		if (table_.config().contiguous) [[unlikely]]
			unfold_edges(spot.at, count);
		const u64 removed = level_ == kLastLevel ? remove_pages(spot.at, count)
							 : remove_entries(spot.at, count);
		table_.clean(spot.at, removed);
		iova_ += removed * F::size(level_);
		left_ -= removed;
		return removed == count;
	}

	// Another CPU has split a block here.
	[[gnu::noinline, gnu::cold]] void consider(u64 path)
	{
		if (path & kSplit)
			result_.split = true;
		// Or walkers find the block still, and what is removed in it.
		if (path & kUnsynced)
			table_.clean_unsynced(iova_, level_);
	}

	u64 remove_pages(Word<P>* at, u64 count)
	{
		result_.levels |= level_bit(kLastLevel);
		u64 i = 0;
		for (; i < count && at[i].load_relaxed(); i++)
			at[i].store_relaxed(0);
		return i;
	}

	[[gnu::noinline]] u64 remove_entries(Word<P>* at, u64 count)
	{
		u64 i = 0;
		for (; i < count && remove_entry(at[i]); i++) {
		}
		return i;
	}

	bool remove_entry(Word<P>& at)
	{
		const u64 found = at.load_relaxed();
		if (is_block(found)) {
			at.store_relaxed(0);
			result_.levels |= level_bit(level_);
			return true;
		}
		// reclaim() may be about to take it.
		const u64 taken = is_table(found) ? Table<F, P>::take(at) : 0;
		if (!taken)
			return false;
		result_.tables = true;
		result_.levels |= detach_below(table_, taken, level_,
					       [&](void* memory) { gather_.table(memory); });
		return true;
	}

	// No walker finds a part of a contiguous run and caches it as the whole.
	[[gnu::noinline]] void unfold_edges(Word<P>* at, u64 count)
	{
		const u64 run = F::contiguous(level_);
		if (!run)
			return;
		const u64 before = F::index(iova_, level_) & (run - 1);
		const u64 beyond = (before + count) & (run - 1);
		if (before || count < run)
			unfold(at - before, run);
		if (beyond)
			unfold(at + count - beyond, run);
	}

	// The first entry is the last that loses the bit.  Where it has none, no other has, also while another CPU does this.
	void unfold(Word<P>* at, u64 run)
	{
		if (!(at->load_relaxed() & kContiguous))
			return;
		for (u64 i = run - 1; i; i--)
			(void)at[i].fetch_andnot_relaxed(kContiguous);
		// ORDER: the others before the first one.  Pairs with the control dependency from the load above, on a CPU
		// that removes an entry of the same run.
		(void)at->fetch_andnot(kContiguous);
		table_.clean(at, run);
	}

	Table<F, P>& table_;
	G& gather_;
	const int level_;
	u64 iova_, left_;
	Unmapped result_;
};

// Remove `count` pages of `size` bytes.  It ends early at an address that is not mapped, and where a block is to be
// split and there is no memory.  A range that covers a table removes it with all that it maps.  Any context.
template <Format F, Platform P, Gather G>
Unmapped unmap_pages(Table<F, P>& table, u64 iova, u64 size, u64 count, G& gather)
{
	if (!table.has_size(size) || iova & (size - 1) || !table.takes_input(iova, size * count))
		[[unlikely]]
		return {};
	return Unmap<F, P, G>(table, gather, iova, size, count).run();
}

}  // namespace pgtable
