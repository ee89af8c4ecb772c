// SPDX-License-Identifier: GPL-2.0-only
// Removal of tables.
#pragma once

#include "pgtable/table.hpp"

namespace pgtable {

// A set of levels.
constexpr u32 level_bit(int level)
{
	return 1u << (level + 1);
}

// Whether no page and no block is found below an entry of `level`.
template <TableLayout F, Platform P>
bool maps_nothing(const Tree<F, P>& table, u64 descriptor, int level)
{
	if (!names_table(descriptor))
		return !descriptor;
	const Word<P>* next = table.platform().cpu(F::decode(descriptor));
	for (u64 i = 0; i < F::kEntries; i++) {
		const u64 found = next[i].load_relaxed();
		if (level + 1 == kLastLevel ? found != 0 : !maps_nothing(table, found, level + 1))
			return false;
	}
	return true;
}

// Pass the table that `descriptor` named, and those below it, to `sink`; return the levels of the
// leaves.  The caller has removed the descriptor.  Those below are removed one by one, because
// reclaim() may remove them, too.
template <TableLayout F, Platform P, class Sink>
u32 detach_below(const Tree<F, P>& table, u64 descriptor, int level, const Sink& sink)
{
	Word<P>* next = table.platform().cpu(F::decode(descriptor));
	// A table of the last level holds pages only and is not searched.
	u32 levels = level_bit(level + 1);
	if (level + 1 < kLastLevel) {
		levels = 0;
		for (u64 i = 0; i < F::kEntries; i++) {
			const u64 found = next[i].load_relaxed();
			if (is_block(found))
				levels |= level_bit(level + 1);
			else if (const u64 taken = found ? Tree<F, P>::take(next[i]) : 0)
				levels |= detach_below(table, taken, level + 1, sink);
		}
	}
	sink(next);
	return levels;
}

}  // namespace pgtable
