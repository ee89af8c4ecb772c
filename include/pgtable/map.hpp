// SPDX-License-Identifier: GPL-2.0-only
// Mapping of pages and blocks.
#pragma once

#include <algorithm>

#include "pgtable/detach.hpp"
#include "pgtable/install.hpp"

namespace pgtable {

// Pages of one size, contiguous in input and output addresses.
struct Mapping {
	u64 iova, pa, size, count;
	u32 prot;
};

// The rest of a mapping.
struct Rest {
	u64 iova, pa, count;
};

// Entries of one table that exists.
template <TableLayout F, Platform P>
struct Entry {
	// Callers do not overlap: no other CPU changes these entries.
	[[gnu::always_inline]] static bool are_free(const Word<P>* at, u64 count)
	{
		u64 all = 0;
		in_runs(at, count,
			[&]<size_t kRun>(const Word<P>* run) __attribute__((always_inline)) {
				u64 found[kRun];
				Word<P>::load_all_relaxed(run, found);
				for (u64 one : found)
					all |= one;
			});
		return !all;
	}

	static void write(Word<P>* at, u64 count, u64 pa, u64 leaf, u64 size)
	{
		if constexpr (F::kMoved == 0) {
			u64 first = leaf | pa;
			in_runs(at, count,
				[&]<size_t kRun>(Word<P>* run) __attribute__((always_inline)) {
					Word<P>::template store_all_relaxed<kRun>(
						run, [&](u64 i) { return first + i * size; });
					first += kRun * size;
				});
		} else {
			for (u64 i = 0; i < count; i++, pa += size)
				at[i].store_relaxed(leaf | F::encode(pa));
		}
	}

	// Call visit<n>(at) for runs of n entries.
	template <class W, class Visit>
	[[gnu::always_inline]] static void in_runs(W* at, u64 count, const Visit& visit)
	{
		const W* const end = at + count;
		constexpr u64 kLong = 16, kShort = 4;
		for (; count >= kLong; count -= kLong, at += kLong)
			visit.template operator()<kLong>(at);
		for (; count >= kShort; count -= kShort, at += kShort)
			visit.template operator()<kShort>(at);
		for (; at != end; at++)
			visit.template operator()<1>(at);
	}

	// Add the Contiguous bit to `leaf` if all of the pages are in runs.  False: some of them are.
	static bool mark_runs(u64 iova, u64 pa, u64 count, u64& leaf)
	{
		constexpr u64 kRun = F::contiguous(kLastLevel) * F::size(kLastLevel);
		const u64 bytes = count * F::size(kLastLevel);
		if (bytes < kRun || (iova ^ pa) & (kRun - 1))
			return true;
		leaf |= kContiguous;
		return !((iova | bytes) & (kRun - 1));
	}

	// As write(), with the Contiguous bit in runs that are aligned in both addresses (D8.7.1).
	[[gnu::noinline]] static void write_runs(Word<P>* at, u64 count, const Rest& rest, u64 leaf,
						 int level)
	{
		const u64 run = F::contiguous(level), size = F::size(level);
		const bool fits = run && !((rest.iova ^ rest.pa) & (run * size - 1));
		const u64 before = fits ? std::min(-(rest.iova / size) & (run - 1), count) : count;
		const u64 inside = fits ? (count - before) & ~(run - 1) : 0;
		const u64 done = before + inside;
		write(at, before, rest.pa, leaf, size);
		write(at + before, inside, rest.pa + before * size, leaf | kContiguous, size);
		write(at + done, count - done, rest.pa + done * size, leaf, size);
	}
};

// One page in a settled table.  For coherent walkers it calls no function, so map_pages() saves no
// register for it.
template <Walkers W, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool enter_page(const Tree<F, P>& table, u64 iova, u64 pa, u64 leaf)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_settled>(iova);
	if (spot.level != kLastLevel || spot.at->load_relaxed() || !table.template is_for<W>())
		[[unlikely]]
		return false;
	spot.at->store_relaxed(leaf | F::encode(pa));
	table.template clean_page<W>(spot.at);
	return true;
}

