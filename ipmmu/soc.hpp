// SPDX-License-Identifier: GPL-2.0-only
// The register layout and the features of each SoC's IPMMU.
#pragma once

#include "ipmmu/core.h"
#include "ipmmu/regs.hpp"

namespace ipmmu {

constexpr u32 kMaxContexts = 16;
constexpr u32 kMaxUtlbs = 64;

// One generation of the hardware.
struct Layout {
	const char* name;
	u32 contexts;
	u32 first_context;  // contexts below are reserved
	u32 utlbs;
	u32 context_base, context_stride;
	u32 utlb_base;
	u32 control_base;
	bool leaves;               // micro-TLBs are in leaves, contexts in their root
	bool control;              // has IMSCTLR and IMSAUXCTLR
	bool upper_fault_address;  // has IMEUAR
	bool imbuscr;
	bool two_bit_sl0;
	bool snoops;  // table walks snoop CPU caches

	constexpr ContextBank context(u32 n) const
	{
		// The second eight begin at the next multiple of 0x800.
		constexpr u32 kGap = 0x800 - 8 * 0x40;
		return {context_base + n * context_stride + (n > 7 ? kGap : 0)};
	}
	constexpr UtlbBank utlb(u32 n) const
	{
		return {utlb_base + (n < 32 ? 0x300 + n * 16 : 0x600 + (n - 32) * 16)};
	}
	constexpr ControlBank control_bank() const { return {control_base}; }

	// The minimum size of the register range.
	constexpr u32 span() const
	{
		const u32 last_context = context(contexts - 1).offset + IMEUAR::kOffset + 4;
		const u32 last_utlb = utlb(utlbs - 1).offset + 16;
		const u32 last_control = control ? control_base + IMSAUXCTLR::kOffset + 4 : 0;
		const u32 last = last_context > last_utlb ? last_context : last_utlb;
		return last > last_control ? last : last_control;
	}
};

// Whether tables may be in stage 2 format.
enum class Stage2 { kNo, kYes, kSinceCut3 };

struct Soc {
	const char* name;
	const Layout& layout;
	Stage2 stage2;
	u32 default_stage;
};

// nullptr for an unknown SoC.
const Soc* find_soc(u32 soc);

// The stage that a root of the SoC uses.  `why_not` is the reason if it differs from the requested
// one.
u32 choose_stage(const Soc& soc, const ipmmu_platform& platform, const char*& why_not);

}  // namespace ipmmu
