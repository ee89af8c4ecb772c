// SPDX-License-Identifier: GPL-2.0-only
// Which registers the core reads and writes, in which order: probe, attach, detach, flush, fault.  Suspend
// and resume are in restore.cc, the first device behind a leaf in claim.cc.
//
// No manual could be had.  The orders are those of two drivers that work on boards, Linux's and Xen's, and
// of what each of them does for a reason that it tells.
#include "kunit/ipmmu/fixture/order.hpp"
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_order;
using namespace test::ipmmu_scenes;
using test::IpmmuBoard;
using test::IpmmuOrder;
using Step = test::IpmmuStep;

// ---- where registers are ----

void registers_are_where_the_socs_have_them(test::Case& t)
{
	constexpr struct {
		u32 soc, context0, context1, context8, utlb1, utlb33, control;
	} kPlaces[] = {
		{IPMMU_VMSA, 0x800, 0, 0, 0xb10, 0, 0},
		{IPMMU_R8A7795, 0, 0x40, 0, 0x310, 0x610, 0},
		{IPMMU_RCAR_GEN4, 0x10000, 0x11040, 0x18800, 0x3310, 0x3610, 0x1000},
	};
	for (const auto& place : kPlaces) {
		IpmmuBoard b(t);
		ASSERT(t, b.start(place.soc, 0));
		const model::Ipmmu& unit = b.units[0].model;
		EXPECT_EQ(t, unit.context_offset(0), place.context0);
		EXPECT(t, unit.contexts() < 2 || unit.context_offset(1) == place.context1);
		EXPECT(t, unit.contexts() < 9 || unit.context_offset(8) == place.context8);
		EXPECT_EQ(t, unit.utlb_offset(1), place.utlb1);
		EXPECT(t, unit.utlbs() < 34 || unit.utlb_offset(33) == place.utlb33);
		EXPECT_EQ(t, unit.control_offset(), place.control);
	}
}

// ---- probe ----

void probe_of_a_root(test::Case& t)
{
	for (u32 stage : {IPMMU_STAGE_1, IPMMU_STAGE_2}) {
		IpmmuBoard b(t);
		b.place(0, IPMMU_R8A7795, 0);
		const model::Ipmmu& unit = b.units[0].model;
		const u32 sctlr = unit.imsctlr(), aux = unit.imsauxctlr();
		ASSERT_EQ(t, b.probe(0, stage), 0);
		const u32 format = stage == IPMMU_STAGE_2 ? aux | kS2pte : aux & ~kS2pte;
		const Step order[] = {
			{kRead, kRoot, IMSCTLR, 0, 0, "its other bits are the firmware's"},
			{kRead, kRoot, IMSAUXCTLR, 0, 0, "its other bits are the firmware's"},
			{kWrite,
			 kRoot,
			 IMCTR,
			 {0, 7},
			 kOff,
			 "off, before the table format changes"},
			{kWrite, kRoot, IMSAUXCTLR, 0, format, "the format, before any table"},
			{kWrite, kRoot, IMSCTLR, 0, sctlr & ~kUseSecgrp, "no security groups"},
		};
		EXPECT(t, IpmmuOrder(b).next(order).done());
	}
}

// Root and leaf in one, without control registers.
void probe_of_a_gen2(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	const Step order[] = {
		{kWrite, kRoot, IMCTR, 0, kOff, "nothing is known to be off"},
		{kWrite, kRoot, IMUCTR, {0, 31}, kOff, "nothing is known to be off"},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
}

// ---- attach ----

// A domain is complete before a device can use it; the first attach enables it and empties the TLB of its number.
void a_new_domain(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	b.clear_trace();
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	const Step check[] = {
		{kWrite, kRoot, IMCTR, 1, kFlush, "the first of a root: whether a flush ends"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
	};
	EXPECT(t, IpmmuOrder(b)
			  .next(check)
			  .next(stage1_table(1, b.table(0)))
			  .next(stage1_table(2, b.table(1)))
			  .done());
}

void a_new_domain_of_a_gen2(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	const u32 bus = b.units[0].model.context(0).imbuscr;
	b.clear_trace();
	ASSERT_EQ(t, b.create_domain(0), 0);
	const auto table = gen2_table(b.table(0), bus & ~7u);
	const Step keep[] = {{kRead, kRoot, IMBUSCR, 0, 0, "its other bits are the firmware's"}};
	const Step check[] = {
		{kWrite, kRoot, IMCTR, 0, kFlush, "the first of a root: whether a flush ends"},
		{kPoll, kRoot, IMCTR, 0, kFlush, kWaited},
	};
	EXPECT(t, IpmmuOrder(b)
			  .next(check)
			  .next(std::span(table).first(4))
			  .next(keep)
			  .next(std::span(table).last(2))
			  .done());

	ASSERT_EQ(t, b.add_master(0, 0, 31), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.attach(0, 0), 0);
	const Step attach[] = {
		{kWrite, kRoot, IMCTR, 0, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 0, kFlush, kWaited},
		{kWrite, kRoot, IMUASID, 31, 0, kAsidFirst},
		{kWrite, kRoot, IMUCTR, 31, utlb_on(0), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(attach).done());
}

void attach_of_the_first_utlb(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 40), 0);
	b.units[0].model.slow_flush(3);
	b.clear_trace();
	ASSERT_EQ(t, b.attach(0, 0), 0);
	const Step order[] = {
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 40, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 40, utlb_on(1), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
}

void attach_of_the_second_utlb(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 2));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 n = 0; n < 3; n++)
		ASSERT_EQ(t, b.add_master(n, n == 2 ? 2 : 1, 40 + n), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.attach(1, 0), 0);
	ASSERT_EQ(t, b.attach(2, 0), 0);
	const Step same_leaf[] = {
		{kWrite, kLeaf, IMUASID, 41, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 41, utlb_on(1), "its leaf has the context on already"},
	};
	const Step other_leaf[] = {
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kOtherLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kOtherLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kOtherLeaf, IMUASID, 42, 0, kAsidFirst},
		{kWrite, kOtherLeaf, IMUCTR, 42, utlb_on(1), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(same_leaf).next(other_leaf).done());
}

