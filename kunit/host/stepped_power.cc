// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/host/stepped_power.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace stepping {
namespace {

// Everything one interleaving starts from.
struct Bench {
	explicit Bench(SyncMethod method)
		: method_(method)
	{
	}

	void reset()
	{
		const World before = world;
		world = {};
		world.without = before.without;
		world.elided = before.elided;
		world.issued = before.issued;
		world.gave_up = before.gave_up;
		std::ranges::copy(before.groups, world.groups);
		world.singled_out = before.singled_out;
		world.serviced = before.serviced;
		world.grouped = grouped;
		world.smmu.fails = errors;
		mmio.errack = 0;
		world.pte = 1;
		for (Command& slot : world.smmu.slots)
			slot.words[0] = kPoison;
		world.smmu.messages[Scheduler::kMaxCpus * 16] = kOldMessage;
		world.smmu.powered = world.smmu.command_enabled = world.smmu.translating = true;
		auto ready = core::Array<SteppedAtomic<u32>>::allocate(kSlots);
		queue.emplace(mmio,
			      CommandQueueConfig{kLog2, method_, world.smmu.slots,
						 world.smmu.messages, 0, Scheduler::kMaxCpus,
						 !own_syncs, attend, this},
			      std::move(*ready));
	}

	// As ErrorHandler::handle_gerror(), which reads a register.
	static void attend(void* context)
	{
		auto& bench = *static_cast<Bench*>(context);
		bench.mmio.read<CMDQ_CONS>();
		bench.service();
	}
	bool fails() const { return world.smmu.err != mmio.errack; }
	void service()
	{
		if (!fails() || world.servicing)
			return;
		world.servicing = world.again[Scheduler::cpu()] = true;
		queue->publish_again([this] { mmio.errack = world.smmu.err; });
		world.again[Scheduler::cpu()] = world.servicing = false;
		world.serviced++;
	}

