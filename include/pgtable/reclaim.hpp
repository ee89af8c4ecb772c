// SPDX-License-Identifier: GPL-2.0-only
// Release of tables that unmaps have left empty.
//
// An unmap does not count the entries left in a table: this would be an atomic operation on a word
// that is shared by all CPUs with addresses nearby.  Instead, a task searches for empty tables:
//  1. The descriptor of each empty table gets kCondemned.  Walkers see no difference.
//  2. After a grace period each CPU in the table has seen kCondemned.  If the table is still empty,
//     the descriptor becomes invalid.
//  3. Walk caches are invalidated.  The descriptor becomes 0, and the table is freed after a grace
//     period.  If the invalidation is not acknowledged, both stay, and the next pass repeats it.
// A map that finds such a descriptor settles it by one cmpxchg, and the table stays.
#pragma once

#include "pgtable/table.hpp"

namespace pgtable {

template <class P>
concept Reclaiming = Platform<P> && requires(P& p, size_t bytes) {
	P::synchronize();
	// Let another task run; outside of sections.
	P::reschedule();
	// If an invalidation was not acknowledged: repeat it, and retire the tables that were set
	// aside, of `bytes` each.
	p.settle(bytes);
};

template <TableLayout F, Reclaiming P>
class Reclaim {
public:
	explicit Reclaim(Tree<F, P>& table)
		: table_(table)
	{
	}

	// One pass.  Returns the number of tables that were freed.
	u64 run()
	{
		u64 found = 0, invalid = 0, freed = 0;
		each([&](Word<P>& at, u64 descriptor) { found += condemn(at, descriptor); });
		if (!found)
			return 0;
		P::synchronize();
		each([&](Word<P>& at, u64 descriptor) { invalid += invalidate(at, descriptor); });
		if (!invalid)
			return 0;
		if (!table_.platform().invalidate(0, bit(table_.config().input_bits)))
			return 0;
		each([&](Word<P>& at, u64 descriptor) { freed += free(at, descriptor); });
		return freed;
	}

private:
	bool is_empty(u64 descriptor) const
	{
		return Tree<F, P>::is_empty(table_.platform().cpu(F::decode(descriptor)));
	}

	// An earlier pass may have left it invalid.
	bool condemn(Word<P>& at, u64 descriptor)
	{
		if (!is_table(descriptor))
			return true;
		return is_settled(descriptor) && is_empty(descriptor) &&
		       at.cas_relaxed(descriptor, descriptor | kCondemned);
	}

	// No other function makes a condemned table invalid, and only a map settles it.
	bool invalidate(Word<P>& at, u64 descriptor)
	{
		if (!is_table(descriptor))
			return true;
		if (!(descriptor & kCondemned))
			return false;
		const bool empty = is_empty(descriptor);
		const u64 wanted = empty ? descriptor & ~bit(0) : descriptor & ~kCondemned;
		if (!at.cas_relaxed(descriptor, wanted) || !empty)
			return false;
		table_.clean(&at, 1);
		return true;
	}

	bool free(Word<P>& at, u64 descriptor)
	{
		if (is_table(descriptor) || !at.cas_relaxed(descriptor, 0))
			return false;
		table_.platform().retire(table_.platform().cpu(F::decode(descriptor)),
					 F::kTableBytes);
		return true;
	}

	// Call visit(entry, descriptor) for each descriptor of a table, in a section for each of
	// them: a visit may read a whole table.
	template <class Visit>
	void each(const Visit& visit)
	{
		for (int level = kLastLevel - 1; level >= table_.shape_of_first().level; level--)
			for (u64 iova = 0; iova < bit(table_.config().input_bits);) {
				iova += visit_next(iova, level, visit);
				P::reschedule();
			}
	}

	// Returns the bytes of input addresses that were searched.
	template <class Visit>
	u64 visit_next(u64 iova, int level, const Visit& visit)
	{
		const typename P::Section section;
		const Spot<P> spot = table_.template descend<is_table>(iova, level);
		if (spot.level != level)
			return F::size(spot.level) - (iova & (F::size(spot.level) - 1));
		const u64 count = table_.entries(level) - index(iova, level);
		u64 i = 0;
		for (bool visited = false; i < count && !visited; i++) {
			const u64 descriptor = spot.at[i].load_relaxed();
			visited = names_table(descriptor);
			if (visited)
				visit(spot.at[i], descriptor);
		}
		return i * F::size(level);
	}

	u64 index(u64 iova, int level) const
	{
		return iova >> F::shift(level) & (table_.entries(level) - 1);
	}

	Tree<F, P>& table_;
};

// Free empty tables of all levels; returns their number.  Calls for one `table` must be serialized.
// Sleeps.
template <TableLayout F, Reclaiming P>
u64 reclaim(Tree<F, P>& table)
{
	table.platform().settle(F::kTableBytes);
	u64 freed = 0;
	for (u64 more = 1; more; freed += more)
		more = Reclaim<F, P>(table).run();
	return freed;
}

}  // namespace pgtable
