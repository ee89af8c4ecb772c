// SPDX-License-Identifier: GPL-2.0-only
// Dumps of a Choice, in the structs of os/tables.h.
#pragma once

#include "os/tables.h"
#include "pgtable/choice.hpp"
#include "pgtable/ranges.hpp"

namespace pgtable {

// As os_scan describes it; `iova` and `range` as for Ranges.  Any context.
template <class Tables>
os_scan scan_range(Tables& tables, u64& iova, os_range& range)
{
	os_scan result = OS_SCAN_END;
	tables.visit([&](auto& table) { result = next_range(table, iova, range); });
	return result;
}

// The descriptors of a walk.  Any context.
template <class Tables>
os_walk trace(Tables& tables, u64 iova)
{
	os_walk walk{};
	tables.visit([&](auto& table) {
		walk.first_level = table.shape_of_first().level;
		trace_walk(table, iova, [&](int, u64 descriptor) {
			walk.descriptors[walk.count++] = descriptor;
		});
	});
	return walk;
}

}  // namespace pgtable
