// SPDX-License-Identifier: GPL-2.0-only
// Reservations in groups, of one producer. kunit/host has groups of several.
#include "arm-smmu-v3/cmdq.hpp"

#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace smmu3;
using test::Case;
using test::deferred;
using test::kMs;
using test::kSyncMethods;
using test::QueueBench;
using test::QueueHooks;

namespace {

// Two attempts of three fail, so that each producer takes a turn.
void compete()
{
	static constinit u32 attempts = 0;
	attempts = 0;
	QueueHooks::contended = [] { return attempts++ % 3 != 2; };
}

// Ticket 7, after `entries` more, in all places where the counters wrap.
void tickets_and_positions_wrap(Case& t)
{
	for (u32 end : {0u, 1u, 100u, kPositionMask})
		for (u32 ticket : {0u, 1u, 100u, ~0u})
			for (u32 behind : {1u, 2u, 64u, 1u << 19}) {
				const Served served{ticket, end, behind % 2 == 0};
				EXPECT_EQ(t, Served::of(served.raw()).raw(), served.raw());
				EXPECT(t, served.includes(ticket - behind));
				EXPECT(t, !served.includes(ticket));
				EXPECT(t, !served.includes(ticket + behind - 1));
				EXPECT_EQ(t, served.position_of(ticket - behind),
					  (end - behind) % (1u << 30));
			}
}

void passed_turn_leaves_the_last_group(Case& t)
{
	for (bool alone : {false, true}) {
		const Served passed = Served{7, 100, alone}.after(3);
		EXPECT_EQ(t, passed.ticket, 10);
		EXPECT_EQ(t, passed.end, 100);
		EXPECT_EQ(t, passed.alone, alone);
	}
}

void competing_producer_takes_turns(Case& t)
{
	for (SyncMethod method : kSyncMethods)
		for (u32 start : {0u, (1u << 30) - 1000}) {
			QueueHooks::start = start;
			QueueBench bench(t, method);
			bench.power_up();
			compete();
			for (u32 round = 0; round < 200; round++) {
				const bool wait = round % 3 == 0;
				bench.issue(round % 64 + !wait,
					    wait ? Completion::kSync : Completion::kNone);
				bench.check_order();
				EXPECT_EQ(t, bench.expected, bench.next);
			}
			EXPECT_EQ(t, QueueHooks::reservations, 200);
		}
}

// The turn of a producer that leaves at STOP, wherever STOP falls, is not lost.
void stop_in_a_turn(Case& t)
{
	static constinit u32 operations = 0, stop_at = 0;
	u32 elided = 0, issued = 0;
	for (stop_at = 0; stop_at < 20; stop_at++) {
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		compete();
		operations = 0;
		QueueHooks::bench = &bench;
		QueueHooks::mixer = [] {
			if (operations++ == stop_at) {
				QueueHooks::mixer = nullptr;
				QueueHooks::bench->queue().stop();
			}
		};
		const auto outcome =
			bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
		ASSERT(t, outcome);
		if (QueueHooks::mixer)
			break;
		EXPECT(t, bench.queue().stopped());
		*outcome == Outcome::kElided ? elided++ : issued++;
		EXPECT_EQ(t, bench.queue().position(), *outcome == Outcome::kIssued ? 2 : 0);
		EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), *outcome == Outcome::kIssued);
		bench.queue().open();
		compete();
		bench.issue(3, Completion::kSync);
		EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA),
			  3 + (*outcome == Outcome::kIssued));
	}
	QueueHooks::mixer = nullptr;
	EXPECT(t, elided > 5);
	EXPECT(t, issued > 2);
}

// Others fill the queue while the producer waits for its turn.
void fill_before_the_turn(QueueBench& bench)
{
	compete();
	QueueHooks::bench = &bench;
	QueueHooks::mixer = [] {
		if (!QueueHooks::tickets)
			return;
		QueueHooks::mixer = nullptr;
		QueueHooks::contended = nullptr;
		QueueHooks::bench->fill();
	};
}

void producer_without_room_takes_another_turn(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	fill_before_the_turn(bench);
	QueueHooks::relax = [] { QueueHooks::bench->board.smmu.step(); };
	bench.issue(1, Completion::kNone);
	EXPECT_EQ(t, QueueHooks::tickets, 2);
	EXPECT_EQ(t, bench.queue().position(), 129);
}

