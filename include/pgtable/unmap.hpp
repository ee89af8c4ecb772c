// SPDX-License-Identifier: GPL-2.0-only
// Removal of pages and blocks, in one pass.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>

#include "pgtable/detach.hpp"
#include "pgtable/split.hpp"

namespace pgtable {

// What the caller has to invalidate.
struct Unmapped {
	u64 bytes = 0;
	u32 levels = 0;       // level_bit() of the entries removed
	bool split = false;   // the TLB may hold an entry of a higher level
	bool tables = false;  // tables were removed: walk caches are to be invalidated

	// TTL of a range invalidation (IHI 0070 4.4.1.1): the level of all entries that the TLB may
	// hold, or 0.
	constexpr u32 ttl() const
	{
		const u32 level = static_cast<u32>(std::countr_zero(levels | 1u << 31)) - 1;
		return !split && std::has_single_bit(levels) && levels >= level_bit(1) ? level : 0;
	}
};

// Receives the tables that an unmap removes, to release them after the invalidation and a grace
// period.
template <class G>
concept Gather = requires(G& gather, void* memory) { gather.table(memory); };

// Entries of the last level are pages, which have bits 1:0, or 0.
template <size_t kCount>
[[gnu::always_inline]] inline bool all_of(const u64 (&pages)[kCount])
{
	u64 common = kPage;
	for (u64 page : pages)
		common &= page;
	return common;
}

// Remove pages in one table up to the first that is not mapped; returns their number.
template <class P>
[[gnu::always_inline]] inline u64 clear_pages(Word<P>* first, u64 count)
{
	const Word<P>* const end = in_runs(
		first, count, [&]<size_t kRun>(Word<P>* run) __attribute__((always_inline)) {
			u64 found[kRun];
			Word<P>::load_all_relaxed(run, found);
			if (!all_of(found))
				return false;
			Word<P>::template store_all_relaxed<kRun>(run, [](u64) { return u64{0}; });
			return true;
		});
	return static_cast<u64>(end - first);
}

// A table that walkers see and that was no block.
constexpr bool is_plain(u64 descriptor)
{
	return (descriptor & (kState | kSplit)) == kTable;
}

// Whether the entry for `iova` is in a contiguous run.  Its first entry is the last to lose the bit.
template <TableLayout F, Platform P>
bool in_run(const Word<P>* at, u64 iova, int level = kLastLevel)
{
	const u64 run = F::contiguous(level);
	const u64 offset = run ? F::index(iova, level) & (run - 1) : 0;
	return at[-static_cast<ptrdiff_t>(offset)].load_relaxed() & kContiguous;
}

// Whether a run has pages in the range and others outside.
template <TableLayout F, Platform P>
bool cuts_run(const Word<P>* at, u64 count, u64 iova)
{
	constexpr u64 kRun = F::contiguous(kLastLevel) * F::size(kLastLevel);
	const u64 end = iova + count * F::size(kLastLevel);
	return (iova & (kRun - 1) && in_run<F, P>(at, iova)) ||
	       (end & (kRun - 1) && in_run<F, P>(at + count, end));
}

// One page, or one of the smallest blocks, in tables that are plain; as enter_one().
template <Walkers W, int Level, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool remove_one(const Tree<F, P>& table, u64 iova)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_plain, Level>(iova);
	if (spot.level != Level || !is_leaf(spot.at->load_relaxed(), Level) ||
	    in_run<F, P>(spot.at, iova, Level) || !table.template is_for<W>()) [[unlikely]]
		return false;
	spot.at->store_relaxed(0);
	table.template clean_for<W>(spot.at, 1);
	return true;
}

// Pages in one plain table, up to the first that is not mapped.  Returns their number.
template <Walkers W, TableLayout F, Platform P>
[[gnu::always_inline]] inline u64 remove_pages(const Tree<F, P>& table, u64 iova, u64 count)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_plain>(iova);
	if (spot.level != kLastLevel || !table.template is_for<W>() ||
	    cuts_run<F, P>(spot.at, count, iova)) [[unlikely]]
		return 0;
	const u64 removed = clear_pages<P>(spot.at, count);
	table.template clean_for<W>(spot.at, removed);
	return removed;
}

// The part of an unmap in one table.
template <TableLayout F, Platform P, Gather G>
class UnmapStep {
public:
	UnmapStep(const Tree<F, P>& table, G& gather, u64 iova, u64 left, int level)
		: table_(table),
		  gather_(gather),
		  iova_(iova),
		  left_(left),
		  level_(level)
	{
	}

	// The number of entries removed.  0 if the first maps nothing, or without memory.
	u64 run(Unmapped& result)
	{
		u64 removed = 0;
		while (enter(result, removed)) {
		}
		return removed;
	}

private:
	// Returns whether to try again.
	bool enter(Unmapped& result, u64& removed)
	{
		const typename P::Section section;
		const Spot<P> spot = table_.template descend<is_table>(iova_, level_);
		if (spot.level != level_)
			return split(spot);
		result.split |= !!(spot.path & kSplit);
		// Another CPU has split a block, which walkers may still find.
		if (spot.path & kUnsynced)
			table_.clean_unsynced(iova_, level_);
		const u64 count = std::min(left_, Tree<F, P>::entries_left(iova_, level_));
		if (table_.config().contiguous)
			unfold_edges(spot.at, count);
		removed = level_ == kLastLevel ? clear_pages<P>(spot.at, count)
					       : remove_entries(spot.at, count, result);
		if (removed && level_ == kLastLevel)
			result.levels |= level_bit(kLastLevel);
		table_.clean(spot.at, removed);
		return false;
	}

