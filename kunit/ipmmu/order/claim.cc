// SPDX-License-Identifier: GPL-2.0-only
// When the driver begins to touch a leaf: with the first device that is attached behind it.  Before that, its
// bus may have no clock, or be in use by firmware.
#include "kunit/ipmmu/fixture/order.hpp"
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_order;
using namespace test::ipmmu_scenes;
using test::IpmmuBoard;
using test::IpmmuOrder;
using Step = test::IpmmuStep;

// A root and two leaves behind which no device is attached.  Every register holds what a former kernel left:
// micro-TLBs are on.
bool start_unclaimed(IpmmuBoard& b, u32 soc = IPMMU_R8A7795)
{
	for (u32 n = 0; n < 3; n++) {
		b.place(n, soc, 0);
		b.units[n].model.disturb();
		if (!EXPECT_EQ(b.t, b.probe(n), 0))
			return false;
	}
	return true;
}

bool touched(IpmmuBoard& b, u32 unit)
{
	for (u32 i = 0; i < b.trace.accesses.size(); i++)
		if (b.trace.accesses[i].unit == unit)
			return true;
	return false;
}

void probe_touches_no_leaf(test::Case& t)
{
	for (u32 soc : {IPMMU_R8A7795, IPMMU_RCAR_GEN4}) {
		IpmmuBoard b(t);
		ASSERT(t, start_unclaimed(b, soc));
		EXPECT(t, touched(b, kRoot));
		ASSERT_EQ(t, b.add_master(0, kLeaf, 3), 0);
		b.remove_master(0);
		b.unbind(kOtherLeaf);
		b.unbind(kLeaf);
		EXPECT(t, !touched(b, kLeaf) && !touched(b, kOtherLeaf));
	}
}

void the_first_device_claims_its_leaf(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_unclaimed(b));
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, kLeaf, 3), 0);
	const u32 sctlr = b.units[kLeaf].model.imsctlr();
	b.clear_trace();
	ASSERT_EQ(t, b.attach(0, 0), 0);
	const Step order[] = {
		{kRead, kLeaf, IMSCTLR, 0, 0, "its other bits are the firmware's"},
		{kWrite, kLeaf, IMCTR, {0, 7}, kOff, "nothing is known to be off"},
		{kWrite, kLeaf, IMSCTLR, 0, sctlr & ~kUseSecgrp, "no security groups"},
		{kWrite, kLeaf, IMUCTR, {0, 47}, kOff, "nothing is known to be off"},
		{kWrite, kLeaf, IMCTR, 1, kOn | kFlush, kLeafFirst},
		{kRead, kLeaf, IMCTR, 1, 0, kArrived},
		{kWrite, kRoot, IMCTR, 1, kOn | kFlush, kStaleGone},
		{kPoll, kRoot, IMCTR, 1, kFlush, kWaited},
		{kWrite, kLeaf, IMUASID, 3, 0, kAsidFirst},
		{kWrite, kLeaf, IMUCTR, 3, utlb_on(1), kUtlbLast},
	};
	EXPECT(t, IpmmuOrder(b).next(order).done());
	EXPECT(t, !touched(b, kOtherLeaf));
}

// Whatever it is attached to: its neighbour's micro-TLB may be on with the context that it gets.
void every_kind_of_attach_claims(test::Case& t)
{
	for (u32 kind = 0; kind < 3; kind++) {
		IpmmuBoard b(t);
		ASSERT(t, start_unclaimed(b));
		ASSERT(t, kind != 0 || b.create_domain(0) == 0);
		ASSERT_EQ(t, b.add_master(0, kLeaf, 3), 0);
		for (u32 n = 0; n < 48; n++)
			EXPECT(t, b.units[kLeaf].model.utlb(n).imuctr & 1);
		ASSERT_EQ(t,
			  kind == 0   ? b.attach(0, 0)
			  : kind == 1 ? b.attach_blocked(0)
				      : b.attach_identity(0),
			  0);
		for (u32 n = 0; n < 48; n++)
			EXPECT_EQ(t, b.units[kLeaf].model.utlb(n).imuctr & 1, n == 3 && kind != 2);
		for (u32 n = 0; n < 8; n++)
			EXPECT_EQ(t, b.units[kLeaf].model.context(n).imctr & 1,
				  n == 1 && kind != 2);
	}
}

// Over power cycles, a failure and the end.
void a_leaf_without_devices_is_never_touched(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_unclaimed(b));
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, kLeaf, 3), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	ASSERT(t, b.map(0, kIova, kPa));
	ASSERT(t, b.suspend_all());
	EXPECT(t, b.resume_all());
	EXPECT(t, b.reads(kLeaf, 3, kIova, kPa));
	b.unmap(0, kIova);
	ASSERT_EQ(t, b.suspend(kLeaf), 0);
	b.units[kRoot].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(kLeaf), kTimedOut);
	b.units[kRoot].model.hold_flush(false);
	for (u32 n : {kOtherLeaf, kLeaf, kRoot})
		ASSERT_EQ(t, b.suspend(n), 0);
	EXPECT(t, !b.resume_all());
	ipmmu_core_block(b.units[kRoot].core);
	b.unbind(kOtherLeaf);
	EXPECT(t, !touched(b, kOtherLeaf));
}

// Without power it is claimed by the next resume, which has not read IMSCTLR so far.  Where the power domain
// stayed on, everything is as a former kernel left it.
void a_leaf_may_be_claimed_without_power(test::Case& t)
{
	for (bool lost : {true, false}) {
		IpmmuBoard b(t);
		ASSERT(t, start_unclaimed(b));
		ASSERT_EQ(t, b.create_domain(0), 0);
		ASSERT_EQ(t, b.add_master(0, kLeaf, 3), 0);
		ASSERT(t, b.suspend_all());
		ASSERT_EQ(t, b.attach(0, 0), 0);
		ASSERT(t, b.map(0, kIova, kPa));
		EXPECT(t, !touched(b, kLeaf));
		b.units[kLeaf].model.power_on(lost);
		const u32 sctlr = b.units[kLeaf].model.imsctlr();
		for (int round = 0; round < 2; round++) {
			EXPECT(t, b.resume_all(lost));
			EXPECT(t, b.reads(kLeaf, 3, kIova, kPa));
			EXPECT_EQ(t, b.units[kLeaf].model.imsctlr(), sctlr & ~kUseSecgrp);
			for (u32 n = 0; n < 48; n++)
				EXPECT_EQ(t, b.units[kLeaf].model.utlb(n).imuctr & 1, n == 3);
			for (u32 n = 0; n < 8; n++)
				EXPECT_EQ(t, b.units[kLeaf].model.context(n).imctr & 1, n == 1);
			ASSERT(t, b.suspend_all());
		}
		EXPECT(t, !touched(b, kOtherLeaf));
	}
}

}  // namespace

TEST_SUITE(ipmmu_claim, TEST_CASE(probe_touches_no_leaf),
	   TEST_CASE(the_first_device_claims_its_leaf), TEST_CASE(every_kind_of_attach_claims),
	   TEST_CASE(a_leaf_without_devices_is_never_touched),
	   TEST_CASE(a_leaf_may_be_claimed_without_power));
