// SPDX-License-Identifier: GPL-2.0-only
// Entering pages and blocks.
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

// One call of map_pages().
template <Format F, Platform P>
class Map {
public:
	Map(Table<F, P>& table, const Mapping& mapping)
		: table_(table),
		  level_(Table<F, P>::level_of(mapping.size)),
		  iova_(mapping.iova),
		  pa_(mapping.pa),
		  left_(mapping.count),
		  leaf_(table.attributes_for(mapping.prot) |
			(level_ == kLastLevel ? kPage : kBlock))
	{
	}

	// Each turn enters what lies in one table.
	core::Result<> run(u32 gfp)
	{
		Spare<F, P> spare(table_.platform());
		while (left_) {
			const Stop stop = step(spare);
			if (stop == Stop::kNone) [[likely]]
				continue;
			if (stop == Stop::kOccupied)
				return core::error(core::Errno::kExists);
			// Outside the section: it may sleep.
			if (!spare.allocate(gfp))
				return core::error(core::Errno::kNoMemory);
		}
		return {};
	}
	u64 next_iova() const { return iova_; }

private:
	[[gnu::always_inline]] Stop step(Spare<F, P>& spare)
	{
		const typename P::Section section;
		Spot<P> spot = table_.template descend<is_settled>(iova_, level_);
		if (spot.level != level_) [[unlikely]] {
			Way<F, P> way(table_, spare);
			spot.at = way.make(iova_, level_);
			if (!spot.at)
				return way.stop();
		}
		const u64 count = std::min(left_, table_.entries_left(iova_, level_));
		if (!are_free(spot.at, count)) [[unlikely]]
			if (!make_free(spot.at, count))
				return Stop::kOccupied;
		write(spot.at, count);
		table_.clean(spot.at, count);
		advance(count);
		return Stop::kNone;
	}

	static bool are_free(const Word<P>* at, u64 count)
	{
		u64 all = 0;
#pragma clang loop unroll_count(4)
		for (u64 i = 0; i < count; i++)
			all |= at[i].load_relaxed();
		return !all;
	}

	// Empty tables give way to blocks; a table that maps anything does not.
	[[gnu::noinline, gnu::cold]] bool make_free(Word<P>* at, u64 count)
	{
		if (level_ == kLastLevel)
			return false;
		for (u64 i = 0; i < count; i++)
			if (!maps_nothing(table_, at[i].load_relaxed(), level_))
				return false;
		for (u64 i = 0; i < count; i++)
			replace_empty(at[i], iova_ + i * F::size(level_));
		return true;
	}

	// Walkers have forgotten the table before a block takes its place.
	void replace_empty(Word<P>& at, u64 iova)
	{
		const u64 descriptor = Table<F, P>::take(at);
		if (!descriptor)
			return;
		table_.clean(&at, 1);
		table_.platform().invalidate(iova, F::size(level_));
		detach_below(table_, descriptor, level_, [&](void* memory) {
			table_.platform().retire(memory, F::kTableBytes);
		});
	}

	void write(Word<P>* at, u64 count)
	{
		if (table_.config().contiguous && count >= F::contiguous(level_)) [[unlikely]]
			return write_runs(at, count);
		write_entries(at, count, pa_, leaf_);
	}

	void write_entries(Word<P>* at, u64 count, u64 pa, u64 leaf) const
	{
		const u64 size = F::size(level_);
#pragma clang loop unroll_count(4)
		for (u64 i = 0; i < count; i++, pa += size)
			at[i].store_relaxed(leaf | F::encode(pa));
	}

	// As write_entries(), with the Contiguous bit in the runs that are aligned in both addresses (D8.7.1).
	[[gnu::noinline]] void write_runs(Word<P>* at, u64 count) const
	{
		const u64 run = F::contiguous(level_), size = F::size(level_);
		const bool fits = run && !((iova_ ^ pa_) & (run * size - 1));
		const u64 before = fits ? std::min(-(iova_ / size) & (run - 1), count) : count;
		const u64 inside = (count - before) / std::max(run, u64{1}) * run;
		write_entries(at, before, pa_, leaf_);
		write_entries(at + before, inside, pa_ + before * size, leaf_ | kContiguous);
		const u64 done = before + inside;
		write_entries(at + done, count - done, pa_ + done * size, leaf_);
	}

	void advance(u64 count)
	{
		iova_ += count * F::size(level_);
		pa_ += count * F::size(level_);
		left_ -= count;
	}

	Table<F, P>& table_;
	const int level_;
	u64 iova_, pa_, left_;
	const u64 leaf_;
};

// Enter `mapping`; `mapped` grows by the bytes that were entered, also on failure.
//  kInvalid: not a size of the table, not aligned, or neither read nor write is allowed.
//  kRange: the table or the output does not reach that far.
//  kExists: something is mapped there.  Nothing else in that table has been entered.
//  kNoMemory.
// Context: as `gfp` says.
template <Format F, Platform P>
core::Result<> map_pages(Table<F, P>& table, const Mapping& mapping, u32 gfp, u64& mapped)
{
	const u64 bytes = mapping.size * mapping.count;
	if (!table.has_size(mapping.size) || !(mapping.prot & (kRead | kWrite)) ||
	    (mapping.iova | mapping.pa) & (mapping.size - 1)) [[unlikely]]
		return core::error(core::Errno::kInvalid);
	if (!table.takes_input(mapping.iova, bytes) || !table.takes_output(mapping.pa, bytes))
		[[unlikely]]
		return core::error(core::Errno::kRange);

	Map<F, P> map(table, mapping);
	const core::Result<> result = map.run(gfp);
	mapped += map.next_iova() - mapping.iova;
	// ORDER: entries before whatever makes a device use them.
	P::wmb();
	return result;
}

}  // namespace pgtable