	FakeMmio mmio;
	std::optional<Queue> queue;
	bool roll_back = false;  // the drain is given up
	u32 commands = 1;        // of each producer's batches
	u32 batches = 1;         // all but the last one without CMD_SYNC
	bool grouped = false;    // producers reserve in groups
	bool errors = false;     // the first command fails
	bool own_syncs = false;  // and share no CMD_SYNC

private:
	SyncMethod method_;
};

constinit Bench* the_bench = nullptr;

void synchronize()
{
	u32 seen[Scheduler::kMaxCpus];
	bool inside[Scheduler::kMaxCpus];
	Scheduler::point(false);
	for (u32 i = 0; i < Scheduler::kMaxCpus; i++) {
		seen[i] = world.sections[i];
		inside[i] = world.in_section[i];
	}
	for (u32 i = 0; i < Scheduler::kMaxCpus; i++)
		while (inside[i] && world.sections[i] == seen[i])
			Scheduler::relax();
}

void expect_stop(Bench& bench)
{
	if (!bench.queue->stopped())
		broken("STOP is lost");
}

void resume(Bench& bench)
{
	Hardware& smmu = world.smmu;
	Queue& queue = *bench.queue;
	const auto enable = [&] {
		Scheduler::point(true);
		smmu.translating = true;
	};
	Scheduler::point(true);
	smmu.powered = smmu.command_enabled = true;
	smmu.prod = smmu.cons = queue.hardware_index();
	if (world.without == Without::kOpenBeforeEnable) {
		smmu.cached = false;  // as if invalidated by other means
		enable();
		queue.open();
		return;
	}
	queue.open();
	if (world.without != Without::kInvalidation)
		(void)queue.issue(std::array{Command::of(Opcode::kTlbiNsnhAll)}, Completion::kSync);
	enable();
}

// Power management's CPU.
void power(void* context)
{
	auto& bench = *static_cast<Bench*>(context);
	Queue& queue = *bench.queue;
	Hardware& smmu = world.smmu;
	const Without without = world.without;
	u32 target = 0;
	if (without == Without::kDisableBeforeStop)
		target = queue.stop();
	Scheduler::point(true);
	smmu.translating = false;
	if (without != Without::kDisableBeforeStop)
		target = queue.stop();
	expect_stop(bench);
	if (without == Without::kSettleAfterDrain)
		queue.settle();
	if (without == Without::kReadersLast)
		synchronize();
	bool drained = true;
	world.impatient[Scheduler::cpu()] = bench.roll_back;
	if (without == Without::kOwners)
		while (smmu.cons != smmu.prod)
			Scheduler::relax();
	else if (without != Without::kDrain)
		drained = queue.drain(target).has_value();
	world.impatient[Scheduler::cpu()] = false;
	if (!drained) {
		world.gave_up++;
		queue.open();
		(void)queue.issue(std::array{Command::of(Opcode::kTlbiNsnhAll)}, Completion::kSync);
		Scheduler::point(true);
		smmu.translating = true;
		return;
	}
	expect_stop(bench);
	if (without != Without::kGracePeriod && without != Without::kReadersLast)
		synchronize();
	expect_stop(bench);
	if (without != Without::kSettleAfterDrain)
		queue.settle();
	Scheduler::point(true);
	if (smmu.prod != smmu.cons)
		broken("power goes with commands in the queue");
	smmu.powered = smmu.command_enabled = false;
	smmu.prod = smmu.cons = 0x5a;  // what registers hold now is anything
	Scheduler::point(true);
	expect_stop(bench);
	if (queue.position() % kSlots != queue.hardware_index() % kSlots)
		broken("the indices are not settled");
	resume(bench);
}

// Unmaps and invalidates.
void producer(void* context)
{
	auto& bench = *static_cast<Bench*>(context);
	for (u32 batch = 0; batch < bench.batches; batch++) {
		Command commands[kSlots];
		const u32 first = world.next_id;
		world.next_id += bench.commands;
		for (u32 i = 0; i < bench.commands; i++)
			commands[i] = Command::of(Opcode::kTlbiNhVa)
					      .with<Command::InputAddress>(u64{first + i} << 12);
		Scheduler::point(true);
		const u32 mine = ++world.pte;
		const bool sync = batch + 1 == bench.batches;
		const auto outcome =
			bench.queue->issue(std::span(commands, bench.commands),
					   sync ? Completion::kSync : Completion::kNone);
		if (!outcome)
			return broken("a submission times out");
		const bool issued = *outcome == Outcome::kIssued;
		(issued ? world.issued : world.elided)++;
		for (u32 i = first; i < first + bench.commands; i++) {
			world.entered[i] = issued;
			if (issued && sync && !world.consumed[i])
				broken("a CMD_SYNC completes before its commands");
		}
		if (!issued || sync)
			if (world.smmu.translating && world.smmu.cached &&
			    world.smmu.cached_pte < mine)
				broken("a stale translation is in use");
	}
}

// The interrupt of an error.
void handler(void* context)
{
	auto& bench = *static_cast<Bench*>(context);
	while (world.smmu.fails && Scheduler::current->others_running() > 1)
		Scheduler::relax();
	SteppedPlatform::ReadSection section;
	bench.service();
}

// Looks at page tables when it may, and takes commands one by one.
void hardware(void*)
{
	Hardware& smmu = world.smmu;
	while (Scheduler::current->others_running() || smmu.prod != smmu.cons) {
		Scheduler::point(false);
		if (smmu.translating && !smmu.cached) {
			smmu.cached = true;
			smmu.cached_pte = world.pte;
		}
		if (!smmu.powered || !smmu.command_enabled || smmu.prod == smmu.cons ||
		    smmu.err != smmu.errack) {
			Scheduler::relax();
			continue;
		}
		Scheduler::point(true);
		if (smmu.fails) {
			smmu.fails = false;
			smmu.err ^= 1;
			continue;
		}
		Command& command = smmu.slots[smmu.cons % kSlots];
		const u64 op = command.words[0] & 0xff;
		if (command.words[0] == kPoison)
			return broken("a slot that no producer filled is executed");
		if (op == static_cast<u64>(Opcode::kTlbiNhVa)) {
			bool& consumed = world.consumed[command.words[1] >> 12];
			if (consumed)
				broken("a command is executed twice");
			consumed = true;
		}
		if (op != static_cast<u64>(Opcode::kSync))
			smmu.cached = false;
		const Command done = command;
		command.words[0] = kPoison;
		smmu.cons = (smmu.cons + 1) & kIndexMask;
		if (op == static_cast<u64>(Opcode::kSync) && (done.words[0] >> 12 & 3) == 1)
			smmu.messages[done.get<Command::MSIAddress>() / 8] = done.words[0] >> 32;
	}
}

}  // namespace

const char* explore(const Plan& plan, Without without, u64* runs)
{
	Bench bench(plan.method);
	Scheduler scheduler(plan.deviations);
	world = {};
	world.without = without;
	bench.roll_back = plan.roll_back;
	bench.commands = plan.commands;
	bench.batches = plan.batches;
	bench.grouped = plan.grouped;
	bench.errors = plan.errors;
	bench.own_syncs = plan.own_syncs;
	the_bench = &bench;
	position_now = [] { return the_bench->queue->position(); };
	clear_owned = [] { the_bench->queue->gate().word.core::Atomic<u64>::fetch_andnot(kOwned); };
	scheduler.add(power, &bench);
	for (u32 i = 0; i < plan.producers; i++)
		scheduler.add(producer, &bench);
	if (plan.errors)
		scheduler.add(handler, &bench);
	scheduler.add(hardware, nullptr);

	const char* found = nullptr;
	bool more = true;
	while (more && !found) {
		scheduler.abandon();  // constructing the queue is no part of it
		bench.reset();
		(void)bench.queue->open();
		more = scheduler.run();
		if (!more)
			break;
		if (scheduler.stuck() && !world.broken)
			world.broken = "CPUs wait for each other for ever";
		for (u32 i = 0; i < world.next_id && !world.broken; i++)
			if (world.entered[i] != world.consumed[i])
				world.broken =
					"a command is lost, or one that was left out is executed";
		if (!world.broken && world.smmu.translating && world.smmu.cached &&
		    world.smmu.cached_pte != world.pte)
			world.broken = "a stale translation stays";
		found = world.broken;
	}
	if (getenv("STEPS"))
		fprintf(stderr, "%llu interleavings: %s\n", scheduler.runs(),
			found ? found : "nothing");
	if (runs)
		*runs = scheduler.runs();
	return found;
}

}  // namespace stepping
