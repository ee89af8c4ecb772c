// SPDX-License-Identifier: GPL-2.0-only
// What a table maps, as ranges for a dump: pages and blocks that are adjacent in both addresses and
// have the same flags are one range.
#pragma once

#include "os/tables.h"
#include "pgtable/walk.hpp"

namespace pgtable {

template <Format F, Platform P>
class Ranges {
public:
	// Of one call, so that a caller which can sleep does so now and then.
	static constexpr u32 kMostEntries = 4096;

	Ranges(const Table<F, P>& table, u64& iova, os_range& range)
		: table_(table),
		  iova_(iova),
		  range_(range)
	{
	}

	os_scan run()
	{
		const u64 end = bit(table_.config().input_bits);
		const auto leaf = [this](const Leaf<P>& found) { return add(found); };
		const auto hole = [this](u64 start, u64 size) { return skip(start, size); };
		if (iova_ < end && !walk(table_, iova_, end - iova_, leaf, hole))
			return result_;
		return range_.bytes ? OS_SCAN_RANGE : OS_SCAN_END;
	}

private:
	bool may_go_on()
	{
		if (left_)
			left_--;
		else
			result_ = OS_SCAN_MORE;
		return result_ == OS_SCAN_RANGE;
	}

	bool add(const Leaf<P>& found)
	{
		const u64 size = F::size(found.level),
			  pa = F::output(found.descriptor, found.level);
		const u32 prot = prot_of<F>(found.descriptor);
		const bool first = !range_.bytes;
		if (!first && (pa != range_.pa + range_.bytes || prot != range_.prot))
			return false;
		if (!may_go_on())
			return false;
		if (first)
			range_ = {.iova = found.iova, .pa = pa, .bytes = 0, .prot = prot};
		range_.bytes += size;
		iova_ = found.iova + size;
		return true;
	}

	bool skip(u64 start, u64 size)
	{
		if (range_.bytes || !may_go_on())
			return false;
		iova_ = start + size;
		return true;
	}

	const Table<F, P>& table_;
	u64& iova_;
	os_range& range_;
	u32 left_ = kMostEntries;
	os_scan result_ = OS_SCAN_RANGE;
};

// Find the first range at or above `iova`, and advance `iova` beyond it.  `range` is empty at the
// first call for a range; after OS_SCAN_MORE the next call continues.  Concurrent changes may or may not be
// seen.  Any context.
template <Format F, Platform P>
os_scan next_range(const Table<F, P>& table, u64& iova, os_range& range)
{
	return Ranges<F, P>(table, iova, range).run();
}

}  // namespace pgtable
