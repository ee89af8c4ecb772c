// SPDX-License-Identifier: GPL-2.0-only
// Errata of Arm's SMMUs, by SMMU_IIDR (IHI 0070 6.3.7).
#include "arm-smmu-v3/features.hpp"

namespace smmu3 {
namespace {

constexpr u32 kArm = 0x43b;
constexpr u32 kMmu600 = 0x483, kMmu700 = 0x487;

}  // namespace

void apply_errata(IIDR iidr, Features& features)
{
	if (iidr.get<IIDR::Implementer>() != kArm)
		return;

	const u32 variant = iidr.get<IIDR::Variant>();  // rNpM: N is the variant, M the revision
	const u32 revision = iidr.get<IIDR::Revision>();

	switch (iidr.get<IIDR::ProductID>()) {
	case kMmu600:
		// 1076982: the event of a CMD_SYNC is not reliable.  Up to r0p2.
		if (variant == 0 && revision <= 2)
			features.sev = false;
		break;
	case kMmu700:
		// 2812531: a long sequence of commands without a CMD_SYNC may deadlock.  Before
		// r1p1.
		if (variant < 1 || (variant == 1 && revision < 1))
			features.sync_before_full_batch = true;
		break;
	default:
		break;
	}
}

}  // namespace smmu3
