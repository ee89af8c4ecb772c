// SPDX-License-Identifier: GPL-2.0-only
// Suspend, resume, and a resume that fails, register by register.
#include "kunit/ipmmu/fixture/order.hpp"
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_order;
using namespace test::ipmmu_scenes;
using test::IpmmuBoard;
using test::IpmmuOrder;
using Step = test::IpmmuStep;

constexpr const char* kLost = "a register that was not 0: whether there was a reset";

// ---- suspend ----

void suspend_only_looks_for_faults(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A7795));
	EXPECT(t, b.faults(1, 3, 0x123000));
	b.clear_trace();
	for (u32 leaf : {kOtherLeaf, kLeaf})
		ASSERT_EQ(t, b.suspend(leaf), 0);
	EXPECT_EQ(t, b.trace.accesses.total(), 0);
	ASSERT_EQ(t, b.suspend(kRoot), 0);
	const Step order[] = {
		{kRead, kRoot, IMSTR, 1, 0, "a fault is lost with power: it is reported before"},
		{kRead, kRoot, IMELAR, 1, 0, "reads 0 once the status is cleared"},
		{kRead, kRoot, IMEUAR, 1, 0, "reads 0 once the status is cleared"},
		{kWrite, kRoot, IMSTR, 1, 0, "not told twice where power stays"},
		{kRead, kRoot, IMSTR, 2, 0, "no fault here"},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
	EXPECT_EQ(t, b.reports.faults, 1);
}

// ---- resume ----

// Contexts 1 and 2 are in use; the others, and all micro-TLBs that are not in use, are off after the reset.  A leaf
// enables what it uses.
void resume_of_a_root(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A7795));
	const u32 aux = b.units[0].model.imsauxctlr(), sctlr = b.units[0].model.imsctlr();
	EXPECT(t, !(aux & kS2pte) && !(sctlr & kUseSecgrp));
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	ASSERT_EQ(t, b.resume(kRoot), 0);
	const Step control[] = {
		{kRead, kRoot, IMTTBCR, 1, 0, kLost},
		{kWrite, kRoot, IMSAUXCTLR, 0, aux, "the format, before any table"},
		{kWrite, kRoot, IMSCTLR, 0, sctlr, "no security groups, before anything is on"},
	};
	EXPECT(t, IpmmuOrder(b)
			  .next(control)
			  .next(stage1_table(1, b.table(0)))
			  .next(stage1_table(2, b.table(1)))
			  .done());
}

// The first leaf to come back, and the second, with a context that both use.
void resume_of_leaves(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A7795));
	ASSERT_EQ(t, b.add_master(2, 2, 40), 0);
	ASSERT_EQ(t, b.attach(2, 0), 0);
	const u32 first = b.units[1].model.imsctlr(), second = b.units[2].model.imsctlr();
	ASSERT(t, b.suspend_all());
	ASSERT_EQ(t, b.resume(kRoot), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.resume(kLeaf), 0);
	ASSERT_EQ(t, b.resume(kOtherLeaf), 0);
	const Step one[] = {
		{kRead, kLeaf, IMUCTR, 3, 0, kLost},
		{kWrite, kLeaf, IMSCTLR, 0, first, "no security groups, before anything is on"},
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush,
		 "the root's flush tells when the leaf's has ended"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 3, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 3, utlb_on(1), kUtlbLast},
	};
	const Step two[] = {
		{kRead, kOtherLeaf, IMUCTR, 33, 0, kLost},
		{kWrite, kOtherLeaf, IMSCTLR, 0, second,
		 "no security groups, before anything is on"},
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, "a flush is for all that use the context"},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kOtherLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kOtherLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush,
		 "the root's flush tells when the leaves' have"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kOtherLeaf, IMCTR, 2, kOn | kFlush, kLeafFirst},
		{kRead, kOtherLeaf, IMCTR, 2, 0, kArrived},
		{kWrite, kRoot, IMCTR, 2, kOn | kFlush,
		 "the root's flush tells when the leaf's has ended"},
		{kPoll, kRoot, IMCTR, 2, kFlush, kWaited},
		{kWrite, kOtherLeaf, IMUASID, 33, 0, kAsidFirst},
		{kWrite, kOtherLeaf, IMUCTR, 33, utlb_on(2), kUtlbLast},
		{kWrite, kOtherLeaf, IMUASID, 40, 0, kAsidFirst},
		{kWrite, kOtherLeaf, IMUCTR, 40, utlb_on(1), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(one).next(two).done());
}

