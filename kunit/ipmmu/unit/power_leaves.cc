// SPDX-License-Identifier: GPL-2.0-only
// Roots and leaves: which of them has power while another one has none, or is gone.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

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
	b.unmap(0,
		kIova);  // the model fails the case if a register of the sleeping leaf is accessed
	EXPECT(t, b.faults(2, 33, kIova));
	ASSERT_EQ(t, b.resume(1), 0);
	EXPECT(t, b.faults(1, 3, kIova));
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

}  // namespace

TEST_SUITE(ipmmu_power_leaves, TEST_CASE(a_root_stays_on_while_a_leaf_is),
	   TEST_CASE(one_leaf_sleeps_while_others_flush),
	   TEST_CASE(a_flush_reaches_the_leaf_before_its_root),
	   TEST_CASE(a_leaf_is_claimed_while_it_sleeps), TEST_CASE(two_roots_are_apart),
	   TEST_CASE(a_leaf_may_go_while_the_root_sleeps),
	   TEST_CASE(a_leaf_that_is_gone_is_not_missed));
