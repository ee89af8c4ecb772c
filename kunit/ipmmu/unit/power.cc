// SPDX-License-Identifier: GPL-2.0-only
// Suspend and resume: nothing is touched between them, and afterwards everything is as it was, over a loss
// of power and without one.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

void power_loss_is_not_noticed(test::Case& t)
{
	for (u32 soc : {IPMMU_R8A7795, IPMMU_RCAR_GEN4})
		for (u32 stage : {IPMMU_STAGE_1, IPMMU_STAGE_2}) {
			IpmmuBoard b(t);
			ASSERT(t, start_busy(b, soc, stage));
			EXPECT(t, works(b));
			for (bool lost : {true, false, true}) {
				ASSERT(t, b.suspend_all());
				EXPECT(t, b.resume_all(lost));
				EXPECT(t, works(b));
			}
		}
}

void gen2_comes_back_with_firmwares_bus_bits(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	const u32 busctr = b.units[0].model.context(0).imbuscr & ~7u;
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 0, 31), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	ASSERT(t, b.map(0, kIova, kPa));
	ASSERT(t, b.suspend_all());
	EXPECT(t, b.resume_all());
	EXPECT_EQ(t, b.units[0].model.context(0).imbuscr, busctr);
	EXPECT(t, b.reads(0, 31, kIova, kPa));
}

void control_bits_come_back(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A77965, IPMMU_STAGE_2));
	const u32 aux = b.units[0].model.imsauxctlr(), ctl = b.units[1].model.imsctlr();
	ASSERT(t, b.suspend_all());
	EXPECT(t, b.resume_all());
	EXPECT_EQ(t, b.units[0].model.imsauxctlr(), aux);
	EXPECT_EQ(t, b.units[1].model.imsctlr(), ctl);
}

void nothing_is_touched_while_suspended(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	EXPECT(t, works(b));
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	const u64 reads = b.trace.reads;
	b.unmap(0, kIova);
	ASSERT(t, b.map(0, kIova, kPa + 0x5000));
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
	ASSERT_EQ(t, b.create_domain(2), 0);
	ASSERT_EQ(t, b.attach(1, 2), 0);
	b.destroy_domain(1);
	ASSERT_EQ(t, b.add_master(2, 2, 40), 0);
	ASSERT_EQ(t, b.attach_blocked(2), 0);
	EXPECT_EQ(t, b.trace.writes, 0);
	EXPECT_EQ(t, b.trace.reads, reads);

	// All of it is in force afterwards, also where the TLB kept what it knew.
	ASSERT(t, b.map(2, kIova, kPa + 0x7000));
	EXPECT(t, b.resume_all());
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x5000));
	EXPECT(t, b.reads(2, 33, kIova, kPa + 0x7000));
	EXPECT(t, b.faults(2, 40, kIova));
}

// Power stayed: what changed meanwhile is in force all the same.
void changes_reach_registers_that_were_kept(test::Case& t)
{
	for (u32 stage : {IPMMU_STAGE_1, IPMMU_STAGE_2}) {
		IpmmuBoard b(t);
		ASSERT(t, start_busy(b, IPMMU_R8A77965, stage));
		EXPECT(t, works(b));
		ASSERT(t, b.suspend_all());
		b.unmap(0, kIova);
		ASSERT(t, b.map(0, kIova, kPa + 0x5000));
		ASSERT_EQ(t, b.attach_identity(1), 0);
		b.destroy_domain(1);
		ASSERT_EQ(t, b.create_domain(2), 0);
		ASSERT(t, b.map(2, kIova, kPa + 0x7000));
		ASSERT_EQ(t, b.add_master(2, 2, 40), 0);
		ASSERT_EQ(t, b.attach(2, 2), 0);
		EXPECT(t, b.resume_all(false));
		EXPECT(t, b.reads(1, 3, kIova, kPa + 0x5000));
		EXPECT(t, b.reads(2, 40, kIova, kPa + 0x7000));
		EXPECT_EQ(t, b.read(2, 33, kIova).what, model::IpmmuDma::kBypassed);
		for (bool lost : {true, false}) {
			ASSERT(t, b.suspend_all());
			EXPECT(t, b.resume_all(lost));
			EXPECT(t, b.reads(1, 3, kIova, kPa + 0x5000));
			EXPECT(t, b.reads(2, 40, kIova, kPa + 0x7000));
		}
	}
}

