// SPDX-License-Identifier: GPL-2.0-only
// An array that changes under its reader, in every interleaving: an element that remove_if() has removed is
// not used any more, and the copy that the writer changes has no reader.
#include <optional>

#include "core/rcu_array.hpp"
#include "kunit/host/stepped_readers.hpp"
#include "kunit/base/test.hpp"

namespace {

using stepping::Scheduler;
using test::Case;

struct World {
	bool removed[8] = {};  // elements that the writer has removed
	const char* broken = nullptr;
	u64 elements_read = 0;
};

constinit World world;

void broken(const char* what)
{
	if (!world.broken)
		world.broken = what;
	Scheduler::current->abandon();
}

using Numbers = core::RcuArray<u32, stepping::ReadersPlatform>;

void read(void* context)
{
	const Numbers& numbers = **static_cast<std::optional<Numbers>*>(context);
	for (int round = 0; round < 2; round++) {
		const stepping::ReadSection section;
		const auto elements = numbers.read();
		for (u32 i = 0; i < elements.size(); i++) {
			Scheduler::point(false);
			if (world.removed[elements[i]])
				broken("a removed element is used");
			world.elements_read++;
		}
	}
}

void change(void* context)
{
	Numbers& numbers = **static_cast<std::optional<Numbers>*>(context);
	numbers.add(2);
	for (u32 old : {1, 2}) {
		numbers.remove_if([&](u32 number) { return number == old; });
		Scheduler::point(true);
		world.removed[old] = true;
	}
	numbers.add(3);
}

// The first thing that breaks, or nullptr.
const char* explore(const stepping::Readers& without, u64* runs = nullptr)
{
	Scheduler scheduler(4);
	u64 elements_read = 0;
	std::optional<Numbers> numbers;
	scheduler.add(change, &numbers);
	scheduler.add(read, &numbers);
	for (bool more = true; more && !world.broken;) {
		scheduler.abandon();  // what every interleaving starts from is no part of it
		world = World();
		stepping::readers = without;
		numbers.emplace();
		if (!numbers->reserve(4))
			return "no memory";
		numbers->add(1);
		more = scheduler.run();
		elements_read += world.elements_read;
		if (scheduler.stuck())
			broken("the CPUs wait for each other");
	}
	world.elements_read = elements_read;
	if (runs)
		*runs = scheduler.runs();
	return world.broken;
}

void no_removed_element_is_read(Case& t)
{
	u64 runs = 0;
	EXPECT(t, !explore({}, &runs));
	EXPECT(t, runs > 1000);
	EXPECT(t, world.elements_read > runs);
}

void without_grace_period_one_is(Case& t)
{
	EXPECT(t, explore({.without_grace_periods = true}));
}

void without_section_one_is(Case& t)
{
	EXPECT(t, explore({.without_sections = true}));
}

}  // namespace

TEST_SUITE(rcu_array_stepping, TEST_CASE(no_removed_element_is_read),
	   TEST_CASE(without_grace_period_one_is), TEST_CASE(without_section_one_is));
