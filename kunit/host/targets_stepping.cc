// SPDX-License-Identifier: GPL-2.0-only
// A device that is attached, detached and attached again, while a CPU unmaps its page and the device does DMA, in
// every interleaving: no DMA goes by a translation that an unmap has ended, and no flush uses an SMMU that has
// gone.  The order is that of Master::attach() and Domain::leave(), over the list that Targets has.
#include <optional>

#include "core/rcu_array.hpp"
#include "kunit/host/stepped_readers.hpp"
#include "kunit/base/test.hpp"

namespace {

using stepping::Scheduler;
using test::Case;

// What is taken away from the order, one at a time.
enum class Without {
	kNothing,
	kTargetFirst,       // the STE leads to the domain before the list has the SMMU
	kTargetLast,        // the list loses the SMMU while the STE still leads to the domain
	kLastInvalidation,  // the SMMU keeps translations with a tag that it is no target for
	kGracePeriod,       // the SMMU goes while a flush may use it
	kSection,           // a flush reads the list outside of a section
};

using Targets = core::RcuArray<u32, stepping::ReadersPlatform>;

struct World {
	Without without = Without::kNothing;
	bool ste = false;         // leads to the page table
	bool cached_ste = false;  // and so does what the SMMU has of it
	bool present = true;      // the SMMU
	u32 pte = 1, tlb = 0;     // which page; 0 for none
	u32 freed = 0;            // the page that has another owner
	const char* broken = nullptr;
	u64 dma = 0, flushes = 0;
};

constinit World world;

void broken(const char* what)
{
	if (!world.broken)
		world.broken = what;
	Scheduler::current->abandon();
}

// With CMD_SYNC, so that it is in force at once.
void write_ste(bool leads)
{
	Scheduler::point(true);
	world.ste = leads;
	Scheduler::point(true);
	world.cached_ste = leads && world.cached_ste;
}

void invalidate()
{
	Scheduler::point(true);
	world.tlb = 0;
}

void attach(Targets& targets)
{
	if (world.without == Without::kTargetFirst)
		write_ste(true);
	targets.add(1);
	write_ste(true);
}

void detach(Targets& targets)
{
	const auto remove = [&] { targets.remove_if([](u32) { return true; }); };
	if (world.without == Without::kTargetLast)
		remove();
	write_ste(false);
	if (world.without != Without::kLastInvalidation)
		invalidate();
	remove();
}

void group(void* context)
{
	Targets& targets = **static_cast<std::optional<Targets>*>(context);
	attach(targets);
	detach(targets);
	attach(targets);
	detach(targets);
	Scheduler::point(true);
	world.present = false;
}

// Moves the page, and gives the old one away.
void unmap(void* context)
{
	const Targets& targets = **static_cast<std::optional<Targets>*>(context);
	Scheduler::point(true);
	world.pte = 2;
	{
		const stepping::ReadSection section;
		for ([[maybe_unused]] u32 target : targets.read()) {
			Scheduler::point(true);
			if (!world.present)
				broken("a flush uses an SMMU that has gone");
			world.tlb = 0;
			world.flushes++;
		}
	}
	Scheduler::point(true);
	world.freed = 1;
}

// The device and its SMMU.
void dma(void*)
{
	while (Scheduler::current->others_running()) {
		Scheduler::point(true);
		world.cached_ste = world.cached_ste || world.ste;
		if (world.cached_ste) {
			if (!world.tlb)
				world.tlb = world.pte;
			if (world.tlb == world.freed)
				broken("a stale translation is in use");
			world.dma++;
		}
		Scheduler::relax();
	}
}

// The first thing that breaks, or nullptr.
const char* explore(Without without, u64* runs = nullptr)
{
	Scheduler scheduler(3);
	u64 transactions = 0, flushes = 0;
	std::optional<Targets> targets;
	scheduler.add(group, &targets);
	scheduler.add(unmap, &targets);
	scheduler.add(dma, nullptr);
	for (bool more = true; more && !world.broken;) {
		scheduler.abandon();  // what every interleaving starts from is no part of it
		world = World();
		world.without = without;
		stepping::readers = {.without_sections = without == Without::kSection,
				     .without_grace_periods = without == Without::kGracePeriod};
		targets.emplace();
		if (!targets->reserve(1))
			return "no memory";
		more = scheduler.run();
		transactions += world.dma;
		flushes += world.flushes;
		if (scheduler.stuck())
			broken("the CPUs wait for each other");
	}
	const char* found = world.broken;
	world = World();
	world.dma = transactions;
	world.flushes = flushes;
	if (runs)
		*runs = scheduler.runs();
	return found;
}

void no_stale_translation_is_used(Case& t)
{
	u64 runs = 0;
	const char* found = explore(Without::kNothing, &runs);
	if (found)
		test_fail(&t, __FILE__, __LINE__, found, runs, 0);
	EXPECT(t, runs > 1000);
	EXPECT(t, world.dma > 1000);
	EXPECT(t, world.flushes > 100);
}

void one_is_if_the_ste_is_written_first(Case& t)
{
	EXPECT(t, explore(Without::kTargetFirst));
}

void one_is_if_the_target_is_removed_first(Case& t)
{
	EXPECT(t, explore(Without::kTargetLast));
}

void one_is_without_the_last_invalidation(Case& t)
{
	EXPECT(t, explore(Without::kLastInvalidation));
}

void smmu_is_used_too_late_without_the_grace_period(Case& t)
{
	EXPECT(t, explore(Without::kGracePeriod));
}

void smmu_is_used_too_late_without_the_section(Case& t)
{
	EXPECT(t, explore(Without::kSection));
}

}  // namespace

TEST_SUITE(targets_stepping, TEST_CASE(no_stale_translation_is_used),
	   TEST_CASE(one_is_if_the_ste_is_written_first),
	   TEST_CASE(one_is_if_the_target_is_removed_first),
	   TEST_CASE(one_is_without_the_last_invalidation),
	   TEST_CASE(smmu_is_used_too_late_without_the_grace_period),
	   TEST_CASE(smmu_is_used_too_late_without_the_section));