void leader_does_not_look_for_room_after_stop(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	fill_before_the_turn(bench);
	static void (*fill)();
	fill = QueueHooks::mixer;
	QueueHooks::mixer = [] {
		fill();
		if (!QueueHooks::mixer)
			QueueHooks::bench->queue().stop();
	};
	const auto outcome = bench.queue().issue(std::array{bench.numbered(1)}, Completion::kNone);
	EXPECT(t, outcome && *outcome == Outcome::kElided);
	EXPECT_EQ(t, bench.board.cons_reads, 0);
	EXPECT_EQ(t, bench.queue().position(), 128);
}

void competing_producer_waits_for_room(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	compete();
	bench.fill();
	bench.check_wait_for_room();
}

void competing_producer_times_out(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	compete();
	QueueHooks::ns_per_look = 10 * kMs;
	bench.fill();
	const auto outcome = bench.queue().issue(std::array{bench.numbered(1)}, Completion::kNone);
	EXPECT(t, !outcome && outcome.error() == core::Errno::kTimedOut);
	bench.board.smmu.step();
	bench.issue(10, Completion::kNone);
	bench.board.smmu.step();
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 138);
}

constexpr u64 kJoinInWord = u64{kJoin} << 32;

bool joined(QueueBench& bench)
{
	return bench.queue().gate().word.load_relaxed() & kJoinInWord;
}

// Each producer takes a ticket while one has found others, and none when two leaders in a row were alone.
void tickets_are_taken_while_producers_compete(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage);
	bench.power_up();
	for (u32 i = 0; i < 3; i++)
		bench.issue(1, Completion::kSync);
	EXPECT_EQ(t, QueueHooks::tickets, 0);
	bench.queue().gate().word.fetch_or(kJoinInWord);
	bench.issue(1, Completion::kSync);
	EXPECT_EQ(t, QueueHooks::tickets, 1);
	EXPECT(t, joined(bench));
	bench.issue(1, Completion::kSync);
	EXPECT_EQ(t, QueueHooks::tickets, 2);
	EXPECT(t, !joined(bench));
	bench.issue(1, Completion::kSync);
	EXPECT_EQ(t, QueueHooks::tickets, 2);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 6);
}

// One failed attempt is no competition yet.
void second_attempt_is_made_alone(Case& t)
{
	static constinit u32 attempts = 0;
	QueueBench bench(t, SyncMethod::kMessage);
	bench.power_up();
	attempts = 0;
	QueueHooks::contended = [] { return attempts++ == 0; };
	bench.issue(1, Completion::kSync);
	EXPECT_EQ(t, attempts, 2);
	EXPECT_EQ(t, QueueHooks::tickets, 0);
}

// Only CONS is progress of the SMMU: producers that begin and cease to compete put the timeout of a full
// queue off no further.
void competition_is_no_progress(Case& t)
{
	static constinit u32 looks = 0;
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	bench.fill();
	QueueHooks::ns_per_look = 10 * kMs;
	QueueHooks::bench = &bench;
	looks = 0;
	QueueHooks::relax = [] {
		if (looks++ % 2)  // the queue clears it each time
			QueueHooks::bench->queue().gate().word.fetch_or(kJoinInWord);
		if (QueueHooks::now > 4 * test::SteeredQueue::kTimeoutNs)
			QueueHooks::bench->board.smmu.step();
	};
	const auto outcome = bench.queue().issue(std::array{bench.numbered(1)}, Completion::kNone);
	EXPECT(t, !outcome && outcome.error() == core::Errno::kTimedOut);
	EXPECT(t, QueueHooks::now < 3 * test::SteeredQueue::kTimeoutNs);
}

// Whatever has become of it for a while, tickets do not overtake it.
void message_of_groups_stays_near_the_tickets(Case& t)
{
	constexpr u32 kMany = 1u << 24, kLongAgo = 1u << 30;
	for (u32 before : {3u, 2u, 1u, 0u}) {
		QueueHooks::start = 5 * kMany - before;
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		bench.group_message() = QueueHooks::start - (1u << 31) + 10;
		const u32 old = bench.group_message();
		compete();
		bench.issue(2, Completion::kSync);
		const bool crossed = before == 1 || before == 2;
		EXPECT_EQ(t, bench.group_message(), crossed ? QueueHooks::start - kLongAgo : old);
	}
}

