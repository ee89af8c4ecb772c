// SPDX-License-Identifier: GPL-2.0-only
// Look-ups and walks, concurrent with changes.
#pragma once

#include "pgtable/table.hpp"

namespace pgtable {

// A page or block, as a visitor gets it.
template <class P>
struct Leaf {
	Word<P>* at;
	u64 descriptor;
	u64 iova;
	int level;
};

// The output address for `iova`; false if nothing is mapped.  Any context.
template <TableLayout F, Platform P>
bool look_up(const Tree<F, P>& table, u64 iova, u64& pa)
{
	if (!table.takes_input(iova, 1)) [[unlikely]]
		return false;
	const typename P::Section section;
	const Spot<P> spot = table.template descend<is_table>(iova);
	const u64 descriptor = spot.at->load_relaxed();
	if (!is_leaf(descriptor, spot.level)) [[unlikely]]
		return false;
	const auto address = [&](int level) {
		return F::output(descriptor, level) | (iova & (F::size(level) - 1));
	};
	// Shifts by constants for a page.
	pa = spot.level == kLastLevel ? address(kLastLevel) : address(spot.level);
	return true;
}

// Call visitor(level, descriptor) for each descriptor from the first table to the end of the walk
// for `iova`, for the report of a fault.  Any context.
template <Format F, Platform P, class Visitor>
void trace_walk(const Table<F, P>& table, u64 iova, Visitor visitor)
{
	if (!table.takes_input(iova, 1))
		return;
	const typename P::Section section;
	const Word<P>* at = table.first_entry(iova);
	for (int level = table.shape_of_first().level;; level++) {
		const u64 descriptor = at->load_relaxed();
		visitor(level, descriptor);
		if (level == kLastLevel || !is_table(descriptor))
			return;
		at = table.below(descriptor, iova, level + 1);
	}
}

// A section lasts for one table.
template <Format F, Platform P, class Visitor, class Hole>
class Walk {
public:
	Walk(const Table<F, P>& table, u64 iova, u64 bytes, Visitor& visitor, Hole& hole)
		: table_(table),
		  iova_(iova),
		  end_(iova + bytes),
		  visitor_(visitor),
		  hole_(hole)
	{
	}

	bool run()
	{
		while (iova_ < end_)
			if (!step())
				return false;
		return true;
	}

private:
	bool step()
	{
		const typename P::Section section;
		const Spot<P> spot = table_.template descend<is_table>(iova_, kLastLevel);
		const u64 size = F::size(spot.level);
		u64 left = spot.level == table_.shape_of_first().level
				   ? 1
				   : Table<F, P>::entries_left(iova_, spot.level);
		for (Word<P>* at = spot.at; left && iova_ < end_; at++, left--) {
			const u64 descriptor = at->load_relaxed();
			const u64 start = iova_ & ~(size - 1);
			if (is_leaf(descriptor, spot.level)) {
				if (!visitor_(Leaf<P>{at, descriptor, start, spot.level}))
					return false;
			} else if (is_table(descriptor)) {
				return true;
			} else if (!hole_(start, size)) {
				return false;
			}
			iova_ = start + size;
		}
		return true;
	}

	const Table<F, P>& table_;
	u64 iova_;
	const u64 end_;
	Visitor& visitor_;
	Hole& hole_;
};

// Call visitor(Leaf) for each page and block that overlaps the range and hole(iova, size) for each
// entry that maps nothing, in ascending order, until one returns false; the result is false then.
// They are called inside a section.  Any context.
template <Format F, Platform P, class Visitor, class Hole>
bool walk(const Table<F, P>& table, u64 iova, u64 bytes, Visitor visitor, Hole hole)
{
	if (!table.takes_input(iova, bytes))
		return false;
	return Walk<F, P, Visitor, Hole>(table, iova, bytes, visitor, hole).run();
}

}  // namespace pgtable