// VA64 is the root's: of IMCTR leaves have the common bits alone.
void attach_in_stage_2(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1, IPMMU_STAGE_2));
	ASSERT_EQ(t, b.add_master(0, 1, 2), 0);
	ASSERT_EQ(t, b.create_domain(1), 0);
	b.destroy_domain(1);
	b.clear_trace();
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	const Step order[] = {
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kVa64 | kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 2, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 2, utlb_on(1), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(stage2_table(1, b.table(0))).next(order).done());
}

// From one domain to another without a moment in which the micro-TLB is off and lets DMA pass.
void a_move_to_another_domain(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 5), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.attach(0, 1), 0);
	const Step order[] = {
		{kWrite, kLeaf, IMCTR, 2, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 2, 0, kArrived},
		{kWrite, kRoot, IMCTR, 2, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 2, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 5, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 5, utlb_on(2), "never off, and it forgets the old context"},
		{kWrite, kLeaf, IMCTR, 1, kFlush, "no micro-TLB here uses the old one any more"},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
}

// ---- detach ----

void detach_is_last_to_first(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_RCAR_GEN4, 1));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 n = 0; n < 2; n++) {
		ASSERT_EQ(t, b.add_master(n, 1, 62 + n), 0);
		ASSERT_EQ(t, b.attach(n, 0), 0);
	}
	b.clear_trace();
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.attach_identity(n), 0);
	b.destroy_domain(0);
	const Step not_last[] = {
		{kWrite, kLeaf, IMUCTR, 62, kOff, "its context stays on for the other"},
	};
	const Step last[] = {
		{kWrite, kLeaf, IMUCTR, 63, kOff, "no micro-TLB here uses the context"},
		{kWrite, kLeaf, IMCTR, 1, kFlush, "off in the leaf, and forgotten with the root"},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
	};
	const Step domain_gone[] = {
		{kWrite, kRoot, IMCTR, 1, kFlush, "off, and forgotten before the table is freed"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
	};
	EXPECT(t, IpmmuOrder(b).next(not_last).next(last).next(domain_gone).done());
}

// Of a micro-TLB that two devices share, the first to go changes nothing.
void detach_from_a_shared_utlb(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 n = 0; n < 2; n++) {
		ASSERT_EQ(t, b.add_master(n, 1, 7), 0);
		ASSERT_EQ(t, b.attach(n, 0, &b), 0);
	}
	b.clear_trace();
	b.remove_master(0);
	EXPECT_EQ(t, b.trace.accesses.total(), 0);
	b.remove_master(1);
	const Step order[] = {
		{kWrite, kLeaf, IMUCTR, 7, kOff, "no micro-TLB here uses the context"},
		{kWrite, kLeaf, IMCTR, 1, kFlush, "off in the leaf, and forgotten with the root"},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
}

// ---- flush ----

void flush_tells_every_leaf_that_uses_the_context(test::Case& t)
{
	constexpr u32 kThirdLeaf = 3;
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A77965, 3));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 leaf : {kLeaf, kThirdLeaf}) {
		ASSERT_EQ(t, b.add_master(leaf, leaf, 0), 0);
		ASSERT_EQ(t, b.attach(leaf, 0), 0);
	}
	b.units[0].model.slow_flush(2);
	b.clear_trace();
	ipmmu_core_flush(b.spaces[0].domain);
	const Step order[] = {
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kThirdLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kThirdLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush, "the last, after which all are waited for"},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
}

