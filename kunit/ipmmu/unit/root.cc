// SPDX-License-Identifier: GPL-2.0-only
// The contexts of a root, and its flushes.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

// Blocking does not fail, however many domains there are: one context is for it.
void too_many_contexts_are_refused(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	for (u32 n = 1; n < 6; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	for (bool blocked : {false, true}) {
		EXPECT_EQ(t, b.create_domain(7), kNoSpace);
		EXPECT(t, blocked ? b.faults(1, 3, kIova) : b.reads(1, 3, kIova, kPa));
		EXPECT_EQ(t, b.attach_blocked(0), 0);
	}
	EXPECT_EQ(t, test_log_count("every context of the IPMMU is in use"), 2);
	b.destroy_domain(4);
	EXPECT_EQ(t, b.create_domain(7), 0);
}

// With one context a device is blocked or translated; what VFIO asks for, both at a time, can't be had.
void a_gen2_blocks_or_translates(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.add_master(n, 0, n), 0);
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT_EQ(t, b.create_domain(0), kNoSpace);
	EXPECT(t, b.faults(0, 0, kIova));
	ASSERT_EQ(t, b.attach_identity(0), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	EXPECT_EQ(t, b.attach_blocked(1), kNoSpace);
	EXPECT_EQ(t, b.attach(1, 0), 0);
}

void a_flush_that_never_ends_is_told(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, 4), 0);
	b.units[0].model.hold_flush(true);
	ipmmu_core_flush(b.spaces[0].domain);
	EXPECT_EQ(t, b.reports.stuck, 1);
	ASSERT_EQ(t, b.create_domain(1), 0);
	EXPECT_EQ(t, b.attach(1, 1), kTimedOut);
	EXPECT_EQ(t, b.attach_blocked(1), kTimedOut);
	EXPECT(t, is_bypassed(b, 1, 4));
	b.units[0].model.hold_flush(false);
	EXPECT_EQ(t, b.attach(1, 1), 0);
	EXPECT(t, b.faults(1, 4, kIova));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
}

void a_context_that_is_given_back_is_told_when_its_flush_does_not_end(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	for (bool stuck : {false, true}) {
		ASSERT_EQ(t, b.create_domain(0), 0);
		b.units[0].model.hold_flush(stuck);
		b.destroy_domain(0);
		b.units[0].model.hold_flush(false);
		EXPECT_EQ(t, b.reports.stuck, stuck);
	}
}

// Take every context of the root, and give one back whose flush does not end.
bool give_back_without_flush(IpmmuBoard& b)
{
	if (!b.start(IPMMU_R8A7795, 1))
		return false;
	for (u32 n = 0; n < 6; n++)
		if (b.create_domain(n))
			return false;
	b.units[0].model.hold_flush(true);
	b.destroy_domain(0);
	return true;
}

// The IPMMU may still use the table, which is leaked, and the number until then.
void a_context_is_not_reused_before_its_flush_ends(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, give_back_without_flush(b));
	EXPECT(t, test_leaked_table_bytes() > 0);
	EXPECT_EQ(t, test_log_count("leaking the page table of context 1"), 1);
	EXPECT_EQ(t, ipmmu_core_domains(b.units[0].core), 6);
	EXPECT_EQ(t, b.create_domain(6), kNoSpace);
	b.units[0].model.hold_flush(false);
	EXPECT_EQ(t, b.create_domain(6), 0);
	EXPECT_EQ(t, ipmmu_core_domains(b.units[0].core), 6);
}

void a_reset_ends_the_flush_of_a_context(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, give_back_without_flush(b));
	ASSERT(t, b.suspend_all());
	EXPECT_EQ(t, b.create_domain(6), kNoSpace);
	b.units[0].model.hold_flush(false);
	ASSERT(t, b.resume_all());
	EXPECT_EQ(t, b.create_domain(6), 0);
}

// Without power FLUSH can't be read.
void a_flush_that_has_ended_is_known_while_suspended(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, give_back_without_flush(b));
	b.units[0].model.hold_flush(false);
	ASSERT(t, b.suspend_all());
	EXPECT_EQ(t, b.create_domain(6), 0);
}

void a_context_whose_flush_has_not_ended_may_block(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.add_master(0, 0, 0), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	b.units[0].model.hold_flush(true);
	b.destroy_domain(0);
	ASSERT(t, b.suspend_all());
	EXPECT_EQ(t, b.create_domain(1), kNoSpace);
	EXPECT_EQ(t, b.attach_blocked(0), 0);
	b.units[0].model.hold_flush(false);
	ASSERT(t, b.resume_all());
	EXPECT(t, b.faults(0, 0, kIova));
}

// Blocking must not fail: the empty table is never freed.
void the_context_of_blocked_devices_is_reused_at_once(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	for (u32 n = 1; n < 6; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.attach_identity(0), 0);
	b.units[0].model.hold_flush(false);
	EXPECT_EQ(t, b.attach_blocked(0), 0);
	EXPECT(t, b.faults(1, 3, kIova));
}

// Linux warns when a first attach fails.
void a_root_that_does_not_flush_has_no_domains(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.create_domain(0), kTimedOut);
	b.units[0].model.hold_flush(false);
	for (u32 n = 0; n < 6; n++)
		EXPECT_EQ(t, b.create_domain(n), 0);
}

}  // namespace

TEST_SUITE(ipmmu_root, TEST_CASE(too_many_contexts_are_refused),
	   TEST_CASE(a_gen2_blocks_or_translates), TEST_CASE(a_flush_that_never_ends_is_told),
	   TEST_CASE(a_context_that_is_given_back_is_told_when_its_flush_does_not_end),
	   TEST_CASE(a_context_is_not_reused_before_its_flush_ends),
	   TEST_CASE(a_reset_ends_the_flush_of_a_context),
	   TEST_CASE(a_flush_that_has_ended_is_known_while_suspended),
	   TEST_CASE(a_context_whose_flush_has_not_ended_may_block),
	   TEST_CASE(the_context_of_blocked_devices_is_reused_at_once),
	   TEST_CASE(a_root_that_does_not_flush_has_no_domains));
