// SPDX-License-Identifier: GPL-2.0-only
// What is counted during a run.
#pragma once

#include "tools/bench/scale/parameters.hpp"

namespace scale {

// What a cache line holds.
enum class Holds {
	kWord,
	kPublished,
	kMarks,
	kMessage,
	kGroupMessage,
	kSlots,
	kServed,
	kOther,
	kCount
};

struct Counters {
	// Loads that had to fetch the line; all fetches, those for writing included.
	u64 reads[static_cast<int>(Holds::kCount)] = {};
	u64 fetches[static_cast<int>(Holds::kCount)] = {};
	// Attempts to reserve slots, and those that succeeded.
	u64 attempts = 0, reservations = 0;
	Ps reserving = 0;  // from the start of an operation to its reservation
	u64 prod_writes = 0, cons_reads = 0, attends = 0;
	Ps smmu_busy = 0;
};

}  // namespace scale
