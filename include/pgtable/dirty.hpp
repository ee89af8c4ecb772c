// SPDX-License-Identifier: GPL-2.0-only
// Which pages devices have written to (D8.5.2).
#pragma once

#include "pgtable/walk.hpp"

namespace pgtable {

// Whether the page was dirty; with `clear` it is clean afterwards.
template <Format F, Platform P>
bool test_dirty(const Table<F, P>& table, const Leaf<P>& leaf, bool clear)
{
	u64 found = leaf.descriptor;
	while (is_dirty<F>(found)) {
		if (!clear)
			return true;
		// Not a plain store, which could undo the change of a block by another CPU.
		if (leaf.at->cas_relaxed(found, cleaned<F>(found))) {
			table.clean(leaf.at, 1);
			return true;
		}
	}
	return false;
}

// Call record(iova, size) for each page or block in the range that was written to.  With `clear`
// the caller must invalidate the range afterwards, because the TLB may hold entries that permit
// writes. kInvalid: a part of the range is not mapped.  Any context.
template <Format F, Platform P, class Record>
core::Result<> read_and_clear_dirty(const Table<F, P>& table, u64 iova, u64 bytes, bool clear,
				    Record record)
{
	const auto visit = [&](const Leaf<P>& leaf) {
		if (test_dirty(table, leaf, clear))
			record(leaf.iova, F::size(leaf.level));
		return true;
	};
	const auto hole = [](u64, u64) { return false; };
	if (!walk(table, iova, bytes, visit, hole))
		return core::error(core::Errno::kInvalid);
	return {};
}

}  // namespace pgtable
