// SPDX-License-Identifier: GPL-2.0-only
// The command queue's power protocol, step by step: a suspend at every point of a submission, and a
// submission at every point of suspend and resume.  The SMMU is a CPU of its own among the others.
#include <optional>

#include "arm-smmu-v3/cmdq.hpp"
#include "core/atomic.hpp"
#include "kunit/host/stepping.hpp"
#include "kunit/test.hpp"
#include <cstdio>
#include <cstdlib>

using namespace smmu3;
using stepping::Scheduler;
using test::Case;

namespace {

constexpr u32 kLog2 = 2, kSlots = 1 << kLog2, kIndexMask = 2 * kSlots - 1;

// What is taken away from the protocol, one at a time.
enum class Without {
	kNothing,
	kSectionKept,        // whoever waits for room leaves the section in between
	kStopInMakeRoom,     // the same, and does not look for STOP
	kStopInReserve,      // nor who reserves
	kGracePeriod,        // power goes once the queue is drained
	kDrain,              // power goes once readers are gone
	kOwners,             // CONS reaching PROD counts as drained
	kStopKept,           // the release of OWNED clears STOP too
	kSettleAfterDrain,   // software's indices are settled before the drain
	kInvalidation,       // resume keeps what the TLB holds
	kOpenBeforeEnable,   // the gate opens only when the SMMU translates
	kDisableBeforeStop,  // STOP is set while the SMMU translates
};

// The SMMU: a command queue, one TLB entry, and a power switch.
struct Hardware {
	bool powered, command_enabled, translating;
	u32 prod, cons;
	Command slots[kSlots];
	u64 messages[Scheduler::kMaxCpus * 16];
	bool cached;
	u32 cached_pte;
};

struct World {
	Hardware smmu;
	Without without;
	const char* broken;
	bool stop_expected;
	u32 pte;  // what producers unmap
	u32 in_section[Scheduler::kMaxCpus], sections[Scheduler::kMaxCpus];
	bool impatient[Scheduler::kMaxCpus];  // the clock is past every deadline
	bool asked_time[Scheduler::kMaxCpus];
	bool consumed[64];
	bool entered[64];
	u32 next_id;
	u64 elided, issued, gave_up;  // over all interleavings
};

World world;

constexpr u64 kPoison = 0xdead;
constexpr u32 kPowerCpu = 0;

void broken(const char* what)
{
	if (!world.broken)
		world.broken = what;
	Scheduler::current->abandon();
}

struct FakeMmio {
	template <class R>
	R read() const
	{
		Scheduler::point(false);
		if (!world.smmu.powered)
			broken("a register is read without power");
		return R::from_raw(world.smmu.cons);
	}
	template <class R>
	R read_relaxed() const
	{
		return read<R>();
	}
	template <class R>
	void write_relaxed(R value)
	{
		static_assert(R::kOffset == CMDQ_PROD::kOffset);
		Scheduler::point(true);
		Hardware& smmu = world.smmu;
		const u32 prod = value.raw();
		if (!smmu.powered)
			broken("PROD is written without power");
		if (prod & ~kIndexMask)
			broken("a flag reaches PROD");
		if (((prod - smmu.prod) & kIndexMask) > kSlots ||
		    ((prod - smmu.cons) & kIndexMask) > kSlots)
			broken("PROD goes back, or beyond full");
		smmu.prod = prod & kIndexMask;
	}
};

template <typename T>
class SteppedAtomic : public core::Atomic<T> {
	using Base = core::Atomic<T>;
	static constexpr bool kWord = sizeof(T) == 8;

	// STOP, where a mutant does not look at it.
	static T blind(T value)
	{
		bool& asked = world.asked_time[Scheduler::cpu()];
		const bool in_make_room = asked;
		asked = false;
		const bool blind_here = in_make_room ? world.without == Without::kStopInMakeRoom
						     : world.without == Without::kStopInReserve;
		return kWord && blind_here && Scheduler::cpu() != kPowerCpu ? value & ~T{kStop}
									    : value;
	}

public:
	SteppedAtomic() = default;
	explicit SteppedAtomic(T value)
		: Base(value)
	{
	}

