// SPDX-License-Identifier: GPL-2.0-only
// The workload: each CPU computes for a while, enters commands, and starts again.
#pragma once

#include "tools/bench/scale/bench.hpp"

namespace scale {

// kOwnSyncs: kShipping on an SMMU on which producers share no CMD_SYNC.  kEnhanced: on one with ECMDQs.
enum class Queue { kShipping, kOwnSyncs, kEnhanced, kInTree, kFetchAdd };

// What one operation enters, and how many operations a run measures.
struct Work {
	const char* name;
	u32 commands;
	bool sync;
	u32 operations;
};
constexpr Work kUnmap{"1 TLBI, sync", 1, true, 20'000};
constexpr Work kBatch{"63 TLBI, sync", 63, true, 4'000};
constexpr Work kPost{"8 TLBI", 8, false, 20'000};

struct Setup {
	Queue queue;
	Method method;
	Work work;
	u32 cpus;
	bool storm = false;  // one more CPU suspends and resumes the SMMU all the time
};

struct Result {
	double per_us = 0;  // operations in a microsecond: millions in a second
	double attempts = 0;
	double reserve_ns = 0, mean_ns = 0, p99_ns = 0;
	// Of each operation.
	double reads[static_cast<int>(Holds::kCount)] = {};
	double word_transfers = 0;
	double cons_reads = 0, prod_writes = 0, attends = 0;
	double smmu_busy = 0;      // of the time
	double elided_per_us = 0;  // these are not in per_us
	double suspends_per_us = 0;
};

Result measure(const Setup& setup, const Parameters& parameters);

}  // namespace scale
