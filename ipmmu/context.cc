// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/context.hpp"

namespace ipmmu {
namespace {

// Level 1 in the one-bit and two-bit SL0 of stage 1.  Stage 2 uses the encoding of VTCR.SL0.
constexpr bool kOneBitLevel1 = true;
constexpr u32 kTwoBitLevel1 = 2;

constexpr u32 kWriteBack = 1, kInnerShareable = 3;

IMTTBCR describe_stage1(const Layout& layout)
{
	IMTTBCR value = IMTTBCR{}.with<IMTTBCR::EAE>(true);
	if (layout.two_bit_sl0)
		value.set<IMTTBCR::SL0>(kTwoBitLevel1);
	else
		value.set<IMTTBCR::SL0_ONE_BIT>(kOneBitLevel1);
	if (layout.snoops)
		value.set<IMTTBCR::SH0>(kInnerShareable)
			.set<IMTTBCR::ORGN0>(kWriteBack)
			.set<IMTTBCR::IRGN0>(kWriteBack);
	return value;
}

IMTTBCR describe_stage2(const TableRef& table)
{
	return IMTTBCR{}
		.with<IMTTBCR::EAE>(true)
		.with<IMTTBCR::PMB>(true)
		.with<IMTTBCR::SL0>(table.sl)
		.with<IMTTBCR::TSZ0>(64 - input_bits(IPMMU_STAGE_2));
}

}  // namespace

void describe(Context& context, const Layout& layout, const TableRef& table)
{
	const bool stage2 = table.stage == IPMMU_STAGE_2;
	context.imttlbr0 = IMTTLBR0::from_raw(static_cast<u32>(table.ttb));
	context.imttubr0 = IMTTUBR0{}.with<IMTTUBR0::TTBR>(static_cast<u32>(table.ttb >> 32));
	context.imttbcr = stage2 ? describe_stage2(table) : describe_stage1(layout);
	context.immair0 = IMMAIR0::from_raw(table.mair);
	context.imctr =
		IMCTR{}.with<IMCTR::VA64>(stage2).with<IMCTR::INTEN>(true).with<IMCTR::MMUEN>(true);
}

}  // namespace ipmmu