	bool split(const Spot<P>& spot)
	{
		if (const u64 run = F::contiguous(spot.level); run && table_.config().contiguous)
			unfold(spot.at - (F::index(iova_, spot.level) & (run - 1)), run);
		return Split<F, P>(table_).run(*spot.at, spot.level, iova_);
	}

	u64 remove_entries(Word<P>* at, u64 count, Unmapped& result)
	{
		u64 i = 0;
		for (; i < count && remove_entry(at[i], result); i++) {
		}
		return i;
	}

	bool remove_entry(Word<P>& at, Unmapped& result)
	{
		const u64 found = at.load_relaxed();
		if (is_block(found)) {
			at.store_relaxed(0);
			result.levels |= level_bit(level_);
			return true;
		}
		// reclaim() may remove it at the same time.
		const u64 taken = is_table(found) ? Tree<F, P>::take(at) : 0;
		if (!taken)
			return false;
		result.tables = true;
		result.levels |= detach_below(table_, taken, level_,
					      [&](void* memory) { gather_.table(memory); });
		return true;
	}

	// No walker may find a part of a contiguous run and cache the whole of it.
	void unfold_edges(Word<P>* at, u64 count)
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

	// The first entry is the last that loses the bit.  Without it there, no other entry has it,
	// also while another CPU does this.
	void unfold(Word<P>* at, u64 run)
	{
		if (!(at->load_relaxed() & kContiguous))
			return;
		for (u64 i = run - 1; i; i--)
			(void)at[i].fetch_andnot_relaxed(kContiguous);
		// ORDER: the others before the first one.  Pairs with the control dependency from
		// the load above, on a CPU that removes an entry of the same run.
		(void)at->fetch_andnot(kContiguous);
		table_.clean(at, run);
	}

	const Tree<F, P>& table_;
	G& gather_;
	const u64 iova_, left_;
	const int level_;
};

// Any unmap.
template <TableLayout F, Platform P, Gather G>
[[gnu::always_inline]] inline Unmapped remove_all(const Tree<F, P>& table, u64 iova, u64 size,
						  u64 count, G& gather)
{
	const int level = Tree<F, P>::level_of(size);
	u64 at = iova, left = count;
	Unmapped result;
	while (left) {
		const u64 removed = UnmapStep<F, P, G>(table, gather, at, left, level).run(result);
		if (!removed)
			break;
		at += removed * size;
		left -= removed;
	}
	result.bytes = at - iova;
	return result;
}

// Unmap one page, or one of the smallest blocks, in tables that walkers of one kind find and of which
// none was a block; false in other cases, which unmap_range() handles.  Any context.
template <int Level, Walkers W = Walkers::kCoherent, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool unmap_one(const Tree<F, P>& table, u64 iova)
{
	return !(iova & (F::size(Level) - 1)) && table.takes_input(iova, 1) &&
	       remove_one<W, Level>(table, iova);
}

// The same for pages in one table.  Returns the number of pages up to the first that is not mapped; 0
// in other cases.
template <Walkers W = Walkers::kCoherent, TableLayout F, Platform P>
[[gnu::always_inline]] inline u64 unmap_run(const Tree<F, P>& table, u64 iova, u64 count)
{
	// Entries beyond the address space, where a table has any, map nothing.
	if (iova & (F::size(kLastLevel) - 1) ||
	    count - 1 >= Tree<F, P>::entries_left(iova, kLastLevel) || !table.takes_input(iova, 1))
		[[unlikely]]
		return 0;
	return remove_pages<W>(table, iova, count);
}

// As unmap_pages(), and inlined; for any range.
template <TableLayout F, Platform P, Gather G>
[[gnu::always_inline]] inline Unmapped unmap_range(const Tree<F, P>& table, u64 iova, u64 size,
						   u64 count, G& gather)
{
	if (!table.has_size(size) || iova & (size - 1) || !table.takes_input(iova, size * count))
		[[unlikely]]
		return {};
	return remove_all(table, iova, size, count, gather);
}

// Remove `count` pages of `size` bytes.  It ends early at an address that is not mapped, and at a
// block that must be split if there is no memory.  A range that covers a table removes it with all
// that it maps.  Any context.
template <TableLayout F, Platform P, Gather G>
Unmapped unmap_pages(Tree<F, P>& table, u64 iova, u64 size, u64 count, G& gather)
{
	const int level = size == F::size(kLastLevel) ? kLastLevel : kBlockLevel;
	u64 removed = 0;
	if (level == kLastLevel)
		removed = count == 1 ? unmap_one<kLastLevel>(table, iova)
				     : unmap_run(table, iova, count);
	else if (size == F::size(kBlockLevel) && count == 1)
		removed = unmap_one<kBlockLevel>(table, iova);
	if (!removed)
		return unmap_range(table, iova, size, count, gather);
	return {.bytes = size * removed, .levels = level_bit(level)};
}

}  // namespace pgtable