void flush_is_waited_for(test::Case& t)
{
	IpmmuBoard b(t);
	test_clock_fake(true);  // the model's flush takes looks, not time
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	ASSERT_EQ(t, b.add_master(0, 1, 0), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	ASSERT(t, b.map(0, 0x1000, 0x40000000));
	EXPECT(t, b.reads(1, 0, 0x1000, 0x40000000));

	b.units[0].model.slow_flush(20);
	b.unmap(0, 0x1000);
	EXPECT(t, b.faults(1, 0, 0x1000));
	EXPECT_EQ(t, b.reports.stuck, 0);
}

// ---- faults ----

// Of two contexts in use the second has one.
void a_fault_is_read_before_it_is_cleared(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1, IPMMU_STAGE_2));
	for (u32 n = 0; n < 2; n++) {
		ASSERT_EQ(t, b.add_master(n, 1, 7 + n), 0);
		ASSERT_EQ(t, b.create_domain(n), 0);
		ASSERT_EQ(t, b.attach(n, n), 0);
	}
	EXPECT(t, b.faults(1, 8, 0xab'1234'5678));
	b.clear_trace();
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	const Step order[] = {
		{kRead, kRoot, IMSTR, 1, 0, "no fault here: nothing is cleared"},
		{kRead, kRoot, IMSTR, 2, 0, "what happened"},
		{kRead, kRoot, IMELAR, 2, 0, "reads 0 once the status is cleared"},
		{kRead, kRoot, IMEUAR, 2, 0, "reads 0 once the status is cleared"},
		{kWrite, kRoot, IMSTR, 2, 0, "cleared by a 0, and not by a 1"},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
	EXPECT_EQ(t, b.reports.faults, 1);
	EXPECT_EQ(t, b.reports.last_fault.iova, 0xab'1234'5678);
	EXPECT(t, b.reports.last_fault.translation && !b.reports.last_fault.permission);
	EXPECT_EQ(t, b.reports.last_fault.context, 2);
	EXPECT(t, b.reports.last_client == b.master_device(1));
	EXPECT(t, b.reports.last_shim == &b.spaces[1]);
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
}

void a_gen2_has_no_upper_fault_address(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.add_master(0, 0, 7), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, b.faults(0, 7, 0x1234'5678));
	b.clear_trace();
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	const Step order[] = {
		{kRead, kRoot, IMSTR, 0, 0, "what happened"},
		{kRead, kRoot, IMELAR, 0, 0, "IMEAR; reads 0 once the status is cleared"},
		{kWrite, kRoot, IMSTR, 0, 0, "cleared by a 0, and not by a 1"},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
	EXPECT_EQ(t, b.reports.last_fault.iova, 0x1234'5678);
}

void the_second_eight_contexts_are_elsewhere(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_RCAR_GEN4, 1));
	ASSERT_EQ(t, b.add_master(14, 1, 19), 0);
	ASSERT_EQ(t, b.attach_blocked(14), 0);
	for (u32 n = 0; n < 14; n++) {
		ASSERT_EQ(t, b.create_domain(n), 0);
		ASSERT_EQ(t, b.add_master(n, 1, n + 20), 0);
		ASSERT_EQ(t, b.attach(n, n), 0);
		ASSERT(t, b.map(n, 0x5000, 0x80000000 + n * 0x1000));
	}
	EXPECT_EQ(t, b.units[0].model.context_offset(15), 0x1f9c0);
	for (u32 n = 0; n < 14; n++)
		EXPECT(t, b.reads(1, n + 20, 0x5000, 0x80000000 + n * 0x1000));
}

}  // namespace

TEST_SUITE(ipmmu_registers, TEST_CASE(registers_are_where_the_socs_have_them),
	   TEST_CASE(probe_of_a_root), TEST_CASE(probe_of_a_gen2), TEST_CASE(a_new_domain),
	   TEST_CASE(a_new_domain_of_a_gen2), TEST_CASE(attach_of_the_first_utlb),
	   TEST_CASE(attach_of_the_second_utlb), TEST_CASE(attach_in_stage_2),
	   TEST_CASE(a_move_to_another_domain), TEST_CASE(detach_is_last_to_first),
	   TEST_CASE(detach_from_a_shared_utlb),
	   TEST_CASE(flush_tells_every_leaf_that_uses_the_context), TEST_CASE(flush_is_waited_for),
	   TEST_CASE(a_fault_is_read_before_it_is_cleared),
	   TEST_CASE(a_gen2_has_no_upper_fault_address),
	   TEST_CASE(the_second_eight_contexts_are_elsewhere));
