// SPDX-License-Identifier: GPL-2.0-only
// Which pages devices have written to (D8.5.2).
#pragma once

#include <algorithm>

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

// Adjacent dirty pages of a range, one run after the other.
template <Format F, Platform P>
class DirtyRuns {
public:
	// Of one call of next(), so that the caller can sleep now and then.
	static constexpr u32 kMostEntries = 4096;

	struct Run {
		u64 iova, bytes;
	};

	DirtyRuns(const Table<F, P>& table, u64 iova, u64 bytes, bool clear)
		: table_(table),
		  at_(iova),
		  end_(iova + bytes),
		  clear_(clear),
		  mapped_(table.takes_input(iova, bytes))
	{
	}

	bool at_end() const { return !mapped_ || at_ >= end_; }
	// Whether all of the range up to the end was mapped.
	bool mapped() const { return mapped_; }

	// The next run, or a part of one; empty if there is none in the part that was looked at.
	// Any context.
	Run next()
	{
		run_ = {.iova = at_, .bytes = 0};
		left_ = kMostEntries;
		const auto leaf = [this](const Leaf<P>& found) { return add(found); };
		const auto hole = [this](u64, u64) { return mapped_ = false; };
		(void)walk(table_, at_, end_ - at_, leaf, hole);
		return run_;
	}

private:
	bool add(const Leaf<P>& leaf)
	{
		if (!left_--)
			return false;
		const u64 size = F::size(leaf.level), last = leaf.iova + (size - 1);
		// The rest of a block of which the range is a part is reported later.
		const bool whole = leaf.iova >= at_ && last < end_;
		const bool dirty = test_dirty(table_, leaf, clear_ && whole);
		const u64 start = at_;
		at_ = std::min(last, end_ - 1) + 1;
		if (dirty)
			extend(start);
		return dirty || !run_.bytes;
	}

	void extend(u64 start)
	{
		if (!run_.bytes)
			run_.iova = start;
		run_.bytes = at_ - run_.iova;
	}

	const Table<F, P>& table_;
	u64 at_;
	const u64 end_;
	const bool clear_;
	bool mapped_;
	Run run_{};
	u32 left_ = 0;
};

// Call record(iova, bytes) outside of sections for adjacent pages in the range that were written to.  With `clear`
// they are clean afterwards, but for blocks that the range does not cover, and the caller must invalidate what was
// recorded, because the TLB may hold entries that permit writes.  kInvalid: a part of the range is not mapped.  The
// caller excludes unmaps in the range.  Sleeps.
template <Format F, Platform P, class Record>
core::Result<> read_and_clear_dirty(const Table<F, P>& table, u64 iova, u64 bytes, bool clear,
				    Record record)
{
	DirtyRuns<F, P> runs(table, iova, bytes, clear);
	while (!runs.at_end()) {
		const auto run = runs.next();
		if (run.bytes)
			record(run.iova, run.bytes);
		P::reschedule();
	}
	if (!runs.mapped())
		return core::error(core::Errno::kInvalid);
	return {};
}

}  // namespace pgtable