// A driver without runtime PM, or one whose suspend failed: its device may be at work while the IPMMU is
// suspended, and power stays.
void a_resume_lets_nothing_past(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	for (u32 n : {2, 1, 0})
		ASSERT_EQ(t, ipmmu_core_suspend(b.units[n].core), 0);
	ASSERT_EQ(t, b.attach(0, 1), 0);
	for (u32 n = 0; n < 3; n++)
		b.units[n].before_write = do_dma;
	for (u32 n = 0; n < 3; n++)
		ASSERT_EQ(t, ipmmu_core_resume(b.units[n].core), 0);
	EXPECT_EQ(t, b.trace.bypassed, 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000) && b.reads(2, 33, kIova, kPa + 0x1000));
	for (u32 n = 0; n < 3; n++)
		b.units[n].before_write = nullptr;
}

// What is over after 100 us, or needs a second FLUSH, is not worth ending all DMA for.
void a_slow_flush_after_power_on_is_waited_for(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	b.units[0].model.slow_flush(40);
	test_clock_fake(true);
	for (u32 lost : {0, 2}) {
		ASSERT(t, b.suspend_all());
		b.units[0].model.lose_flushes(lost);
		EXPECT(t, b.resume_all());
		EXPECT(t, works(b));
	}
	test_clock_fake(false);
}

void pending_faults_are_reported_before_power_goes(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	EXPECT(t, b.faults(1, 3, 0x123000));
	EXPECT(t, b.faults(2, 33, 0x456000));
	EXPECT_EQ(t, b.reports.faults, 0);
	ASSERT(t, b.suspend_all());
	EXPECT_EQ(t, b.reports.faults, 2);
	EXPECT_EQ(t, b.reports.last_fault.iova, 0x456000);
	EXPECT(t, b.resume_all());
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
}

void suspend_and_resume_may_be_asked_twice(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	ASSERT(t, b.suspend_all());
	EXPECT_EQ(t, b.trace.writes, 0);
	EXPECT(t, b.resume_all());
	b.clear_trace();
	EXPECT(t, b.resume_all());
	EXPECT_EQ(t, b.trace.writes, 0);
}