// Pages in one settled table, without the Contiguous bit.  Returns their number; 0 in other cases,
// which map_step() handles.
template <TableLayout F, Platform P>
[[gnu::always_inline]] inline u64 enter_pages(const Tree<F, P>& table, u64 iova, u64 pa, u64 left,
					      u64 leaf)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_settled>(iova);
	if (spot.level != kLastLevel) [[unlikely]]
		return 0;
	const u64 count = std::min(left, Tree<F, P>::entries_left(iova, kLastLevel));
	if (table.config().contiguous && !Entry<F, P>::mark_runs(iova, pa, count, leaf))
		[[unlikely]]
		return 0;
	if (!Entry<F, P>::are_free(spot.at, count)) [[unlikely]]
		return 0;
	[[clang::always_inline]] Entry<F, P>::write(spot.at, count, pa, leaf, F::size(kLastLevel));
	table.clean(spot.at, count);
	return count;
}

// One of the smallest blocks where nothing is mapped, in settled tables, for coherent walkers; as
// enter_page().
template <TableLayout F, Platform P>
[[gnu::always_inline]] inline bool enter_block(const Tree<F, P>& table, u64 iova, u64 pa, u64 leaf)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_settled, kBlockLevel>(iova);
	if (spot.level != kBlockLevel || spot.at->load_relaxed() || !table.config().coherent)
		[[unlikely]]
		return false;
	spot.at->store_relaxed(leaf | F::encode(pa));
	return true;
}

// The part of a mapping in one table: installs tables, replaces empty ones, marks contiguous runs.
template <TableLayout F, Platform P>
class MapStep {
public:
	MapStep(const Tree<F, P>& table, const Rest& rest, u64 leaf, int level)
		: table_(table),
		  rest_(rest),
		  leaf_(leaf),
		  level_(level)
	{
	}

	// The number of entries that were written; kExists, kNoMemory.
	core::Result<u64> run(u32 gfp)
	{
		Spare<F, P> spare(table_.platform());
		for (;;) {
			const Stop stop = enter(spare);
			if (stop == Stop::kNone)
				return count_;
			if (stop == Stop::kOccupied)
				return core::error(core::Errno::kExists);
			// Outside the section: it may sleep.
			if (!spare.allocate(gfp))
				return core::error(core::Errno::kNoMemory);
		}
	}

private:
	Stop enter(Spare<F, P>& spare)
	{
		const typename P::Section section;
		Way<F, P> way(table_, spare);
		Word<P>* at = way.make(rest_.iova, level_);
		if (!at)
			return way.stop();
		count_ = std::min(rest_.count, Tree<F, P>::entries_left(rest_.iova, level_));
		if (!make_free(at))
			return Stop::kOccupied;
		if (table_.config().contiguous)
			Entry<F, P>::write_runs(at, count_, rest_, leaf_, level_);
		else
			Entry<F, P>::write(at, count_, rest_.pa, leaf_, F::size(level_));
		table_.clean(at, count_);
		return Stop::kNone;
	}

	// Blocks replace empty tables, but no table that maps anything.
	bool make_free(Word<P>* at)
	{
		bool free = true;
		for (u64 i = 0; i < count_; i++) {
			const u64 found = at[i].load_relaxed();
			free &= !found;
			if (found && (level_ == kLastLevel || !maps_nothing(table_, found, level_)))
				return false;
		}
		for (u64 i = 0; !free && i < count_; i++)
			replace_empty(at[i], rest_.iova + i * F::size(level_));
		return true;
	}

	// Walk caches are invalidated before the block replaces the table.
	void replace_empty(Word<P>& at, u64 iova)
	{
		const u64 descriptor = Tree<F, P>::take(at);
		if (!descriptor)
			return;
		table_.clean(&at, 1);
		const bool forgotten = table_.platform().invalidate(iova, F::size(level_));
		detach_below(table_, descriptor, level_, [&](void* memory) {
			if (forgotten) [[likely]]
				table_.platform().retire(memory, F::kTableBytes);
			else
				table_.platform().keep(memory);
		});
	}

	const Tree<F, P>& table_;
	const Rest rest_;
	const u64 leaf_;
	const int level_;
	u64 count_ = 0;
};

// Out of line: the fast path does not reserve its stack.
template <TableLayout F, Platform P>
[[gnu::noinline]] core::Result<u64> map_step(const Tree<F, P>& table, u64 iova, u64 pa, u64 left,
					     u64 leaf, int level, u32 gfp)
{
	return MapStep<F, P>(table, {iova, pa, left}, leaf, level).run(gfp);
}

