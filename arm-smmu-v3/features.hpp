// SPDX-License-Identifier: GPL-2.0-only
// The features of one SMMU, decoded once from its ID registers (IHI 0070 6.3.1 to 6.3.7).
#pragma once

#include <expected>

#include "arm-smmu-v3/regs.hpp"
#include "arm-smmu-v3/ste.hpp"
#include "core/result.hpp"
#include "pgtable/config.hpp"
#include "arm-smmu-v3/core.h"

namespace smmu3 {

struct IdRegisters {
	IDR0 idr0;
	IDR1 idr1;
	IDR3 idr3;
	IDR5 idr5;
	IIDR iidr;
};

struct Features {
	bool two_level_stream_table;
	bool two_level_cd_table;
	bool coherent;  // the SMMU snoops CPU caches
	bool stage1, stage2;
	bool ats, pri;
	// What hardware records in page tables (HTTU): accesses, writes, accesses in table descriptors
	bool access_flag, dirty, access_flag_of_tables;
	bool sev, msi;
	bool el2;  // IDR0.Hyp: stage 1 at EL2 is implemented, and has TLB entries
	bool e2h;  // streams of this kernel are in the EL2-E2H world
	bool range_invalidation;
	pgtable::Bbml bbml;                 // how a block may be replaced by a table
	ShareabilityOverride shareability;  // of incoming transactions that bypass stage 1
	bool va52;
	bool ds;                      // 52-bit addresses with 4K and 16K (FEAT_LPA2)
	bool sync_before_full_batch;  // erratum MMU-700 2812531
	StallModel stalls;
	u8 sid_bits, ssid_bits;
	u8 asid_bits, vmid_bits;
	u8 ias_bits, oas_bits;
	u8 cmdq_log2, eventq_log2, priq_log2;  // entries; priq_log2 only with pri
	u64 pgsize_bitmap;

	// For the log: firmware overrides a register, or a value is reserved.
	bool coherence_overridden, httu_overridden;
	bool oas_unknown;
};

// Why an SMMU is not supported; `why` is for the log.
struct Refusal {
	core::Errno error;
	const char* why;
};

// Pure.  Includes apply_errata().
std::expected<Features, Refusal> identify(const IdRegisters& id, const smmu_platform& platform);

// Disables the features in which the implementation has errata.
void apply_errata(IIDR iidr, Features& features);

}  // namespace smmu3
