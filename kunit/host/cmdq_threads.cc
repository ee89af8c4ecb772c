// SPDX-License-Identifier: GPL-2.0-only
// The command queue with many producers at once, against a thread that is the hardware. Every command is
// executed once, those of one CPU in order, and before the CMD_SYNC that covers them has been waited for.
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "kunit/host/threaded.hpp"
#include "kunit/smmu/fixture/queue_bench.hpp"
#include "kunit/base/testos.h"

using namespace smmu3;
using test::Case;
using test::kSyncMethods;
using test::model_mutex;
using test::QueueBench;
using test::QueueHooks;
using test::SteeredQueue;
using test::threaded;

namespace {

constexpr u32 kMaxThreads = 8;
constexpr u32 kThreadShift = 40;
constexpr u64 kElisions = 10;  // where power is switched, at least
constexpr auto kIllegal = static_cast<Opcode>(0xff);

// xorshift
class Random {
public:
	explicit Random(u64 seed)
		: state_(seed * 0x9e37'79b9'7f4a'7c15 + 1)
	{
	}
	u32 below(u32 bound)
	{
		state_ ^= state_ << 13;
		state_ ^= state_ >> 7;
		state_ ^= state_ << 17;
		return static_cast<u32>(state_ >> 33) % bound;
	}

private:
	u64 state_;
};

// Lose the CPU now and then, at an atomic operation.
void mix()
{
	static thread_local Random random(std::hash<std::thread::id>{}(std::this_thread::get_id()));
	if (random.below(64) == 0)
		std::this_thread::yield();
}

// Half of all attempts to reserve fail.
bool compete()
{
	static thread_local Random random(std::hash<std::thread::id>{}(std::this_thread::get_id()));
	return random.below(2) == 0;
}

void yield()
{
	std::this_thread::yield();
}

struct Plan {
	SyncMethod method;
	u32 threads;
	u32 issues;  // of each thread
	u32 log2 = 7;
	u32 longest = 20;      // commands in one issue()
	bool aborts = false;   // fetches of commands fail now and then
	bool illegal = false;  // and some commands are wrong
	bool power = false;    // power goes and comes all the time
	bool groups = false;   // producers reserve in groups
};

class Stress {
public:
	Stress(Case& the_case, const Plan& plan)
		: t(the_case),
		  plan_(plan),
		  bench_(the_case, plan.method, plan.log2, threaded())
	{
		QueueHooks::relax = yield;
		QueueHooks::mixer = mix;
		QueueHooks::contended = plan.groups ? compete : nullptr;
		QueueHooks::ns_per_look = 1;  // no waiter times out because the machine is busy
		bench_.power_up();
	}

	void run();

	u64 commands() const { return commands_; }
	u64 elided() const { return elided_; }
	u32 times_full() { return bench_.queue().times_full(); }
	u64 errors() const { return errors_; }
	u64 issues() const { return issues_; }
	u64 prod_writes() const { return prod_writes_; }

private:
	void hardware();
	void look_at_log();
	void service_error();
	void produce(u32 me);
	void switch_power();
	static Command make(u32 thread, u64 number, bool wrong);

