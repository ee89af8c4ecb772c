// SPDX-License-Identifier: GPL-2.0-only
// The turns of producers, step by step: each gets its own, whichever line it waits for.
#include <optional>

#include "kunit/base/test.hpp"
#include "kunit/host/stepped_platform.hpp"

using namespace stepping;
using test::Case;

namespace {

struct Bench {
	u32 entries;  // of each producer
	std::optional<Turns<SteppedPlatform>> turns;
	u32 next;  // the ticket that has the turn
};

// Passes its turn on.
void producer(void* context)
{
	auto& bench = *static_cast<Bench*>(context);
	const Ticket ticket = bench.turns->take({bench.entries, 0});
	Served served = bench.turns->served(ticket);
	for (; served.ticket != ticket.number(); served = bench.turns->served(ticket))
		Scheduler::relax();
	if (served.ticket != bench.next)
		broken("a turn is taken twice");
	bench.next += bench.entries;
	bench.turns->serve(served.ticket, served.after(bench.entries));
}

const char* explore(u32 entries)
{
	Bench bench{entries, {}, 0};
	Scheduler scheduler(2);
	for (u32 i = 0; i < 3; i++)
		scheduler.add(producer, &bench);
	for (;;) {
		scheduler.abandon();  // constructing is no part of it
		world = {};
		bench.turns.emplace();
		bench.next = static_cast<u32>(bench.turns->take({0, 0}).raw);
		if (!scheduler.run())
			return nullptr;
		if (world.broken)
			return world.broken;
		if (scheduler.stuck())
			return "a turn is lost";
	}
}

// A leader writes the line of the next one last.  Its other lines may be those of the leaders behind.
void each_gets_its_turn(Case& t)
{
	for (u32 entries : {1u, 2u, 7u, 8u, 9u, 24u, 31u, 32u, 40u, 64u, 65u}) {
		const char* found = explore(entries);
		if (found)
			test_fail(&t, __FILE__, __LINE__, found, entries, 0);
	}
}

}  // namespace

TEST_SUITE(turns_stepping, TEST_CASE(each_gets_its_turn));
