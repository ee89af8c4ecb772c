// SPDX-License-Identifier: GPL-2.0-only
// What the IPMMU of each SoC can do: its registers and its stages.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

// To the last byte of the last register in each generation.
void every_register_must_be_there(test::Case& t)
{
	constexpr struct {
		u32 soc, bytes;
	} kSpans[] = {{IPMMU_VMSA, 0xd00}, {IPMMU_R8A7795, 0x700}, {IPMMU_RCAR_GEN4, 0x1f9f8}};
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	for (const auto& span : kSpans) {
		ipmmu_platform platform{};
		platform.base = b.units[0].base;
		platform.soc = span.soc;
		platform.size = span.bytes - 1;
		ipmmu_core* core = nullptr;
		EXPECT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), kInvalid);
		platform.size = span.bytes;
		ASSERT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), 0);
		ipmmu_core_destroy(core);
	}
}

// Each SoC, with a Product Register that allows stage 2 wherever one can.
void stage2_is_for_five_socs(test::Case& t)
{
	constexpr u32 kCut3 = 0x5a20;  // S4 among the Gen4
	constexpr u32 kStage2 = 1u << IPMMU_R8A7795 | 1u << IPMMU_R8A7796 | 1u << IPMMU_R8A77961 |
				1u << IPMMU_R8A77965 | 1u << IPMMU_RCAR_GEN4;
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	for (u32 soc = 0; soc < IPMMU_NR_SOCS; soc++) {
		ipmmu_platform platform{};
		platform.base = b.units[0].base;
		platform.size = IpmmuBoard::kBytes;
		platform.soc = soc;
		platform.stage = IPMMU_STAGE_2;
		platform.has_prr = true;
		platform.prr = kCut3;
		ipmmu_core* core = nullptr;
		ASSERT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), 0);
		EXPECT_EQ(t, ipmmu_core_info(core)->stage,
			  kStage2 >> soc & 1 ? IPMMU_STAGE_2 : IPMMU_STAGE_1);
		ipmmu_core_destroy(core);
	}
}

void stage2_is_not_used_where_it_does_not_work(test::Case& t)
{
	constexpr struct {
		u32 soc, prr;
		bool has_prr;
		u32 stage;
	} kCuts[] = {
		{IPMMU_R8A7795, 0x4f20, true, IPMMU_STAGE_2},
		{IPMMU_R8A7795, 0x4f11, true, IPMMU_STAGE_1},
		{IPMMU_R8A7796, 0x5210, true, IPMMU_STAGE_1},
		{IPMMU_R8A77961, 0x5220, true, IPMMU_STAGE_2},
		{IPMMU_R8A77965, 0, false, IPMMU_STAGE_2},
		{IPMMU_R8A7795, 0, false, IPMMU_STAGE_1},
		{IPMMU_RCAR_GEN4, 0x5c10, true, IPMMU_STAGE_2},
		{IPMMU_RCAR_GEN4, 0x5900, true, IPMMU_STAGE_1},
		{IPMMU_R8A77990, 0x5720, true, IPMMU_STAGE_1},
	};
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	for (const auto& cut : kCuts) {
		ipmmu_platform platform{};
		platform.base = b.units[0].base;
		platform.size = IpmmuBoard::kBytes;
		platform.soc = cut.soc;
		platform.stage = IPMMU_STAGE_2;
		platform.has_prr = cut.has_prr;
		platform.prr = cut.prr;
		ipmmu_core* core = nullptr;
		ASSERT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), 0);
		EXPECT_EQ(t, ipmmu_core_info(core)->stage, cut.stage);
		ipmmu_core_destroy(core);
	}
	EXPECT_EQ(t, test_log_count("stage 2 requested"), 5);
}

}  // namespace

TEST_SUITE(ipmmu_soc, TEST_CASE(every_register_must_be_there), TEST_CASE(stage2_is_for_five_socs),
	   TEST_CASE(stage2_is_not_used_where_it_does_not_work));
