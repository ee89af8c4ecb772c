// SPDX-License-Identifier: GPL-2.0-only
// The command queue's power protocol, step by step: a suspend at every point of a submission, and a
// submission at every point of suspend and resume.
#include "kunit/host/stepped_power.hpp"

using namespace stepping;
using test::Case;

namespace {

void holds(Case& t, const Plan& plan, u64 at_least)
{
	u64 runs = 0;
	const char* found = explore(plan, Without::kNothing, &runs);
	if (found)
		test_fail(&t, __FILE__, __LINE__, found, runs, 0);
	EXPECT(t, runs >= at_least);
	EXPECT(t, world.issued > 0);
	if (plan.roll_back)
		EXPECT(t, world.gave_up > 0);
	else
		EXPECT(t, world.elided > 0);
}

void submission_at_every_point(Case& t)
{
	holds(t, kOne, 1000);
}

void batch_without_sync_at_every_point(Case& t)
{
	holds(t, with_deviations(kAsync, 3), 1000);
}

void owner_gathers_at_every_point(Case& t)
{
	holds(t, kTwo, 1000);
}

void full_queue_at_every_point(Case& t)
{
	holds(t, kFull, 1000);
}

void messages_at_every_point(Case& t)
{
	Plan plan = kTwo;
	plan.method = SyncMethod::kMessage;
	holds(t, plan, 1000);
}

void rollback_at_every_point(Case& t)
{
	holds(t, rolled_back(kFull), 1000);
}

// One of the two is enough: the section is kept, or STOP is looked at again in the next one.
void section_may_end_while_waiting_for_room(Case& t)
{
	EXPECT(t, !explore(kFull, Without::kSectionKept));
	EXPECT(t, !explore(rolled_back(kFull), Without::kSectionKept));
}

void stop_may_be_missed_while_waiting_for_room(Case& t)
{
	EXPECT(t, !explore(kFull, Without::kLookInMakeRoom));
	EXPECT(t, !explore(rolled_back(kFull), Without::kLookInMakeRoom));
}

// STOP has to be set before it, that is all.
void grace_period_may_come_before_the_drain(Case& t)
{
	EXPECT(t, !explore(kOne, Without::kReadersLast));
	EXPECT(t, !explore(kFull, Without::kReadersLast));
	EXPECT(t, !explore(with_deviations(kAsync, 3), Without::kReadersLast));
}

// As above, and groups have as many members as there are producers.
void holds_in_groups(Case& t, const Plan& plan)
{
	holds(t, in_groups(plan), 1000);
	EXPECT(t, world.groups[1] > 0);
	EXPECT(t, world.groups[plan.producers] > 0);
}

void groups_of_two_at_every_point(Case& t)
{
	holds_in_groups(t, kTwo);
}

void groups_with_own_syncs_at_every_point(Case& t)
{
	Plan plan = kTwo;
	plan.own_syncs = true;
	holds_in_groups(t, plan);
}

void groups_of_two_with_batches_at_every_point(Case& t)
{
	Plan plan = kTwo;
	plan.batches = 2;
	holds_in_groups(t, plan);
}

void messages_of_groups_at_every_point(Case& t)
{
	Plan plan = kTwo;
	plan.method = SyncMethod::kMessage;
	holds_in_groups(t, plan);
	plan.batches = 2;
	holds_in_groups(t, plan);
}

void groups_of_three_at_every_point(Case& t)
{
	holds_in_groups(t, with_deviations(kThree, 2));
}

// Two batches of three slots find room for one.
void groups_in_a_full_queue_at_every_point(Case& t)
{
	holds(t, in_groups(kFull), 1000);
	EXPECT(t, world.singled_out > 0);
}

void rollback_of_groups_at_every_point(Case& t)
{
	holds_in_groups(t, rolled_back(kTwo));
	holds(t, in_groups(rolled_back(kFull)), 1000);
	holds(t, in_groups(rolled_back(with_deviations(kThree, 2))), 1000);
}

// PROD is written again, by the handler of the error, or by a producer or a suspend that waits.
void error_at_every_point(Case& t)
{
	holds(t, with_an_error(kOne), 1000);
	holds(t, with_an_error(kTwo), 1000);
	holds(t, with_an_error(kFull), 1000);
	holds(t, with_an_error(rolled_back(kFull)), 1000);
	EXPECT(t, world.serviced > 0);
}

// One has it when the error is serviced, and another one behind it.
void error_between_owners_at_every_point(Case& t)
{
	Plan plan = with_an_error(kTwo);
	plan.batches = 2;
	holds(t, plan, 1000);
	EXPECT(t, world.serviced > 0);
}

void error_of_groups_at_every_point(Case& t)
{
	holds_in_groups(t, with_an_error(kTwo));
	EXPECT(t, world.serviced > 0);
}

}  // namespace

TEST_SUITE(power_stepping, TEST_CASE(submission_at_every_point),
	   TEST_CASE(batch_without_sync_at_every_point), TEST_CASE(owner_gathers_at_every_point),
	   TEST_CASE(full_queue_at_every_point), TEST_CASE(messages_at_every_point),
	   TEST_CASE(rollback_at_every_point), TEST_CASE(section_may_end_while_waiting_for_room),
	   TEST_CASE(stop_may_be_missed_while_waiting_for_room),
	   TEST_CASE(grace_period_may_come_before_the_drain),
	   TEST_CASE(groups_of_two_at_every_point), TEST_CASE(groups_with_own_syncs_at_every_point),
	   TEST_CASE(groups_of_two_with_batches_at_every_point),
	   TEST_CASE(messages_of_groups_at_every_point), TEST_CASE(groups_of_three_at_every_point),
	   TEST_CASE(groups_in_a_full_queue_at_every_point),
	   TEST_CASE(rollback_of_groups_at_every_point), TEST_CASE(error_at_every_point),
	   TEST_CASE(error_between_owners_at_every_point),
	   TEST_CASE(error_of_groups_at_every_point));