	Case& t;
	Plan plan_;
	QueueBench bench_;
	std::atomic<bool> quit_{false};
	std::atomic<u32> producing_{0};
	std::atomic<u64> executed_[kMaxThreads]{};
	std::atomic<u64> commands_{0}, elided_{0}, issues_{0};
	u64 logged_ = 0, errors_ = 0, prod_writes_ = 0;
};

Command Stress::make(u32 thread, u64 number, bool wrong)
{
	Command command = QueueBench::numbered(u64{thread} << kThreadShift | number);
	if (wrong)
		command.set<Command::Op>(kIllegal);
	return command;
}

void Stress::look_at_log()
{
	const auto& log = bench_.board.smmu.commands();
	for (; logged_ < log.total(); logged_++) {
		const model::Command& command = log.last(log.total() - 1 - logged_);
		if (command.op() == static_cast<u8>(Opcode::kSync))
			continue;
		const u64 number = QueueBench::number_of(command);
		const u32 thread = static_cast<u32>(number >> kThreadShift);
		if (!EXPECT(t, thread < plan_.threads))
			continue;
		EXPECT_EQ(t, number & ((u64{1} << kThreadShift) - 1), executed_[thread].load());
		executed_[thread].fetch_add(1);
	}
}

void Stress::service_error()
{
	errors_++;
	bench_.queue().handle_error();
	const std::lock_guard guard(model_mutex);
	auto& smmu = bench_.board.smmu;
	smmu.write32(GERRORN::kOffset, smmu.read32(GERROR::kOffset));
}

void Stress::hardware()
{
	Random random(77);
	while (!quit_) {
		bool error, idle = true;
		{
			const std::lock_guard guard(model_mutex);
			auto& smmu = bench_.board.smmu;
			if (plan_.aborts && random.below(100) == 0)
				smmu.fail_command(model::Cerror::ABT, random.below(50));
			// One by one, so that a thread that sees a CMD_SYNC complete sees what came before.
			for (u32 i = random.below(40); i && smmu.step(1); i--) {
				look_at_log();
				idle = false;
			}
			look_at_log();
			error = (smmu.regs().gerror ^ smmu.regs().gerrorn) &
				GERROR::CMDQ_ERR::kMask;
		}
		if (error)
			service_error();
		if (idle)
			std::this_thread::yield();
	}
}

void Stress::produce(u32 me)
{
	Random random(me + 1);
	u64 next = 0;
	Command commands[SteeredQueue::kMaxCommands];
	// On a busy machine power may be switched late.
	for (u32 i = 0; i < plan_.issues || (plan_.power && elided_ <= kElisions);) {
		const bool sync = random.below(4) == 0;
		const u32 count = random.below(plan_.longest) + !sync;
		for (u32 k = 0; k < count; k++)
			commands[k] = make(me, next + k, plan_.illegal && random.below(500) == 0);
		const auto outcome = bench_.queue().issue(
			std::span(commands, count), sync ? Completion::kSync : Completion::kNone);
		if (!EXPECT(t, outcome))
			break;
		if (*outcome == Outcome::kElided) {
			elided_++;
			std::this_thread::yield();
			continue;
		}
		i++;
		next += count;
		issues_++;
		if (sync && !EXPECT_EQ(t, executed_[me].load(), next))
			break;
	}
	// Whatever is left, unless the power is off for good.
	const auto outcome = bench_.queue().issue({}, Completion::kSync);
	EXPECT(t, outcome);
	EXPECT(t, (outcome && *outcome == Outcome::kElided) || executed_[me].load() == next);
	commands_ += next;
	producing_--;
}

// Suspend and resume as the core does it, without a pause. The model complains about a thread that
// touches a register in between, and about commands left in the queue.
void Stress::switch_power()
{
	auto& smmu = bench_.board.smmu;
	Random random(5);
	while (producing_) {
		for (u32 i = random.below(200); i; i--)
			std::this_thread::yield();
		const u32 target = bench_.queue().stop();
		EXPECT(t, bench_.queue().drain(target));
		os_synchronize();
		{
			const std::lock_guard guard(model_mutex);
			smmu.write32(CR0::kOffset, 0);
			smmu.power_off();
		}
		bench_.queue().settle();
		EXPECT_EQ(t, bench_.queue().position(), target);
		for (u32 i = random.below(50); i; i--)
			std::this_thread::yield();
		{
			const std::lock_guard guard(model_mutex);
			smmu.power_on();
		}
		bench_.power_up();
	}
}

void Stress::run()
{
	producing_ = plan_.threads;
	std::thread hardware_thread([this] { hardware(); });
	std::vector<std::thread> producers;
	for (u32 i = 0; i < plan_.threads; i++)
		producers.emplace_back([this, i] { produce(i); });
	if (plan_.power)
		switch_power();
	for (std::thread& producer : producers)
		producer.join();
	quit_ = true;
	hardware_thread.join();
	u64 executed = 0;
	for (const auto& one : executed_)
		executed += one;
	EXPECT_EQ(t, executed, commands_.load());
	prod_writes_ = bench_.board.smmu.stats().writes;
}

void producers_by_register(Case& t)
{
	Stress stress(t, {.method = SyncMethod::kRegister, .threads = 4, .issues = 10000});
	stress.run();
	EXPECT(t, stress.commands() > 300'000);
}

void producers_by_event(Case& t)
{
	Stress stress(t, {.method = SyncMethod::kEvent, .threads = 3, .issues = 3000});
	stress.run();
}

void producers_by_message(Case& t)
{
	Stress stress(t, {.method = SyncMethod::kMessage, .threads = 8, .issues = 6000});
	stress.run();
	EXPECT(t, stress.commands() > 400'000);
}

// Small batches in a large queue: many reserve behind one owner.
void owners_gather(Case& t)
{
	Stress stress(t, {.method = SyncMethod::kMessage,
			  .threads = 8,
			  .issues = 6000,
			  .log2 = 12,
			  .longest = 2});
	stress.run();
	// Fewer writes of PROD than issues: some were published by others.
	EXPECT(t, stress.prod_writes() + 100 < stress.issues());
}

void small_queue_is_full_all_the_time(Case& t)
{
	Stress stress(
		t, {.method = SyncMethod::kRegister, .threads = 6, .issues = 1500, .longest = 63});
	stress.run();
	EXPECT(t, stress.times_full() > 100);
}

void positions_wrap_under_load(Case& t)
{
	QueueHooks::start = (1u << 30) - 20'000;
	Stress stress(t, {.method = SyncMethod::kMessage, .threads = 4, .issues = 2000});
	stress.run();
	EXPECT(t, stress.commands() > 40'000);
}

void errors_under_load(Case& t)
{
	for (SyncMethod method : {SyncMethod::kRegister, SyncMethod::kMessage}) {
		Stress stress(t, {.method = method,
				  .threads = 4,
				  .issues = 1500,
				  .aborts = true,
				  .illegal = true});
		stress.run();
		EXPECT(t, stress.errors() > 20);
	}
}

void power_under_load(Case& t)
{
	for (SyncMethod method : {SyncMethod::kRegister, SyncMethod::kMessage})
		for (u32 longest : {3u, 63u}) {
			Stress stress(t, {.method = method,
					  .threads = 4,
					  .issues = 1500,
					  .longest = longest,
					  .power = true});
			stress.run();
			EXPECT(t, stress.elided() > kElisions);
		}
}

void run_groups(Case& t, SyncMethod method)
{
	Stress stress(t, {.method = method, .threads = 8, .issues = 3000, .groups = true});
	stress.run();
	EXPECT(t, QueueHooks::reservations + 100 < stress.issues());
}

void producers_in_groups(Case& t)
{
	for (SyncMethod method : kSyncMethods)
		run_groups(t, method);
}

void groups_without_a_shared_sync(Case& t)
{
	QueueHooks::own_syncs = true;
	run_groups(t, SyncMethod::kMessage);
}

// Few slots, so that groups find room for one member or for none.
void groups_without_room(Case& t)
{
	Stress stress(t, {.method = SyncMethod::kRegister,
			  .threads = 6,
			  .issues = 1500,
			  .longest = 63,
			  .groups = true});
	stress.run();
	EXPECT(t, stress.times_full() > 100);
}

void errors_in_groups(Case& t)
{
	Stress stress(t, {.method = SyncMethod::kMessage,
			  .threads = 4,
			  .issues = 1500,
			  .aborts = true,
			  .illegal = true,
			  .groups = true});
	stress.run();
	EXPECT(t, stress.errors() > 20);
}

void power_with_groups(Case& t)
{
	QueueHooks::start = (1u << 30) - 10'000;
	for (SyncMethod method : {SyncMethod::kRegister, SyncMethod::kMessage})
		for (u32 longest : {3u, 63u}) {
			Stress stress(t, {.method = method,
					  .threads = 6,
					  .issues = 1500,
					  .longest = longest,
					  .power = true,
					  .groups = true});
			stress.run();
			EXPECT(t, stress.elided() > kElisions);
		}
}

// The SMMU consumes nothing.  Each producer finds the queue full and times out by itself, whether it has led
// a group or was a member of one.
void leader_that_times_out_leaves_its_members(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, threaded());
	QueueHooks::relax = yield;
	QueueHooks::mixer = mix;
	QueueHooks::contended = compete;
	QueueHooks::ns_per_look = test::kMs;
	bench.power_up();
	std::atomic<u32> issued{0}, timeouts{0};
	std::vector<std::thread> producers;
	for (u32 me = 0; me < kMaxThreads; me++)
		producers.emplace_back([&] {
			const auto command = std::array{QueueBench::numbered(0)};
			core::Result<Outcome> outcome = Outcome::kIssued;
			while ((outcome = bench.queue().issue(command, Completion::kNone)))
				issued++;
			timeouts += outcome.error() == core::Errno::kTimedOut;
		});
	for (std::thread& producer : producers)
		producer.join();
	EXPECT_EQ(t, timeouts.load(), kMaxThreads);
	EXPECT_EQ(t, issued.load(), 128);
	EXPECT_EQ(t, bench.queue().position(), 128);
	bench.board.smmu.step();
	EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), 128);
	EXPECT(t, bench.queue().issue(std::array{QueueBench::numbered(0)}, Completion::kNone));
}

void power_across_the_wrap(Case& t)
{
	QueueHooks::start = (1u << 30) - 10'000;
	Stress stress(
		t, {.method = SyncMethod::kMessage, .threads = 4, .issues = 1500, .power = true});
	stress.run();
	EXPECT(t, stress.elided() > kElisions);
}

}  // namespace

TEST_SUITE(cmdq_threads, TEST_CASE(producers_by_register), TEST_CASE(producers_by_event),
	   TEST_CASE(producers_by_message), TEST_CASE(owners_gather),
	   TEST_CASE(small_queue_is_full_all_the_time), TEST_CASE(positions_wrap_under_load),
	   TEST_CASE(errors_under_load), TEST_CASE(power_under_load),
	   TEST_CASE(power_across_the_wrap), TEST_CASE(producers_in_groups),
	   TEST_CASE(groups_without_a_shared_sync), TEST_CASE(groups_without_room),
	   TEST_CASE(errors_in_groups), TEST_CASE(power_with_groups),
	   TEST_CASE(leader_that_times_out_leaves_its_members));