// Any mapping.
template <TableLayout F, Platform P>
[[gnu::always_inline]] inline core::Result<> enter_all(const Tree<F, P>& table,
						       const Mapping& mapping, u32 gfp,
						       std::unsigned_integral auto& mapped)
{
	const bool pages = mapping.size == F::size(kLastLevel);
	const int level = pages ? kLastLevel : Tree<F, P>::level_of(mapping.size);
	const u64 leaf = table.attributes_for(mapping.prot) | (pages ? kPage : kBlock);
	u64 iova = mapping.iova, pa = mapping.pa, left = mapping.count;
	core::Result<> result;
	while (left) {
		u64 count = pages ? enter_pages(table, iova, pa, left, leaf) : 0;
		if (!count) [[unlikely]] {
			const auto entered = map_step(table, iova, pa, left, leaf, level, gfp);
			if (!entered) {
				result = core::error(entered.error());
				break;
			}
			count = *entered;
		}
		iova += count * mapping.size;
		pa += count * mapping.size;
		left -= count;
	}
	mapped += iova - mapping.iova;
	return result;
}

// Map one page in tables that exist, for walkers of one kind; false in other cases, which map_pages()
// handles.  Any context.
template <Walkers W = Walkers::kCoherent, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool map_page(const Tree<F, P>& table, u64 iova, u64 pa, u32 prot)
{
	if (!(prot & (kRead | kWrite)) || (iova | pa) & (F::size(kLastLevel) - 1) ||
	    !table.takes_input(iova, 1) || !table.takes_output(pa, 1)) [[unlikely]]
		return false;
	if (!enter_page<W>(table, iova, pa, table.attributes_for(prot) | kPage)) [[unlikely]]
		return false;
	// ORDER: the entry before whatever makes a device use it.
	P::wmb();
	return true;
}

// The same for one of the smallest blocks.
template <TableLayout F, Platform P>
[[gnu::always_inline]] inline bool map_block(const Tree<F, P>& table, u64 iova, u64 pa, u32 prot)
{
	if (!(prot & (kRead | kWrite)) || (iova | pa) & (F::size(kBlockLevel) - 1) ||
	    !table.takes_input(iova, 1) || !table.takes_output(pa, 1)) [[unlikely]]
		return false;
	if (!enter_block(table, iova, pa, table.attributes_for(prot) | kBlock)) [[unlikely]]
		return false;
	// ORDER: as above.
	P::wmb();
	return true;
}

// As map_pages(), and inlined; for any mapping.
template <TableLayout F, Platform P>
[[gnu::always_inline]] inline core::Result<> map_range(const Tree<F, P>& table,
						       const Mapping& mapping, u32 gfp,
						       std::unsigned_integral auto& mapped)
{
	const bool pages = mapping.size == F::size(kLastLevel);
	const u64 bytes = mapping.size * mapping.count;
	if (!(pages || table.has_size(mapping.size)) || !(mapping.prot & (kRead | kWrite)) ||
	    (mapping.iova | mapping.pa) & (mapping.size - 1)) [[unlikely]]
		return core::error(core::Errno::kInvalid);
	if (!table.takes_input(mapping.iova, bytes) || !table.takes_output(mapping.pa, bytes))
		[[unlikely]]
		return core::error(core::Errno::kRange);

	const core::Result<> result = enter_all(table, mapping, gfp, mapped);
	// ORDER: entries before whatever makes a device use them.
	P::wmb();
	return result;
}

// Out of line: one page or block uses no stack.
template <TableLayout F, Platform P>
[[gnu::noinline]] core::Result<> map_others(const Tree<F, P>& table, const Mapping& mapping,
					    u32 gfp, std::unsigned_integral auto& mapped)
{
	return map_range(table, mapping, gfp, mapped);
}

// Map `mapping`; `mapped` grows by the bytes that were mapped, also on failure.
//  kInvalid: not a size of the table, not aligned, or neither read nor write is permitted.
//  kRange: beyond the input or the output addresses.
//  kExists: an address is mapped already.  No page in the table that maps it has been added.
//  kNoMemory.
// Context: as `gfp` says.
template <TableLayout F, Platform P>
core::Result<> map_pages(Tree<F, P>& table, const Mapping& mapping, u32 gfp,
			 std::unsigned_integral auto& mapped)
{
	const auto& [iova, pa, size, count, prot] = mapping;
	if (count == 1 && ((size == F::size(kLastLevel) && map_page(table, iova, pa, prot)) ||
			   (size == F::size(kBlockLevel) && map_block(table, iova, pa, prot))))
		[[likely]] {
		mapped += size;
		return {};
	}
	return map_others(table, mapping, gfp, mapped);
}

}  // namespace pgtable
