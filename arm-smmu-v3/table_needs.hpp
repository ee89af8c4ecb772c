// SPDX-License-Identifier: GPL-2.0-only
// What page tables need of an SMMU: those of domains, and those that the CPUs use for processes.
#pragma once

#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

// What the widest page table of `smmu` has, before its granule is chosen.
smmu_pgtable widest_table(const Smmu& smmu, smmu_stage stage);

// Why an SMMU whose widest page table is `widest` can't use `table`, or nullptr.
const char* find_obstacle(const smmu_pgtable& table, const smmu_pgtable& widest);

// The page table at `pgd` of a process.  The SMMU records accesses and writes in it if it can, and if the
// kernel is prepared for that.
smmu_pgtable process_table(const smmu_process_tables& tables, u64 pgd, const Features& features);

}  // namespace smmu3
