// SPDX-License-Identifier: GPL-2.0-only
// Flushes that do not end: at suspend nothing follows, at resume all DMA of the root is blocked.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

void a_failed_root_lets_nothing_past(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT_EQ(t, b.suspend(1), 0);
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(1), kTimedOut);
	b.units[0].model.hold_flush(false);
	for (u32 n : {2, 1, 0})
		ASSERT_EQ(t, ipmmu_core_suspend(b.units[n].core), 0);
	for (u32 n = 0; n < 3; n++)
		b.units[n].before_write = do_dma;
	for (u32 n = 0; n < 3; n++)
		EXPECT_EQ(t, ipmmu_core_resume(b.units[n].core), kIo);
	EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
	for (u32 n = 0; n < 3; n++)
		b.units[n].before_write = nullptr;
}

void a_stuck_flush_does_not_keep_power_on(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	EXPECT(t, works(b));
	// Its FLUSH still reads 1 when power goes: no CPU may poll it any more.
	b.units[0].model.hold_flush(true);
	ipmmu_core_flush(b.spaces[0].domain);
	EXPECT_EQ(t, b.reports.stuck, 1);
	ASSERT(t, b.suspend_all());
	b.units[0].model.hold_flush(false);
	EXPECT(t, b.resume_all());
	EXPECT(t, works(b));
}

// Over power cycles, and whatever the device is attached to; a device that never was translated is not
// concerned.
void a_failed_leaf_blocks_all_devices_of_its_root(test::Case& t)
{
	for (u32 stage : {IPMMU_STAGE_1, IPMMU_STAGE_2}) {
		IpmmuBoard b(t);
		ASSERT(t, start_busy(b, IPMMU_R8A77965, stage));
		EXPECT(t, works(b));
		ASSERT_EQ(t, b.suspend(1), 0);
		b.units[0].model.hold_flush(true);
		EXPECT_EQ(t, b.resume(1), kTimedOut);
		EXPECT_EQ(t, test_log_count("all DMA is blocked"), 1);
		b.units[0].model.hold_flush(false);
		const u64 bypassed = b.trace.bypassed;
		b.units[0].model.finish_flushes();
		EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));

		EXPECT_EQ(t, b.attach(0, 1), kIo);
		EXPECT_EQ(t, b.attach_blocked(0), kIo);
		EXPECT_EQ(t, b.attach_identity(0), 0);
		b.destroy_domain(0);
		EXPECT_EQ(t, b.create_domain(2), kIo);
		EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
		for (u32 n : {2, 1, 0})
			ASSERT_EQ(t, b.suspend(n), 0);
		for (u32 n : {0, 1, 2})
			EXPECT_EQ(t, b.resume(n), kIo);
		EXPECT_EQ(t, test_log_count("all DMA is blocked"), 1);
		b.units[0].model.finish_flushes();
		EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
		EXPECT_EQ(t, b.trace.bypassed, bypassed);
		EXPECT_EQ(t, b.read(2, 1, kIova).what, model::IpmmuDma::kBypassed);
		test_log_clear();
	}
}

// Linux can't move a device back, warns, and frees the domain that the device is in.
void a_domain_may_go_after_a_failure(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT_EQ(t, b.suspend(1), 0);
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(1), kTimedOut);
	b.units[0].model.hold_flush(false);
	b.units[0].model.finish_flushes();
	EXPECT_EQ(t, b.attach(0, 1), kIo);
	b.destroy_domain(0);
	EXPECT(t, b.faults(1, 3, kIova));
	b.remove_master(0);
	EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
}

void a_failed_root_blocks_its_leaves(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT(t, b.suspend_all());
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(0), 0);
	EXPECT_EQ(t, b.resume(1), kTimedOut);
	b.units[0].model.hold_flush(false);
	b.units[0].model.finish_flushes();
	EXPECT_EQ(t, b.resume(2), kIo);
	EXPECT(t, b.faults(1, 3, kIova) && b.faults(2, 33, kIova));
}

void gen2_that_fails_blocks_its_devices(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 0, 2), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	ASSERT(t, b.map(0, kIova, kPa));
	ASSERT(t, b.suspend_all());
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(0), kTimedOut);
	EXPECT(t, b.faults(0, 2, kIova));
	ASSERT_EQ(t, b.suspend(0), 0);
	EXPECT_EQ(t, b.resume(0), kIo);
	EXPECT(t, b.faults(0, 2, kIova));
}

void a_failed_root_stays_failed(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT(t, b.suspend_all());
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(0), 0);
	EXPECT_EQ(t, b.resume(1), kTimedOut);
	b.units[0].model.hold_flush(false);
	EXPECT_EQ(t, b.create_domain(1), kIo);
	EXPECT_EQ(t, b.attach(0, 0), kIo);
}

}  // namespace

TEST_SUITE(ipmmu_power_failure, TEST_CASE(a_failed_root_lets_nothing_past),
	   TEST_CASE(a_stuck_flush_does_not_keep_power_on),
	   TEST_CASE(a_failed_leaf_blocks_all_devices_of_its_root),
	   TEST_CASE(a_domain_may_go_after_a_failure), TEST_CASE(a_failed_root_blocks_its_leaves),
	   TEST_CASE(gen2_that_fails_blocks_its_devices), TEST_CASE(a_failed_root_stays_failed));
