// SPDX-License-Identifier: GPL-2.0-only
// The power protocol with one thing taken away at a time: some interleaving must show it.
#include "kunit/host/stepped_power.hpp"

using namespace stepping;
using test::Case;

namespace {

void without_stop_in_make_room(Case& t)
{
	EXPECT(t, explore(with_deviations(kFull, 3), Without::kStopInMakeRoom));
}

void without_stop_in_reserve(Case& t)
{
	EXPECT(t, explore(kOne, Without::kStopInReserve));
}

void that_polls_outside_the_section(Case& t)
{
	EXPECT(t, explore(kOne, Without::kPollingInSection));
}

void without_grace_period(Case& t)
{
	EXPECT(t, explore(kOne, Without::kGracePeriod));
}

void without_drain(Case& t)
{
	EXPECT(t, explore(kAsync, Without::kDrain));
}

void without_owners(Case& t)
{
	EXPECT(t, explore(with_deviations(kAsync, 3), Without::kOwners));
}

void that_clears_stop_with_owned(Case& t)
{
	EXPECT(t, explore(kOne, Without::kStopKept));
}

void that_takes_stop_for_a_position(Case& t)
{
	EXPECT(t, explore(kOne, Without::kStopMasked));
}

void that_settles_before_the_drain(Case& t)
{
	EXPECT(t, explore(with_deviations(rolled_back(kFull), 3), Without::kSettleAfterDrain));
}

void without_invalidation(Case& t)
{
	EXPECT(t, explore(kOne, Without::kInvalidation));
}

void that_translates_before_it_opens(Case& t)
{
	EXPECT(t, explore(kOne, Without::kOpenBeforeEnable));
}

void that_stops_before_translation(Case& t)
{
	EXPECT(t, explore(kOne, Without::kDisableBeforeStop));
}

constexpr Plan kGroups{
	.producers = 2, .commands = 1, .batches = 2, .deviations = 3, .grouped = true};

void whose_leader_overlooks_stop(Case& t)
{
	EXPECT(t, explore(in_groups(kOne), Without::kStopInReserve));
}

void whose_leader_overtakes_the_last_group(Case& t)
{
	EXPECT(t, explore(kGroups, Without::kGroupRead));
}

void whose_leader_keeps_its_turn(Case& t)
{
	EXPECT(t, explore(in_groups(kOne), Without::kTurnPassed));
	EXPECT(t, explore(kGroups, Without::kTurnPassed));
}

void that_gives_a_ticket_twice(Case& t)
{
	EXPECT(t, explore(kGroups, Without::kTicket));
}

void whose_handler_writes_prod_without_owned(Case& t)
{
	EXPECT(t, explore(with_an_error(kTwo), Without::kOwnedAgain));
}

void whose_handler_overtakes_an_owner(Case& t)
{
	EXPECT(t, explore(with_an_error(kTwo), Without::kPublishedAgain));
}

void whose_handler_clears_owned_before_prod(Case& t)
{
	EXPECT(t, explore(with_an_error(with_deviations(kAsync, 3)), Without::kWrittenAgain));
}

}  // namespace

TEST_SUITE(power_mutants, TEST_CASE(without_stop_in_make_room), TEST_CASE(without_stop_in_reserve),
	   TEST_CASE(that_polls_outside_the_section), TEST_CASE(without_grace_period),
	   TEST_CASE(without_drain), TEST_CASE(without_owners),
	   TEST_CASE(that_clears_stop_with_owned), TEST_CASE(that_takes_stop_for_a_position),
	   TEST_CASE(that_settles_before_the_drain), TEST_CASE(without_invalidation),
	   TEST_CASE(that_translates_before_it_opens), TEST_CASE(that_stops_before_translation),
	   TEST_CASE(whose_leader_overlooks_stop), TEST_CASE(whose_leader_overtakes_the_last_group),
	   TEST_CASE(whose_leader_keeps_its_turn), TEST_CASE(that_gives_a_ticket_twice),
	   TEST_CASE(whose_handler_writes_prod_without_owned),
	   TEST_CASE(whose_handler_overtakes_an_owner),
	   TEST_CASE(whose_handler_clears_owned_before_prod));
