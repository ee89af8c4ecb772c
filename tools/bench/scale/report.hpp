// SPDX-License-Identifier: GPL-2.0-only
// The results as tables and as CSV.
#pragma once

#include <span>

#include "tools/bench/scale/results.hpp"

namespace scale {

// Both queues, one kind of work, one way of completion.
void print_table(Results& results, Work work, Method method, std::span<const u32> cpu_counts);
// The same load while the SMMU is suspended and resumed.
void print_storm(Results& results, Work work, std::span<const u32> cpu_counts);
// All results but those of print_storm().  False: the file can't be written.
bool write_csv(const Results& results, const char* path);

}  // namespace scale