// Control registers of their own place; stage 2 has no IMMAIR0.
void resume_of_a_gen4_in_stage_2(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_RCAR_GEN4, 1, IPMMU_STAGE_2));
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 60), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	const u32 aux = b.units[0].model.imsauxctlr();
	const u32 root = b.units[0].model.imsctlr(), leaf = b.units[1].model.imsctlr();
	EXPECT(t, aux & kS2pte && !(root & kUseSecgrp) && !(leaf & kUseSecgrp));
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	EXPECT(t, b.resume_all());
	const Step control[] = {
		{kRead, kRoot, IMTTBCR, 1, 0, kLost},
		{kWrite, kRoot, IMSAUXCTLR, 0, aux, "S2PTE, before any table"},
		{kWrite, kRoot, IMSCTLR, 0, root, "no security groups, before anything is on"},
	};
	const Step rest[] = {
		{kRead, kLeaf, IMUCTR, 60, 0, kLost},
		{kWrite, kLeaf, IMSCTLR, 0, leaf, "no security groups, before anything is on"},
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kVa64 | kOn | kFlush,
		 "the root's flush tells when the leaf's has ended"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 60, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 60, utlb_on(1), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(control).next(stage2_table(1, b.table(0))).next(rest).done());
}

// No control registers; IMBUSCR as it was, without being read: it holds garbage by now.
void resume_of_a_gen2(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 0, 31), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	const u32 bus = b.units[0].model.context(0).imbuscr;
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	EXPECT(t, b.resume_all());
	const Step look[] = {{kRead, kRoot, IMTTBCR, 0, 0, kLost}};
	const Step rest[] = {
		{kWrite, kRoot, IMCTR, 0, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 0, kFlush, kWaited},
		{kWrite, kRoot, IMUASID, 31, 0, kAsidFirst},
		{kWrite, kRoot, IMUCTR, 31, utlb_on(0), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(look).next(gen2_table(b.table(0), bus)).next(rest).done());
}

// Power stayed: only what has been mapped meanwhile has to be forgotten.
void resume_with_registers_kept(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A7795));
	ASSERT(t, b.suspend_all());
	b.clear_trace();
	EXPECT(t, b.resume_all(false));
	const Step order[] = {
		{kRead, kRoot, IMTTBCR, 1, 0, kLost},
		{kRead, kLeaf, IMUCTR, 3, 0, kLost},
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush, "flushes were left out meanwhile"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kRead, kOtherLeaf, IMUCTR, 33, 0, kLost},
		{kWrite, kOtherLeaf, IMCTR, 2, kOn | kFlush, kLeafFirst},
		{kRead, kOtherLeaf, IMCTR, 2, 0, kArrived},
		{kWrite, kRoot, IMCTR, 2, kOn | kFlush, "flushes were left out meanwhile"},
		{kPoll, kRoot, IMCTR, 2, kFlush, kWaited},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
}

// Power stayed, and the domains of both leaves were exchanged for others: micro-TLBs leave their context before it
// is turned off.
void resume_with_registers_kept_and_other_domains(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A7795));
	ASSERT(t, b.suspend_all());
	ASSERT_EQ(t, b.attach(0, 1), 0);
	ASSERT_EQ(t, b.attach_identity(1), 0);
	b.destroy_domain(0);
	ASSERT_EQ(t, b.create_domain(2), 0);
	b.clear_trace();
	EXPECT(t, b.resume_all(false));
	const Step root[] = {
		{kRead, kRoot, IMTTBCR, 2, 0, kLost},
		{kWrite, kRoot, IMCTR, 1, kFlush, "its table is gone"},
		{kRead, kRoot, IMCTR, 1, 0, kArrived},
	};
	const Step rest[] = {
		{kWrite, kLeaf, IMSCTLR, 0, b.units[1].model.imsctlr(), "no micro-TLB tells"},
		{kWrite, kLeaf, IMCTR, 2, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 2, 0, kArrived},
		{kWrite, kRoot, IMCTR, 2, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 2, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 3, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 3, utlb_on(2), "never off"},
		{kWrite, kLeaf, IMCTR, 1, kFlush, "after the micro-TLB has left it"},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kOtherLeaf, IMSCTLR, 0, b.units[2].model.imsctlr(), "no micro-TLB tells"},
		{kWrite, kOtherLeaf, IMUCTR, 33, kOff, "detached meanwhile"},
		{kWrite, kOtherLeaf, IMCTR, 2, kFlush, "after the micro-TLB has left it"},
		{kRead, kOtherLeaf, IMCTR, 2, 0, kArrived},
	};
	EXPECT(t, IpmmuOrder(b).next(root).next(stage1_table(1, b.table(2))).next(rest).done());
}

// ---- a resume that fails ----

