// SPDX-License-Identifier: GPL-2.0-only
// Waits of a producer: for a CMD_SYNC, for room, and how the gate ends them.
#include "arm-smmu-v3/cmdq.hpp"

#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace smmu3;
using test::Case;
using test::deferred;
using test::kMs;
using test::kSyncMethods;
using test::QueueBench;
using test::QueueHooks;
using test::SteeredQueue;

namespace {

// issue() with a CMD_SYNC returns after everything before it, however the SMMU says so.
void sync_means_executed(Case& t)
{
	for (SyncMethod method : kSyncMethods) {
		QueueBench bench(t, method, 7, deferred());
		bench.step_while_waiting();
		bench.power_up();
		for (u32 round = 0; round < 200; round++) {
			if (round % 5)
				bench.issue(round % 11, Completion::kNone);
			bench.issue(round % 7, Completion::kSync);
			bench.check_order();
			EXPECT_EQ(t, bench.expected, bench.next);
			EXPECT(t, bench.board.smmu.regs().cmdq.empty());
		}
		const bool by_event = method == SyncMethod::kEvent;
		EXPECT_EQ(t, bench.board.smmu.stats().sevs, by_event ? 200 : 0);
		EXPECT_EQ(t, bench.board.smmu.msis().total(),
			  method == SyncMethod::kMessage ? 200 : 0);
		// Without polling, CONS is only looked at once in a lap, for room.
		EXPECT(t, method != SyncMethod::kMessage ||
				  bench.board.cons_reads <= bench.queue().position() / 64);
		EXPECT_EQ(t, bench.queue().times_full(), 0);
	}
}

void sync_that_never_completes_times_out(Case& t)
{
	for (SyncMethod method : kSyncMethods) {
		QueueBench bench(t, method);
		QueueHooks::ns_per_look = 10 * kMs;
		bench.power_up();
		bench.board.smmu.hold_sync(true);
		const auto outcome = bench.queue().issue({}, Completion::kSync);
		EXPECT(t, !outcome && outcome.error() == core::Errno::kTimedOut);
		bench.board.smmu.hold_sync(false);
		bench.issue(2, Completion::kSync);
		bench.check_order();
		EXPECT_EQ(t, bench.expected, 2);
	}
}

void lost_message_is_found_out(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage);
	QueueHooks::ns_per_look = 10 * kMs;
	bench.power_up();
	bench.board.lose_messages = true;
	bench.issue(3, Completion::kSync);  // by CONS, at the deadline
	EXPECT_EQ(t, bench.board.cons_reads, 1);
	EXPECT(t, QueueHooks::now >= SteeredQueue::kTimeoutNs);
	bench.board.lose_messages = false;
	bench.issue(3, Completion::kSync);
	EXPECT_EQ(t, bench.board.cons_reads, 1);
}

// The message of a CMD_SYNC that was given up comes while the next one waits.
void late_message_completes_nothing_else(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage, 7, deferred());
	bench.power_up();
	QueueHooks::ns_per_look = 100 * kMs;
	const auto outcome = bench.queue().issue({}, Completion::kSync);
	EXPECT(t, !outcome);
	bench.step_while_waiting();
	QueueHooks::ns_per_look = kMs;
	bench.issue(5, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 5);
	EXPECT_EQ(t, bench.syncs(), 2);
}

// The last message of this CPU was that of the same position, 2^30 commands ago.
void message_of_long_ago_completes_nothing(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage, 7, deferred());
	bench.power_up();
	bench.message(os_cpu()) = kOwned | 0;
	QueueHooks::ns_per_look = 100 * kMs;
	const auto outcome = bench.queue().issue({}, Completion::kSync);
	EXPECT(t, !outcome && outcome.error() == core::Errno::kTimedOut);
	bench.board.smmu.step();
	EXPECT_EQ(t, bench.message(os_cpu()), kOwned | 0);
}

constinit QueueBench* waiting = nullptr;

// Other CPUs reuse the slot of a CMD_SYNC before the CPU that waits for it looks again. CONS then reads as if it
// were behind the slot; the word shows that it is not.
void lapped_sync_is_seen_in_the_word(Case& t)
{
	for (SyncMethod method : {SyncMethod::kRegister, SyncMethod::kEvent}) {
		QueueBench bench(t, method, 7, deferred());
		bench.power_up();
		waiting = &bench;
		QueueHooks::ns_per_look = kMs;
		QueueHooks::relax = [] {
			QueueHooks::relax = nullptr;
			for (u32 i = 0; i < 128 + 5; i++) {
				waiting->issue(1, Completion::kNone);
				waiting->board.smmu.step();
			}
		};
		bench.issue(0, Completion::kSync);
		EXPECT(t, !QueueHooks::relax);
		EXPECT(t, QueueHooks::now < 100 * kMs);
		bench.check_order();
		EXPECT_EQ(t, bench.expected, 128 + 5);
	}
}