void a_utlb_moved_without_power_forgets_its_old_context(test::Case& t)
{
	constexpr u32 kFlush = 2;
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT_EQ(t, b.attach_identity(1), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	for (bool flush : {true, false}) {
		ASSERT(t, b.suspend_all());
		ASSERT_EQ(t, b.attach(0, flush ? 1 : 0), 0);
		ASSERT_EQ(t, b.resume(0), 0);
		// IMSCTLR, IMCTR of leaf and root, IMUASID.
		b.trace.drop_write = flush ? 0 : 5;
		b.trace.drop_bits = kFlush;
		ASSERT_EQ(t, b.resume(1), 0);
		b.trace.drop_write = b.trace.drop_bits = 0;
		ASSERT_EQ(t, b.resume(2), 0);
		EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	}
	EXPECT(t, b.trace.dropped);
}

// What a power cycle costs, with one device attached.
void a_cycle_writes_this_many_registers(test::Case& t)
{
	constexpr struct {
		u32 soc, root, leaf;
	} kCosts[] = {{IPMMU_R8A7795, 7, 5}, {IPMMU_RCAR_GEN4, 7, 5}};
	for (const auto& cost : kCosts) {
		IpmmuBoard b(t);
		ASSERT(t, b.start(cost.soc, 1));
		ASSERT_EQ(t, b.create_domain(0), 0);
		ASSERT_EQ(t, b.add_master(0, 1, 3), 0);
		ASSERT_EQ(t, b.attach(0, 0), 0);
		b.clear_trace();
		const u64 reads = b.trace.reads;
		ASSERT(t, b.suspend_all());
		EXPECT_EQ(t, b.trace.writes, 0);
		EXPECT_EQ(t, b.trace.reads - reads, 1);  // IMSTR of the context
		ASSERT_EQ(t, b.resume(0), 0);
		EXPECT_EQ(t, b.trace.writes, cost.root);
		ASSERT_EQ(t, b.resume(1), 0);
		EXPECT_EQ(t, b.trace.writes, cost.root + cost.leaf);
		// A register of each unit, which power loss resets; IMCTR of the leaf and the root.
		EXPECT_EQ(t, b.trace.reads - reads, 5);
	}
}

void every_change_of_power_is_traced(test::Case& t)
{
	constexpr u64 kMs = 1'000'000;
	IpmmuBoard b(t);
	auto next = [&, seen = 0u](ipmmu_power_state from, ipmmu_power_state to) mutable {
		const auto& changes = b.reports.changes;
		return EXPECT(t, seen < changes.size()) && EXPECT_EQ(t, changes[seen].from, from) &&
		       EXPECT_EQ(t, changes[seen].to, to) &&
		       EXPECT(t, changes[seen++].duration_ns < 1000 * kMs);
	};
	ASSERT(t, start_busy(b));
	for (int n = 0; n < 3; n++)
		EXPECT(t, next(IPMMU_POWER_OFF, IPMMU_POWER_ACTIVE));
	EXPECT_EQ(t, b.suspend(0), kBusy);  // nothing has changed
	for (u32 n : {1, 1, 2, 0})
		ASSERT_EQ(t, b.suspend(n), 0);
	for (int n = 0; n < 3; n++)
		EXPECT(t, next(IPMMU_POWER_ACTIVE, IPMMU_POWER_SUSPENDED));
	ASSERT_EQ(t, b.resume(0), 0);
	ASSERT_EQ(t, b.resume(1), 0);
	for (int n = 0; n < 2; n++)
		EXPECT(t, next(IPMMU_POWER_SUSPENDED, IPMMU_POWER_ACTIVE));
	EXPECT_EQ(t, b.reports.restores_failed, 0);

	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(2), kTimedOut);
	EXPECT_EQ(t, b.reports.restores_failed, 1);
	EXPECT_EQ(t, b.reports.failed_context, 2);
	EXPECT(t, next(IPMMU_POWER_ACTIVE, IPMMU_POWER_FAILED));     // the root
	EXPECT(t, next(IPMMU_POWER_ACTIVE, IPMMU_POWER_FAILED));     // the leaf at work
	EXPECT(t, next(IPMMU_POWER_SUSPENDED, IPMMU_POWER_FAILED));  // this one
	EXPECT(t, b.reports.changes.last().duration_ns >= 100'000);  // it waited
	EXPECT_EQ(t, b.resume(2), kIo);
	for (u32 n : {0, 1})
		b.remove_master(n);
	for (u32 n : {2, 1, 0})
		b.unbind(n);
	for (int n = 0; n < 3; n++)
		EXPECT(t, next(IPMMU_POWER_FAILED, IPMMU_POWER_OFF));
	EXPECT_EQ(t, b.reports.changes.total(), 14);
	EXPECT_EQ(t, b.reports.restores_failed, 1);
}

}  // namespace

TEST_SUITE(ipmmu_power, TEST_CASE(power_loss_is_not_noticed),
	   TEST_CASE(gen2_comes_back_with_firmwares_bus_bits), TEST_CASE(control_bits_come_back),
	   TEST_CASE(nothing_is_touched_while_suspended),
	   TEST_CASE(changes_reach_registers_that_were_kept), TEST_CASE(a_resume_lets_nothing_past),
	   TEST_CASE(a_slow_flush_after_power_on_is_waited_for),
	   TEST_CASE(pending_faults_are_reported_before_power_goes),
	   TEST_CASE(suspend_and_resume_may_be_asked_twice),
	   TEST_CASE(a_utlb_moved_without_power_forgets_its_old_context),
	   TEST_CASE(a_cycle_writes_this_many_registers),
	   TEST_CASE(every_change_of_power_is_traced));
