// SPDX-License-Identifier: GPL-2.0-only
// Suspend and resume: nothing is touched between them, and afterwards everything is as it was, over a loss
// of power and without one.
#include "kunit/ipmmu/fixture/board.hpp"
#include "kunit/base/testos.h"

namespace {

using test::IpmmuBoard;

constexpr int kIo = -5, kBusy = -16, kTimedOut = -110;
constexpr u64 kIova = 0x10000, kPa = 0x48000000;

// Two leaves with a device each in a domain of its own, on micro-TLBs 3 and 33.
bool start_busy(IpmmuBoard& b, u32 soc = IPMMU_R8A7795, u32 stage = IPMMU_STAGE_1)
{
	if (!b.start(soc, 2, stage))
		return false;
	for (u32 n = 0; n < 2; n++)
		if (!EXPECT_EQ(b.t, b.create_domain(n), 0) ||
		    !EXPECT_EQ(b.t, b.add_master(n, n + 1, n ? 33 : 3), 0) ||
		    !EXPECT_EQ(b.t, b.attach(n, n), 0) ||
		    !EXPECT(b.t, b.map(n, kIova, kPa + n * 0x1000)))
			return false;
	return true;
}

bool works(IpmmuBoard& b)
{
	return b.reads(1, 3, kIova, kPa) && b.reads(2, 33, kIova, kPa + 0x1000) &&
	       b.faults(1, 3, 0x9000) && b.faults(2, 33, 0x9000);
}

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

// What firmware left in a leaf is first seen by the resume.
void a_leaf_is_claimed_while_it_sleeps(test::Case& t)
{
	for (bool lost : {false, true}) {
		IpmmuBoard b(t);
		ASSERT(t, b.start(IPMMU_R8A7795, 0));
		b.place(1, IPMMU_R8A7795, 0);
		b.units[1].model.disturb();
		ASSERT_EQ(t, b.probe(1), 0);
		ASSERT(t, b.suspend_all());
		ASSERT_EQ(t, b.create_domain(0), 0);
		ASSERT(t, b.map(0, kIova, kPa));
		ASSERT_EQ(t, b.add_master(0, 1, 3), 0);
		ASSERT_EQ(t, b.attach(0, 0), 0);
		EXPECT(t, b.resume_all(lost));
		EXPECT(t, b.reads(1, 3, kIova, kPa));
		for (u32 n = 0; n < 48; n++)
			EXPECT(t, n == 3 || !(b.units[1].model.utlb(n).imuctr & 1));
		for (u32 n = 0; n < 8; n++)
			EXPECT(t, n == 1 || !(b.units[1].model.context(n).imctr & 1));
	}
}

// Of two devices at work, before each write.
void do_dma(IpmmuBoard& b)
{
	for (u32 leaf : {1, 2})
		EXPECT(b.t,
		       b.read(leaf, leaf == 1 ? 3 : 33, kIova).what != model::IpmmuDma::kBypassed);
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

// Writes are on their way for as long as the architecture allows.
void a_flush_reaches_the_leaf_before_its_root(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	for (u32 n = 0; n < 3; n++)
		b.units[n].model.post_writes(true);
	EXPECT(t, works(b));
	b.unmap(0, kIova);
	EXPECT(t, b.faults(1, 3, kIova));
	ASSERT(t, b.map(0, kIova, kPa));

	// Neither does a micro-TLB use a context that is off, nor a table that is gone.
	const u64 bypassed = b.trace.bypassed;
	ASSERT_EQ(t, b.attach(0, 1), 0);
	b.destroy_domain(0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	EXPECT_EQ(t, b.trace.bypassed, bypassed);
}

void a_root_stays_on_while_a_leaf_is(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	EXPECT_EQ(t, b.suspend(0), kBusy);
	ASSERT_EQ(t, b.suspend(1), 0);
	EXPECT_EQ(t, b.suspend(0), kBusy);
	EXPECT(t, b.reads(2, 33, kIova, kPa + 0x1000));
	ASSERT_EQ(t, b.suspend(2), 0);
	EXPECT_EQ(t, b.suspend(0), 0);
	EXPECT_EQ(t, b.resume(1), kBusy);
	ASSERT_EQ(t, b.suspend(1), 0);
	EXPECT(t, b.resume_all());
	EXPECT(t, works(b));
}

void one_leaf_sleeps_while_others_flush(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT_EQ(t, b.attach(1, 0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa) && b.reads(2, 33, kIova, kPa));
	ASSERT_EQ(t, b.suspend(1), 0);
	b.unmap(0, kIova);  // the model fails the case if the sleeping leaf is told
	EXPECT(t, b.faults(2, 33, kIova));
	ASSERT_EQ(t, b.resume(1), 0);
	EXPECT(t, b.faults(1, 3, kIova));
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

void two_roots_are_apart(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	b.place(1, IPMMU_R8A7795, 0);
	b.place(2, IPMMU_R8A7795, 2);
	b.place(3, IPMMU_R8A7795, 2);
	for (u32 n = 0; n < 4; n++)
		ASSERT_EQ(t, b.probe(n), 0);
	for (u32 n = 0; n < 2; n++) {
		ASSERT_EQ(t, b.create_domain(n, 2 * n), 0);
		ASSERT_EQ(t, b.add_master(n, 2 * n + 1, 5), 0);
		ASSERT_EQ(t, b.attach(n, n), 0);
		ASSERT(t, b.map(n, kIova, kPa + n * 0x1000));
	}
	// The same context number in both, each with its own image.
	ASSERT_EQ(t, b.suspend(1), 0);
	ASSERT_EQ(t, b.suspend(0), 0);
	EXPECT(t, b.reads(3, 5, kIova, kPa + 0x1000));
	ASSERT_EQ(t, b.suspend(3), 0);
	ASSERT_EQ(t, b.suspend(2), 0);
	EXPECT(t, b.resume_all());
	EXPECT(t, b.reads(1, 5, kIova, kPa) && b.reads(3, 5, kIova, kPa + 0x1000));
}

void a_leaf_may_go_while_the_root_sleeps(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	ASSERT(t, b.suspend_all());
	b.remove_master(0);
	b.unbind(1);
	EXPECT(t, b.resume_all());
	EXPECT(t, b.reads(2, 33, kIova, kPa + 0x1000));
	b.unmap(1, kIova);
	EXPECT(t, b.faults(2, 33, kIova));
}

// Unbound while the others work, and bound again while they sleep or after.
void a_leaf_that_is_gone_is_not_missed(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	b.remove_master(0);
	b.unbind(1);
	for (int round = 0; round < 2; round++) {
		ASSERT(t, b.suspend_all());
		EXPECT_EQ(t, b.probe(1), kBusy);
		EXPECT(t, b.resume_all());
		EXPECT(t, b.reads(2, 33, kIova, kPa + 0x1000));
	}
	ASSERT_EQ(t, b.probe(1), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 3), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, works(b));
	ASSERT(t, b.suspend_all());
	EXPECT(t, b.resume_all());
	EXPECT(t, works(b));
}

void a_stuck_flush_does_not_keep_power_on(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b));
	EXPECT(t, works(b));
	// Its FLUSH still reads 1 when power goes: nobody may go on asking.
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

// ---- what is traced ----

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
	   TEST_CASE(a_leaf_is_claimed_while_it_sleeps),
	   TEST_CASE(changes_reach_registers_that_were_kept), TEST_CASE(a_resume_lets_nothing_past),
	   TEST_CASE(a_failed_root_lets_nothing_past),
	   TEST_CASE(a_slow_flush_after_power_on_is_waited_for),
	   TEST_CASE(a_flush_reaches_the_leaf_before_its_root),
	   TEST_CASE(a_root_stays_on_while_a_leaf_is),
	   TEST_CASE(one_leaf_sleeps_while_others_flush),
	   TEST_CASE(pending_faults_are_reported_before_power_goes), TEST_CASE(two_roots_are_apart),
	   TEST_CASE(a_leaf_may_go_while_the_root_sleeps),
	   TEST_CASE(a_leaf_that_is_gone_is_not_missed),
	   TEST_CASE(a_stuck_flush_does_not_keep_power_on),
	   TEST_CASE(a_failed_leaf_blocks_all_devices_of_its_root),
	   TEST_CASE(a_domain_may_go_after_a_failure), TEST_CASE(a_failed_root_blocks_its_leaves),
	   TEST_CASE(gen2_that_fails_blocks_its_devices),
	   TEST_CASE(suspend_and_resume_may_be_asked_twice),
	   TEST_CASE(every_change_of_power_is_traced),
	   TEST_CASE(a_cycle_writes_this_many_registers),
	   TEST_CASE(a_utlb_moved_without_power_forgets_its_old_context));