// It is no older than a message that is on its way, and a new one is not taken back.
void message_of_groups_is_not_taken_back(Case& t)
{
	constexpr u32 kMany = 1u << 24, kLongAgo = 1u << 30;
	for (u32 behind : {0u, 1u, kMany, kLongAgo - 1, kLongAgo}) {
		QueueHooks::start = 5 * kMany - 1;
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		const u32 message = QueueHooks::start - behind;
		bench.group_message() = message;
		compete();
		bench.issue(2, Completion::kSync);
		EXPECT_EQ(t, bench.group_message(), message);
	}
}

// There may be no memory for one, or it is that of another queue.
void no_message_is_written_where_groups_have_none(Case& t)
{
	for (SyncMethod method : kSyncMethods) {
		QueueHooks::start = 5 * (1u << 24) - 1;
		QueueHooks::own_syncs = method == SyncMethod::kMessage;
		QueueBench bench(t, method);
		bench.power_up();
		const u32 old = QueueHooks::start - (1u << 31) + 10;
		bench.group_message() = old;
		compete();
		bench.issue(2, Completion::kSync);
		EXPECT_EQ(t, bench.group_message(), old);
	}
}

// The SMMU may write it at any point of a turn that brings it up.
void message_of_groups_that_comes_meanwhile_is_kept(Case& t)
{
	constexpr u32 kStart = 5 * (1u << 24) - 1;
	static constinit u32 operations = 0, at = 0;
	for (at = 0;; at++) {
		QueueHooks::start = kStart;
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		bench.group_message() = kStart - (1u << 31) + 10;
		compete();
		operations = 0;
		QueueHooks::bench = &bench;
		QueueHooks::mixer = [] {
			if (operations++ == at)
				QueueHooks::bench->group_message() = kStart;
		};
		bench.issue(2, Completion::kSync);
		QueueHooks::mixer = nullptr;
		if (operations <= at)
			break;
		EXPECT_EQ(t, bench.group_message(), kStart);
	}
	EXPECT(t, at > 10);
}

// While a producer waits for room an interrupt handler enters a command: the producer has no turn then
// that the handler would wait for.
void interrupt_in_a_full_queue_takes_a_turn(Case& t)
{
	static constinit u32 relaxed = 0, nested = 0;
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	compete();
	bench.fill();
	relaxed = nested = 0;
	QueueHooks::bench = &bench;
	QueueHooks::relax = [] {
		if (relaxed++ == 0) {
			QueueHooks::bench->issue(1, Completion::kNone);
			nested = relaxed;
		} else {
			QueueHooks::bench->board.smmu.step();
		}
	};
	bench.issue(1, Completion::kNone);
	EXPECT(t, nested > 1);
	EXPECT_EQ(t, bench.queue().position(), 130);
	bench.board.smmu.step();
	EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), 130);
}

// The positions have gone round since; it seems to be ahead of what is published.
void end_of_long_ago_is_not_waited_for(Case& t)
{
	for (u32 ahead : {1u, 2u, 128u}) {
		QueueHooks::end_of_last_group = ahead;
		QueueBench bench(t, SyncMethod::kRegister);
		bench.power_up();
		compete();
		bench.issue(1, Completion::kSync);
		bench.check_order();
		EXPECT_EQ(t, bench.expected, 1);
	}
}

}  // namespace

TEST_SUITE(cmdq_turns, TEST_CASE(tickets_and_positions_wrap),
	   TEST_CASE(passed_turn_leaves_the_last_group), TEST_CASE(competing_producer_takes_turns),
	   TEST_CASE(stop_in_a_turn), TEST_CASE(producer_without_room_takes_another_turn),
	   TEST_CASE(leader_does_not_look_for_room_after_stop),
	   TEST_CASE(competing_producer_waits_for_room), TEST_CASE(competing_producer_times_out),
	   TEST_CASE(tickets_are_taken_while_producers_compete),
	   TEST_CASE(second_attempt_is_made_alone), TEST_CASE(competition_is_no_progress),
	   TEST_CASE(message_of_groups_stays_near_the_tickets),
	   TEST_CASE(message_of_groups_is_not_taken_back),
	   TEST_CASE(no_message_is_written_where_groups_have_none),
	   TEST_CASE(message_of_groups_that_comes_meanwhile_is_kept),
	   TEST_CASE(interrupt_in_a_full_queue_takes_a_turn),
	   TEST_CASE(end_of_long_ago_is_not_waited_for));