void full_queue_is_waited_for(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	bench.fill();
	EXPECT_EQ(t, bench.queue().times_full(), 0);
	EXPECT(t, bench.board.smmu.regs().cmdq.full());
	bench.check_wait_for_room();
}

void full_queue_times_out(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	QueueHooks::ns_per_look = 10 * kMs;
	bench.power_up();
	bench.fill();
	const u32 position = bench.queue().position();
	const auto outcome = bench.queue().issue(std::array{bench.numbered(1)}, Completion::kNone);
	EXPECT(t, !outcome && outcome.error() == core::Errno::kTimedOut);
	EXPECT_EQ(t, bench.queue().position(), position);
	bench.board.smmu.step();
	bench.issue(10, Completion::kNone);
	bench.board.smmu.step();
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 138);
}

// A second without progress is the limit, not a second in all.
void slow_queue_is_waited_for(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	bench.fill();
	QueueHooks::ns_per_look = 450 * kMs;  // one command in 0.9 s, at two looks each
	bench.board.step_on_poll = true;
	bench.issue(20, Completion::kNone);
	EXPECT(t, QueueHooks::now > 10 * SteeredQueue::kTimeoutNs);
}

void stop_sends_those_who_wait_for_room_away(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	bench.fill();
	bench.board.step_on_poll = true;
	bench.board.boundary_context = &bench;
	bench.board.boundary = [](void* context) {
		auto* the_bench = static_cast<QueueBench*>(context);
		if (the_bench->board.cons_reads == 3)
			the_bench->queue().stop();
	};
	const auto outcome = bench.queue().issue(std::array<Command, 10>{}, Completion::kNone);
	EXPECT(t, outcome && *outcome == Outcome::kElided);
	EXPECT_EQ(t, bench.board.cons_reads, 3);
	EXPECT_EQ(t, bench.queue().position(), 128);
}

// CONS can't be where PROD has not been.
void drain_waits_for_prod_without_a_register(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	QueueHooks::ns_per_look = 10 * kMs;
	QueueHooks::bench = &bench;
	QueueHooks::before_gather = [] {
		QueueBench& the_bench = *QueueHooks::bench;
		const auto drained = the_bench.queue().drain(the_bench.queue().stop());
		EXPECT(the_bench.t, !drained && drained.error() == core::Errno::kTimedOut);
		EXPECT_EQ(the_bench.t, the_bench.board.cons_reads, 0);
	};
	bench.issue(1, Completion::kNone);
	EXPECT_EQ(t, bench.board.smmu.regs().cmdq.prod, 1);
}

void gate_closes_and_opens(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	for (u32 i = 0; i < 10; i++)
		bench.issue(3, Completion::kNone);
	const u32 target = bench.queue().stop();
	EXPECT_EQ(t, target, 30);
	QueueHooks::ns_per_look = 10 * kMs;
	const auto late = bench.queue().drain(target);
	EXPECT(t, !late && late.error() == core::Errno::kTimedOut);
	static constinit u32 looks = 0;
	looks = 0;
	bench.on_attend = [](QueueBench& b) {
		looks++;
		b.board.smmu.step(1);
	};
	EXPECT(t, bench.queue().drain(target));
	EXPECT_EQ(t, looks, 30);
	EXPECT_EQ(t, bench.board.smmu.regs().cmdq.cons, 30);

	bench.board.smmu.write32(CR0::kOffset, 0);
	bench.queue().settle();
	EXPECT_EQ(t, bench.queue().hardware_index(), 30);
	bench.board.smmu.power_off();
	for (u32 i = 0; i < 20; i++) {  // no access while it is off: the model would complain
		const auto outcome =
			bench.queue().issue(std::array<Command, 5>{}, Completion::kSync);
		EXPECT(t, outcome && *outcome == Outcome::kElided);
	}
	bench.board.smmu.power_on();
	bench.board.smmu.clear_logs();
	bench.power_up();
	EXPECT_EQ(t, bench.board.smmu.regs().cmdq.prod, 30);
	bench.step_while_waiting();
	bench.issue(7, Completion::kSync);
	EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), 37);
}

}  // namespace

TEST_SUITE(cmdq_waits, TEST_CASE(sync_means_executed),
	   TEST_CASE(sync_that_never_completes_times_out), TEST_CASE(lost_message_is_found_out),
	   TEST_CASE(late_message_completes_nothing_else),
	   TEST_CASE(message_of_long_ago_completes_nothing),
	   TEST_CASE(lapped_sync_is_seen_in_the_word), TEST_CASE(full_queue_is_waited_for),
	   TEST_CASE(full_queue_times_out), TEST_CASE(slow_queue_is_waited_for),
	   TEST_CASE(stop_sends_those_who_wait_for_room_away),
	   TEST_CASE(drain_waits_for_prod_without_a_register), TEST_CASE(gate_closes_and_opens));
