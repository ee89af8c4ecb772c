// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/soc.hpp"

#include <array>

namespace ipmmu {
namespace {

// The Non-secure registers are an alias at 0x800.  The hardware has more contexts; only one is
// known to work.
constexpr Layout kGen2{
	.name = "Gen2",
	.contexts = 1,
	.first_context = 0,
	.utlbs = 32,
	.context_base = 0x800,
	.context_stride = 0x40,
	.utlb_base = 0x800,
	.control_base = 0,
	.leaves = false,
	.control = false,
	.upper_fault_address = false,
	.imbuscr = true,
	.two_bit_sl0 = false,
	.snoops = true,
};

constexpr Layout kGen3{
	.name = "Gen3",
	.contexts = 8,
	.first_context = 1,
	.utlbs = 48,
	.context_base = 0,
	.context_stride = 0x40,
	.utlb_base = 0,
	.control_base = 0,
	.leaves = true,
	.control = true,
	.upper_fault_address = true,
	.imbuscr = false,
	.two_bit_sl0 = true,
	.snoops = false,
};

constexpr Layout kGen4{
	.name = "Gen4",
	.contexts = 16,
	.first_context = 1,
	.utlbs = 64,
	.context_base = 0x10000,
	.context_stride = 0x1040,
	.utlb_base = 0x3000,
	.control_base = 0x1000,
	.leaves = true,
	.control = true,
	.upper_fault_address = true,
	.imbuscr = false,
	.two_bit_sl0 = true,
	.snoops = false,
};

// By ipmmu_soc.  Gen4 leaves its stage 2 to the Product Register: one compatible names several
// SoCs.
constexpr std::array<Soc, IPMMU_NR_SOCS> kSocs{{
	{"R-Car Gen2", kGen2, Stage2::kNo, IPMMU_STAGE_1},
	{"RZ/G2M", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"RZ/G2N", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"RZ/G2E", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"RZ/G2H", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"R-Car H3", kGen3, Stage2::kSinceCut3, IPMMU_STAGE_1},
	{"R-Car M3-W", kGen3, Stage2::kSinceCut3, IPMMU_STAGE_1},
	{"R-Car M3-W+", kGen3, Stage2::kSinceCut3, IPMMU_STAGE_1},
	{"R-Car M3-N", kGen3, Stage2::kYes, IPMMU_STAGE_1},
	{"R-Car V3M", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"R-Car V3H", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"R-Car E3", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"R-Car D3", kGen3, Stage2::kNo, IPMMU_STAGE_1},
	{"R-Car V3U", kGen4, Stage2::kNo, IPMMU_STAGE_1},
	{"R-Car Gen4", kGen4, Stage2::kYes, IPMMU_STAGE_1},
}};

// The Product Register: product in 14:8, cut in 7:0 (0x20 is ES3.0).
constexpr u32 kProductS4 = 0x5a, kProductV4h = 0x5c;
constexpr u32 kCut3 = 0x20;

u32 product(u32 prr)
{
	return prr >> 8 & 0x7f;
}

u32 cut(u32 prr)
{
	return prr & 0xff;
}

// Why the SoC can't use stage 2, or nullptr.
const char* stage2_obstacle(const Soc& soc, const ipmmu_platform& platform)
{
	if (soc.stage2 == Stage2::kNo)
		return "this SoC is not known to walk stage 2 tables";
	const bool is_gen4 = &soc.layout == &kGen4;
	if (soc.stage2 == Stage2::kYes && !is_gen4)
		return nullptr;
	if (!platform.has_prr)
		return "without the Product Register the SoC's version is unknown";
	if (is_gen4) {
		const u32 which = product(platform.prr);
		return which == kProductS4 || which == kProductV4h
			       ? nullptr
			       : "of R-Car Gen4, only S4 and V4H are known to walk stage 2 tables";
	}
	return cut(platform.prr) >= kCut3 ? nullptr : "cuts before ES3.0 can't walk stage 2 tables";
}

}  // namespace

const Soc* find_soc(u32 soc)
{
	return soc < kSocs.size() ? &kSocs[soc] : nullptr;
}

u32 choose_stage(const Soc& soc, const ipmmu_platform& platform, const char*& why_not)
{
	const u32 wanted = platform.stage == IPMMU_STAGE_AUTO ? soc.default_stage : platform.stage;
	why_not = wanted == IPMMU_STAGE_2 ? stage2_obstacle(soc, platform) : nullptr;
	return why_not ? u32{IPMMU_STAGE_1} : wanted;
}

}  // namespace ipmmu
