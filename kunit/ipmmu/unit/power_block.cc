// SPDX-License-Identifier: GPL-2.0-only
// The way to another kernel: what was translated faults, and nothing is touched any more.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

constexpr u32 kInten = 4;

// The same with a third device, in no domain.
bool start_all(IpmmuBoard& b, u32 soc, u32 stage)
{
	return start_busy(b, soc, stage) && EXPECT(b.t, b.reads(1, 3, kIova, kPa)) &&
	       EXPECT(b.t, b.reads(2, 33, kIova, kPa + 0x1000)) &&
	       EXPECT_EQ(b.t, b.add_master(2, 1, 5), 0) && EXPECT_EQ(b.t, b.attach_identity(2), 0);
}

void what_is_translated_faults(test::Case& t)
{
	constexpr struct {
		u32 soc, stage;
	} kBoards[] = {{IPMMU_R8A7795, IPMMU_STAGE_1},
		       {IPMMU_R8A77965, IPMMU_STAGE_2},
		       {IPMMU_RCAR_GEN4, IPMMU_STAGE_2}};
	for (const auto& board : kBoards) {
		IpmmuBoard b(t);
		ASSERT(t, start_all(b, board.soc, board.stage));
		ipmmu_core_block(b.units[0].core);
		b.units[0].model.finish_flushes();
		EXPECT_EQ(t, b.trace.bypassed, 0);
		EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
		EXPECT_EQ(t, b.read(1, 5, kIova).what, model::IpmmuDma::kBypassed);
		// The next kernel has no handler at first.
		for (u32 n = 0; n < b.units[0].model.contexts(); n++)
			EXPECT(t, !(b.units[0].model.context(n).imctr & kInten));
	}
}

void nothing_is_touched_afterwards(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_all(b, IPMMU_R8A7795, IPMMU_STAGE_1));
	ipmmu_core_block(b.units[0].core);
	b.units[0].model.finish_flushes();
	b.clear_trace();
	b.unmap(0, kIova);
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
	EXPECT_EQ(t, b.attach(0, 1), kIo);
	EXPECT_EQ(t, b.attach_identity(1), 0);
	ipmmu_core_block(b.units[0].core);
	EXPECT_EQ(t, b.trace.accesses.total(), 0);
	EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
	EXPECT_EQ(t, b.reports.changes.last().to, IPMMU_POWER_OFF);
}

// A leaf has no say in it; a root without power has no devices at work.
void only_a_root_with_power_blocks(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_all(b, IPMMU_R8A7795, IPMMU_STAGE_1));
	ipmmu_core_block(b.units[1].core);
	EXPECT(t, b.reads(1, 3, kIova, kPa) && b.reads(2, 33, kIova, kPa + 0x1000));
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	ipmmu_core_block(b.units[0].core);
	EXPECT_EQ(t, b.trace.accesses.total(), 0);
	EXPECT(t, b.resume_all());
	EXPECT(t, b.reads(1, 3, kIova, kPa) && b.reads(2, 33, kIova, kPa + 0x1000));
}

void a_sleeping_leaf_stays_asleep(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_all(b, IPMMU_R8A7795, IPMMU_STAGE_1));
	ASSERT_EQ(t, b.suspend(1), 0);
	ipmmu_core_block(b.units[0].core);
	b.units[0].model.finish_flushes();
	EXPECT(t, b.faults(2, 33, kIova));
}

void a_gen2_blocks_its_devices(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 0, 2), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	ASSERT(t, b.map(0, kIova, kPa));
	b.tolerate_order = true;  // its one context is in use
	ipmmu_core_block(b.units[0].core);
	b.units[0].model.finish_flushes();
	EXPECT(t, b.faults(0, 2, kIova));
	EXPECT_EQ(t, b.trace.bypassed, 0);
}

}  // namespace

TEST_SUITE(ipmmu_power_block, TEST_CASE(what_is_translated_faults),
	   TEST_CASE(nothing_is_touched_afterwards), TEST_CASE(only_a_root_with_power_blocks),
	   TEST_CASE(a_sleeping_leaf_stays_asleep), TEST_CASE(a_gen2_blocks_its_devices));