	T load_relaxed() const { return Scheduler::point(false), blind(Base::load_relaxed()); }
	T load_acquire() const { return Scheduler::point(false), Base::load_acquire(); }
	void store_relaxed(T value) { Scheduler::point(true), Base::store_relaxed(value); }
	void store_release(T value) { Scheduler::point(true), Base::store_release(value); }
	bool cas_relaxed(T& expected, T desired)
	{
		Scheduler::point(true);
		if (kWord && world.without == Without::kStopInReserve &&
		    Scheduler::cpu() != kPowerCpu)
			expected |= Base::load_relaxed() & kStop;
		// refresh_cons() of one who did not look: prod stays as it is.
		if (kWord && world.without == Without::kStopInMakeRoom &&
		    static_cast<u32>(expected) == static_cast<u32>(desired)) {
			const T stop = Base::load_relaxed() & kStop;
			expected |= stop;
			desired |= stop;
		}
		return Base::cas_relaxed(expected, desired);
	}
	T fetch_or(T bits) { return Scheduler::point(true), Base::fetch_or(bits); }
	T fetch_andnot(T bits) { return Scheduler::point(true), Base::fetch_andnot(bits); }
	T fetch_andnot_relaxed(T bits)
	{
		Scheduler::point(true);
		return Base::fetch_andnot_relaxed(world.without == Without::kStopKept ? bits | kStop
										      : bits);
	}
};

struct SteppedPlatform {
	template <typename T>
	using Atomic = SteppedAtomic<T>;
	using Mmio = FakeMmio;

	static void dma_mb() {}
	static void dma_wmb() {}
	static void cpu_relax() { Scheduler::relax(); }
	static void wait_for_event() { Scheduler::relax(); }
	static u64 now_ns()
	{
		world.asked_time[Scheduler::cpu()] = true;
		static constinit u64 later = 0;
		return world.impatient[Scheduler::cpu()] ? later += 2'000'000'000 : 0;
	}
	static u32 cpu() { return Scheduler::cpu(); }

	class ReadSection {
	public:
		ReadSection()
		{
			Scheduler::point(false);
			world.in_section[Scheduler::cpu()]++;
			world.asked_time[Scheduler::cpu()] = false;
		}
		~ReadSection()
		{
			Scheduler::point(true);
			world.in_section[Scheduler::cpu()]--;
			world.sections[Scheduler::cpu()]++;
		}
		ReadSection(const ReadSection&) = delete;
		ReadSection& operator=(const ReadSection&) = delete;
		void breathe()
		{
			const bool leave = world.without == Without::kStopInMakeRoom ||
					   world.without == Without::kSectionKept;
			const u32 cpu = Scheduler::cpu();
			Scheduler::point(true);
			if (leave) {
				world.in_section[cpu]--;
				world.sections[cpu]++;
			}
			Scheduler::relax();
			world.in_section[cpu] += leave;
		}
	};
};

using Queue = CommandQueue<SteppedPlatform>;

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
		world.pte = 1;
		for (Command& slot : world.smmu.slots)
			slot.words[0] = kPoison;
		world.smmu.powered = world.smmu.command_enabled = world.smmu.translating = true;
		auto ready = core::Array<SteppedAtomic<u32>>::allocate(kSlots);
		queue.emplace(mmio,
			      CommandQueueConfig{kLog2, method_, world.smmu.slots,
						 world.smmu.messages, 0},
			      std::move(*ready));
	}

	FakeMmio mmio;
	std::optional<Queue> queue;
	bool roll_back = false;  // the drain is given up
	u32 commands = 1;        // of each producer's batches
	u32 batches = 1;         // all but the last one without CMD_SYNC

private:
	SyncMethod method_;
};

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
	bool drained = true;
	world.impatient[Scheduler::cpu()] = bench.roll_back;
	if (without == Without::kOwners)
		while (smmu.cons != smmu.prod)
			Scheduler::relax();
	else if (without != Without::kDrain)
		drained = queue.drain(target, [] {}).has_value();
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
	if (without != Without::kGracePeriod)
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
		if (!smmu.powered || !smmu.command_enabled || smmu.prod == smmu.cons) {
			Scheduler::relax();
			continue;
		}
		Scheduler::point(true);
		Command& command = smmu.slots[smmu.cons % kSlots];
		const u64 op = command.words[0] & 0xff;
		if (command.words[0] == kPoison)
			return broken("a slot nobody filled is executed");
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

struct Plan {
	u32 producers, commands, batches, deviations;
	bool roll_back = false;
	SyncMethod method = SyncMethod::kRegister;
};

// The first thing that breaks, or nullptr when no interleaving breaks anything.
const char* explore(const Plan& plan, Without without, u64* runs = nullptr)
{
	Bench bench(plan.method);
	Scheduler scheduler(plan.deviations);
	world = {};
	world.without = without;
	bench.roll_back = plan.roll_back;
	bench.commands = plan.commands;
	bench.batches = plan.batches;
	scheduler.add(power, &bench);
	for (u32 i = 0; i < plan.producers; i++)
		scheduler.add(producer, &bench);
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
	if (runs)
		*runs = scheduler.runs();
	return found;
}

