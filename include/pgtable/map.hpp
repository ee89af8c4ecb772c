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
				return true;
			});
		return !all;
	}

	// For aligned addresses of the table's size.
	static u64 encode(u64 pa)
	{
		if constexpr (F::kMoved == 0)
			return pa;
		else
			return F::encode(pa);
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
					return true;
				});
		} else {
			for (u64 i = 0; i < count; i++, pa += size)
				at[i].store_relaxed(leaf | F::encode(pa));
		}
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

// One page, or one of the smallest blocks, where nothing is mapped, in settled tables.  For coherent
// walkers it calls no function, so callers save no register for it.
template <Walkers W, int Level, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool enter_one(const Tree<F, P>& table, u64 iova, u64 pa, u64 leaf)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_settled, Level>(iova);
	if (spot.level != Level || spot.at->load_relaxed() || !table.template is_for<W>())
		[[unlikely]]
		return false;
	spot.at->store_relaxed(leaf | Entry<F, P>::encode(pa));
	table.template clean_for<W>(spot.at, 1);
	return true;
}

// The same for pages in one table, of which all or none are in contiguous runs.
template <Walkers W, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool enter_pages(const Tree<F, P>& table, u64 iova, u64 pa, u64 count,
					       u64 leaf)
{
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_settled>(iova);
	if (spot.level != kLastLevel || !table.template is_for<W>()) [[unlikely]]
		return false;
	if (table.config().contiguous && !Entry<F, P>::mark_runs(iova, pa, count, leaf))
		[[unlikely]]
		return false;
	if (!Entry<F, P>::are_free(spot.at, count)) [[unlikely]]
		return false;
	[[clang::always_inline]] Entry<F, P>::write(spot.at, count, pa, leaf, F::size(kLastLevel));
	table.template clean_for<W>(spot.at, count);
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
		if (level_ == kLastLevel)
			return Entry<F, P>::are_free(at, count_);
		bool free = true;
		for (u64 i = 0; i < count_; i++) {
			const u64 found = at[i].load_relaxed();
			free &= !found;
			if (found && !maps_nothing(table_, found, level_))
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

// Any mapping.
template <TableLayout F, Platform P>
[[gnu::always_inline]] inline core::Result<> enter_all(const Tree<F, P>& table,
						       const Mapping& mapping, u32 gfp,
						       std::unsigned_integral auto& mapped)
{
	const int level = Tree<F, P>::level_of(mapping.size);
	const u64 leaf =
		table.attributes_for(mapping.prot) | (level == kLastLevel ? kPage : kBlock);
	Rest rest{mapping.iova, mapping.pa, mapping.count};
	core::Result<> result;
	while (rest.count) {
		const auto entered = MapStep<F, P>(table, rest, leaf, level).run(gfp);
		if (!entered) {
			result = core::error(entered.error());
			break;
		}
		rest.iova += *entered * mapping.size;
		rest.pa += *entered * mapping.size;
		rest.count -= *entered;
	}
	mapped += rest.iova - mapping.iova;
	return result;
}

// Map one page, or one of the smallest blocks, in tables that exist, for walkers of one kind; false in
// other cases, which map_range() handles.  Any context.
template <int Level, Walkers W = Walkers::kCoherent, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool map_one(const Tree<F, P>& table, u64 iova, u64 pa, u32 prot)
{
	if (!(prot & (kRead | kWrite)) || (iova | pa) & (F::size(Level) - 1) ||
	    !table.takes(iova, pa)) [[unlikely]]
		return false;
	constexpr u64 kLeaf = Level == kLastLevel ? kPage : kBlock;
	if (!enter_one<W, Level>(table, iova, pa, table.attributes_for(prot) | kLeaf)) [[unlikely]]
		return false;
	// ORDER: the entry before whatever makes a device use it.
	P::wmb();
	return true;
}

// The same for pages in one table.
template <Walkers W = Walkers::kCoherent, TableLayout F, Platform P>
[[gnu::always_inline]] inline bool map_run(const Tree<F, P>& table, u64 iova, u64 pa, u64 count,
					   u32 prot)
{
	// Neither sum wraps to an address that is taken: the bits of the start are checked, too.
	const u64 last = count * F::size(kLastLevel) - 1;
	if (!(prot & (kRead | kWrite)) || (iova | pa) & (F::size(kLastLevel) - 1) ||
	    count - 1 >= Tree<F, P>::entries_left(iova, kLastLevel) ||
	    !table.takes(iova | (iova + last), pa | (pa + last))) [[unlikely]]
		return false;
	if (!enter_pages<W>(table, iova, pa, count, table.attributes_for(prot) | kPage))
		[[unlikely]]
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
	const u64 bytes = mapping.size * mapping.count;
	if (!table.has_size(mapping.size) || !(mapping.prot & (kRead | kWrite)) ||
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
	bool done = false;
	if (size == F::size(kLastLevel))
		done = count == 1 ? map_one<kLastLevel>(table, iova, pa, prot)
				  : map_run(table, iova, pa, count, prot);
	else if (size == F::size(kBlockLevel) && count == 1)
		done = map_one<kBlockLevel>(table, iova, pa, prot);
	if (!done)
		return map_range(table, mapping, gfp, mapped);
	mapped += size * count;
	return {};
}

}  // namespace pgtable