// The device behind the other leaf is active: one write moves its micro-TLB to the quarantine context, 3.
void a_failed_restore(test::Case& t)
{
	constexpr u32 kQuarantined = 1;  // MMUEN without INTEN: no handler reports its faults
	IpmmuBoard b(t);
	ASSERT(t, start_busy(b, IPMMU_R8A7795));
	const u32 sctlr = b.units[1].model.imsctlr();
	ASSERT_EQ(t, b.suspend(kLeaf), 0);
	b.units[0].model.hold_flush(true);
	b.clear_trace();
	EXPECT_EQ(t, b.resume(kLeaf), -110);

	const model::Ipmmu::Context& quarantine = b.units[0].model.context(3);
	ipmmu::TableRef nothing{};
	nothing.ttb = u64{quarantine.imttubr0} << 32 | quarantine.imttlbr0;
	for (u32 n = 0; n < 2; n++)
		EXPECT(t, nothing.ttb != b.table(n).ttb);
	const Step look[] = {
		{kRead, kLeaf, IMUCTR, 3, 0, kLost},
		{kWrite, kLeaf, IMSCTLR, 0, sctlr, "no security groups, before anything is on"},
	};
	const Step try_it[] = {
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush, kStaleGone},
		{kGiveUp, kRoot, IMCTR, 1, kFlush, "it does not end"},
	};
	const Step spare[] = {
		{kWrite, kRoot, IMCTR, 3, kOff, "a free one: off, before its table changes"},
	};
	const Step quarantine_all[] = {
		{kWrite, kLeaf, IMCTR, 3, kQuarantined | kFlush, kLeafFirst},
		{kWrite, kOtherLeaf, IMCTR, 3, kQuarantined | kFlush, kLeafFirst},
		{kWrite, kRoot, IMCTR, 3, kQuarantined | kFlush, "on, before micro-TLBs use it"},
		{kRead, kRoot, IMCTR, 3, 0, kArrived},
		{kWrite, kLeaf, IMUASID, 3, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 3, utlb_on(3), "never off"},
		{kWrite, kOtherLeaf, IMUASID, 33, 0, kAsidFirst},
		{kWrite, kOtherLeaf, IMUCTR, 33, utlb_on(3), "never off"},
	};
	IpmmuOrder order(b);
	order.next(look).next(try_it).next(try_it).next(try_it).next(spare);
	order.next(stage1_table(3, nothing)).next(quarantine_all);
	for (u32 n : {1, 2}) {
		const Step off[] = {{kWrite, kRoot, IMCTR, n, kOff, "no micro-TLB uses it by now"}};
		const Step on[] = {{kWrite, kRoot, IMCTR, n, kQuarantined | kFlush, "no way back"}};
		order.next(off).next(stage1_table(n, nothing)).next(on);
	}
	EXPECT(t, order.done());
}

// Every context is in use.  The quarantine takes one that no active leaf uses.
void a_quarantine_where_no_context_is_free(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 2));
	for (u32 n = 0; n < 7; n++) {
		ASSERT(t, n == 6 || b.create_domain(n) == 0);
		ASSERT_EQ(t, b.add_master(n, n == 0 || n == 2 ? 2 : 1, n), 0);
		ASSERT_EQ(t, n == 6 ? b.attach_blocked(n) : b.attach(n, n), 0);
		ASSERT(t, n == 6 || b.map(n, kIova, kPa));
	}
	EXPECT(t, b.reads(2, 2, kIova, kPa));
	ASSERT_EQ(t, b.suspend(kLeaf), 0);
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(kLeaf), -110);
	EXPECT_EQ(t, b.units[2].model.utlb(2).imuctr >> 4, 2);
	b.units[0].model.finish_flushes();
	for (u32 n = 0; n < 7; n++)
		EXPECT(t, b.faults(n == 0 || n == 2 ? 2 : 1, n, kIova));
}

// Each is in use by a device that is awake: one of them changes its table under it.
void a_quarantine_where_every_context_is_at_work(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 2));
	for (u32 n = 0; n < 8; n++) {
		ASSERT(t, n >= 6 || b.create_domain(n) == 0);
		ASSERT_EQ(t, b.add_master(n, n == 7 ? 1 : 2, n), 0);
		ASSERT_EQ(t, n == 6 ? b.attach_blocked(n) : b.attach(n, n % 7), 0);
		ASSERT(t, n >= 6 || b.map(n, kIova, kPa));
	}
	EXPECT(t, b.reads(2, 0, kIova, kPa) && b.reads(1, 7, kIova, kPa));
	ASSERT_EQ(t, b.suspend(kLeaf), 0);
	b.units[0].model.hold_flush(true);
	b.tolerate_order = true;
	EXPECT_EQ(t, b.resume(kLeaf), -110);
	b.units[0].model.finish_flushes();
	EXPECT_EQ(t, b.trace.bypassed, 0);
	for (u32 n = 0; n < 8; n++)
		EXPECT(t, b.faults(n == 7 ? 1 : 2, n, kIova));
	EXPECT_EQ(t, b.trace.bypassed, 0);
}

}  // namespace

TEST_SUITE(ipmmu_restore, TEST_CASE(suspend_only_looks_for_faults), TEST_CASE(resume_of_a_root),
	   TEST_CASE(resume_of_leaves), TEST_CASE(resume_of_a_gen4_in_stage_2),
	   TEST_CASE(resume_of_a_gen2), TEST_CASE(resume_with_registers_kept),
	   TEST_CASE(resume_with_registers_kept_and_other_domains), TEST_CASE(a_failed_restore),
	   TEST_CASE(a_quarantine_where_no_context_is_free),
	   TEST_CASE(a_quarantine_where_every_context_is_at_work));