void holds(Case& t, const Plan& plan, u64 at_least)
{
	u64 runs = 0;
	const char* found = explore(plan, Without::kNothing, &runs);
	if (found)
		test_fail(&t, __FILE__, __LINE__, found, runs, 0);
	if (getenv("STEPS"))
		fprintf(stderr, "%llu interleavings\n", runs);
	EXPECT(t, runs >= at_least);
	EXPECT(t, world.issued > 0);
	if (plan.roll_back)
		EXPECT(t, world.gave_up > 0);
	else
		EXPECT(t, world.elided > 0);
}

void caught(Case& t, const Plan& plan, Without without)
{
	u64 runs = 0;
	const char* found = explore(plan, without, &runs);
	if (getenv("STEPS"))
		fprintf(stderr, "%llu interleavings: %s\n", runs, found ? found : "nothing");
	EXPECT(t, found);
}

constexpr Plan kOne{.producers = 1, .commands = 1, .batches = 1, .deviations = 3};
// Each batch and its CMD_SYNC take half the queue, or three quarters: the second finds it full.
constexpr Plan kFull{.producers = 2, .commands = 2, .batches = 1, .deviations = 2};
// A batch that nobody waits for, and one with CMD_SYNC.
constexpr Plan kAsync{.producers = 1, .commands = 1, .batches = 2, .deviations = 2};
constexpr Plan kTwo{.producers = 2, .commands = 1, .batches = 1, .deviations = 2};

void submission_at_every_point(Case& t)
{
	holds(t, kOne, 1000);
}

void batch_without_sync_at_every_point(Case& t)
{
	holds(t, kAsync, 1000);
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
	Plan plan = kFull;
	plan.roll_back = true;
	holds(t, plan, 1000);
}

// One of the two is enough: the section is kept, or STOP is looked at again in the next one.
void section_may_end_while_waiting_for_room(Case& t)
{
	EXPECT(t, !explore(kFull, Without::kSectionKept));
}

void mutant_without_stop_in_make_room_is_caught(Case& t)
{
	Plan plan = kFull;
	plan.deviations = 3;
	caught(t, plan, Without::kStopInMakeRoom);
}

void mutant_without_stop_in_reserve_is_caught(Case& t)
{
	caught(t, kOne, Without::kStopInReserve);
}

void mutant_without_grace_period_is_caught(Case& t)
{
	caught(t, kOne, Without::kGracePeriod);
}

void mutant_without_drain_is_caught(Case& t)
{
	caught(t, kAsync, Without::kDrain);
}

void mutant_without_owners_is_caught(Case& t)
{
	Plan plan = kAsync;
	plan.deviations = 3;
	caught(t, plan, Without::kOwners);
}

void mutant_that_clears_stop_with_owned_is_caught(Case& t)
{
	caught(t, kOne, Without::kStopKept);
}

void mutant_that_settles_before_the_drain_is_caught(Case& t)
{
	Plan plan = kFull;
	plan.roll_back = true;
	plan.deviations = 3;
	caught(t, plan, Without::kSettleAfterDrain);
}

void mutant_without_invalidation_is_caught(Case& t)
{
	caught(t, kOne, Without::kInvalidation);
}

void mutant_that_translates_before_it_opens_is_caught(Case& t)
{
	caught(t, kOne, Without::kOpenBeforeEnable);
}

void mutant_that_stops_before_translation_is_caught(Case& t)
{
	caught(t, kOne, Without::kDisableBeforeStop);
}

}  // namespace

TEST_SUITE(power_stepping, TEST_CASE(submission_at_every_point),
	   TEST_CASE(batch_without_sync_at_every_point), TEST_CASE(owner_gathers_at_every_point),
	   TEST_CASE(full_queue_at_every_point), TEST_CASE(messages_at_every_point),
	   TEST_CASE(rollback_at_every_point), TEST_CASE(section_may_end_while_waiting_for_room),
	   TEST_CASE(mutant_without_stop_in_make_room_is_caught),
	   TEST_CASE(mutant_without_stop_in_reserve_is_caught),
	   TEST_CASE(mutant_without_grace_period_is_caught),
	   TEST_CASE(mutant_without_drain_is_caught), TEST_CASE(mutant_without_owners_is_caught),
	   TEST_CASE(mutant_that_clears_stop_with_owned_is_caught),
	   TEST_CASE(mutant_that_settles_before_the_drain_is_caught),
	   TEST_CASE(mutant_without_invalidation_is_caught),
	   TEST_CASE(mutant_that_translates_before_it_opens_is_caught),
	   TEST_CASE(mutant_that_stops_before_translation_is_caught));
