// SPDX-License-Identifier: GPL-2.0-only
// The command queue against the model, one thread: every interleaving that is needed is made by hooks.
#include "arm-smmu-v3/cmdq.hpp"

#include "arm-smmu-v3/batch.hpp"
#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace smmu3;
using test::Case;
using test::QueueBench;
using test::QueueHooks;
using test::Setup;
using test::SteeredQueue;

namespace {

constexpr SyncMethod kMethods[] = {SyncMethod::kRegister, SyncMethod::kEvent, SyncMethod::kMessage};
constexpr u64 kMs = core::kNsPerMs;

Setup deferred()
{
	Setup setup;
	setup.options.deferred = true;
	return setup;
}

constinit QueueBench* bench_of_hooks = nullptr;

// The SMMU takes a command whenever the driver waits.
void step_one()
{
	bench_of_hooks->board.smmu.step(1);
}

void step_while_waiting(QueueBench& bench)
{
	bench_of_hooks = &bench;
	QueueHooks::relax = step_one;
}

void takes_nothing_until_opened(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	const auto outcome = bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
	EXPECT(t, outcome && *outcome == Outcome::kElided);
	EXPECT(t, bench.queue().stopped());
	EXPECT_EQ(t, bench.queue().position(), 0);
	EXPECT_EQ(t, bench.board.smmu.stats().writes, 0);
	EXPECT_EQ(t, bench.board.smmu.stats().reads, 0);
}

void commands_arrive_as_they_were_written(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	const Command sent[] = {cfgi_ste(Sid(0x12345678), Levels::kLeaf),
				cfgi_cd(Sid(7), Ssid(0xabcde), Levels::kAll),
				tlbi_nh_asid(Vmid(0), Asid(0xbeef))};
	ASSERT(t, bench.queue().issue(sent, Completion::kSync));
	const auto& log = bench.board.smmu.commands();
	ASSERT_EQ(t, log.total(), 4);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(t, log[i].w[0], sent[i].words[0]);
		EXPECT_EQ(t, log[i].w[1], sent[i].words[1]);
	}
	EXPECT_EQ(t, log[3].w[0], sync(SyncSignal::kNone).words[0]);
}

// Batches of every length, with and without CMD_SYNC, over many laps.
void wraps(Case& t)
{
	for (SyncMethod method : kMethods) {
		QueueBench bench(t, method);
		bench.power_up();
		u32 syncs = 0;
		for (u32 round = 0; round < 400; round++) {
			const bool wait = round % 3 == 0;
			bench.issue(round % 64 + !wait,
				    wait ? Completion::kSync : Completion::kNone);
			syncs += wait;
			bench.check_order();
			EXPECT_EQ(t, bench.expected, bench.next);
		}
		EXPECT_EQ(t, bench.syncs(), syncs);
		EXPECT(t, bench.queue().position() > 50 * 128);
	}
}

// Positions end at 2^30; what the hardware sees goes on as if nothing had happened.
void positions_wrap(Case& t)
{
	for (SyncMethod method : kMethods)
		for (u32 log2 : {7u, 8u}) {
			QueueHooks::start = (1u << 30) - 1000;
			QueueBench bench(t, method, log2);
			EXPECT_EQ(t, bench.queue().position(), (1u << 30) - 1000);
			bench.power_up();
			for (u32 round = 0; round < 100; round++) {
				bench.issue(round % 60 + 1, Completion::kSync);
				bench.check_order();
			}
			EXPECT(t, bench.queue().position() < 4000);
			EXPECT_EQ(t, bench.expected, bench.next);
			EXPECT_EQ(t, bench.board.smmu.regs().cmdq.prod,
				  bench.queue().position() & ((2u << log2) - 1));
		}
}

// The same with the queue full across the wrap, and stopped, settled and opened there.
void positions_wrap_when_full(Case& t)
{
	QueueHooks::start = (1u << 30) - 100;
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.board.step_on_poll = true;
	bench.power_up();
	for (u32 round = 0; round < 300; round++)
		bench.issue(1, Completion::kNone);
	EXPECT(t, bench.queue().times_full() > 0);
	bench.issue(1, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 301);
}

// issue() with a CMD_SYNC returns after everything before it, however the SMMU says so.
void sync_means_executed(Case& t)
{
	for (SyncMethod method : kMethods) {
		QueueBench bench(t, method, 7, deferred());
		step_while_waiting(bench);
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

void sync_that_never_completes_times_out(Case& t)
{
	for (SyncMethod method : kMethods) {
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

// The message of a CMD_SYNC that was given up comes while the next one waits.
void late_message_completes_nothing_else(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage, 7, deferred());
	bench.power_up();
	QueueHooks::ns_per_look = 100 * kMs;
	const auto outcome = bench.queue().issue({}, Completion::kSync);
	EXPECT(t, !outcome);
	step_while_waiting(bench);
	QueueHooks::ns_per_look = kMs;
	bench.issue(5, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 5);
	EXPECT_EQ(t, bench.syncs(), 2);
}

void full_queue_is_waited_for(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	for (u32 i = 0; i < 128; i++)
		bench.issue(1, Completion::kNone);
	EXPECT_EQ(t, bench.queue().times_full(), 0);
	EXPECT(t, bench.board.smmu.regs().cmdq.full());
	bench.board.step_on_poll = true;
	bench.issue(64, Completion::kNone);
	EXPECT_EQ(t, bench.queue().times_full(), 1);
	bench.issue(0, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 128 + 64);
}

void full_queue_times_out(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	QueueHooks::ns_per_look = 10 * kMs;
	bench.power_up();
	for (u32 i = 0; i < 128; i++)
		bench.issue(1, Completion::kNone);
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
	for (u32 i = 0; i < 128; i++)
		bench.issue(1, Completion::kNone);
	QueueHooks::ns_per_look = 450 * kMs;  // one command in 0.9 s, at two looks each
	bench.board.step_on_poll = true;
	bench.issue(20, Completion::kNone);
	EXPECT(t, QueueHooks::now > 10 * SteeredQueue::kTimeoutNs);
}

void stop_sends_those_who_wait_for_room_away(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	for (u32 i = 0; i < 128; i++)
		bench.issue(1, Completion::kNone);
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
	step_while_waiting(bench);
	bench.issue(7, Completion::kSync);
	EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), 37);
}

// Others enter commands behind the owner's back, and it publishes for them.
void owner_gathers(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	static constinit u32 others = 0;
	others = 0;
	bench_of_hooks = &bench;
	QueueHooks::before_gather = [] {
		for (u32 count = 1; others < 10; others++, count += 3) {
			Command commands[64];
			for (u32 i = 0; i < count; i++)
				commands[i] = QueueBench::numbered(bench_of_hooks->next++);
			const auto outcome = bench_of_hooks->queue().issue(
				std::span(commands, count), Completion::kNone);
			EXPECT(bench_of_hooks->t, outcome && *outcome == Outcome::kIssued);
			if (count > 10)
				others = 9;
		}
	};
	// 1 + 1 + 4 + 7 + 10 + 13 commands and a CMD_SYNC in one write of PROD.
	bench.issue(1, Completion::kSync);
	QueueHooks::before_gather = nullptr;
	bench.check_order();
	EXPECT_EQ(t, others, 10);
	EXPECT_EQ(t, bench.expected, bench.next);
	u32 prod_writes = 0;
	const auto& log = bench.board.smmu.register_writes();
	for (size_t i = 0; i < log.size(); i++)
		prod_writes += log[i].offset == model::reg::CMDQ_PROD;
	EXPECT_EQ(t, prod_writes, 2);  // power_up()'s too
	// The marks are gone: the next lap finds none.
	for (u32 i = 0; i < 300; i++)
		bench.issue(1, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, bench.next);
}

void batch_longer_than_an_issue(Case& t)
{
	for (bool flush_with_sync : {false, true}) {
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		CommandBatch batch(bench.queue(),
				   flush_with_sync ? Completion::kSync : Completion::kNone);
		for (; bench.next < 200; bench.next++)
			EXPECT(t, batch.add(bench.numbered(bench.next)));
		const auto outcome = batch.submit();
		EXPECT(t, outcome && *outcome == Outcome::kIssued);
		bench.check_order();
		EXPECT_EQ(t, bench.expected, 200);
		EXPECT_EQ(t, bench.syncs(), flush_with_sync ? 4 : 1);
		// Never more than a CMD_SYNC's distance without one.
		u32 run = 0, longest = 0;
		const auto& log = bench.board.smmu.commands();
		for (size_t i = 0; i < log.size(); i++) {
			run = log[i].op() == static_cast<u8>(Opcode::kSync) ? 0 : run + 1;
			longest = run > longest ? run : longest;
		}
		EXPECT_EQ(t, longest, flush_with_sync ? 63 : 200);
	}
}

void largest_issue_fits_the_smallest_queue(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage);
	bench.power_up();
	for (u32 i = 0; i < 10; i++)
		bench.issue(SteeredQueue::kMaxCommands, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 640);
}

// What the core's handler does for CMDQ_ERR.
FailedCommand acknowledge(QueueBench& bench)
{
	const FailedCommand failed = bench.queue().handle_error();
	bench.board.smmu.write32(GERRORN::kOffset, bench.board.smmu.read32(GERROR::kOffset));
	return failed;
}

void illegal_command_is_replaced(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	bench.issue(4, Completion::kNone);
	const Command bad = Command::of(static_cast<Opcode>(0xff)).with<Command::StreamID>(Sid(77));
	ASSERT(t, bench.queue().issue(std::array{bench.numbered(4), bad, bench.numbered(5)},
				      Completion::kNone));
	EXPECT(t, bench.board.smmu.regs().gerror & GERROR::CMDQ_ERR::kMask);
	const FailedCommand failed = acknowledge(bench);
	EXPECT_EQ(t, failed.error, CommandError::kIllegal);
	EXPECT_EQ(t, failed.command.words[0], bad.words[0]);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 6);
	EXPECT_EQ(t, bench.syncs(), 1);  // what stands in its place
	EXPECT(t, bench.board.smmu.regs().cmdq.empty());
}

void aborted_command_is_fetched_again(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	bench.board.smmu.fail_command(model::Cerror::ABT, 2);
	bench.issue(5, Completion::kNone);
	const FailedCommand failed = acknowledge(bench);
	EXPECT_EQ(t, failed.error, CommandError::kAbort);
	EXPECT_EQ(t, failed.command.words[1] >> 12, 2);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 5);
	EXPECT_EQ(t, bench.syncs(), 0);
}

void atc_timeout_leaves_the_sync(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	bench.board.smmu.fail_command(model::Cerror::ATC_INV_SYNC, 1);
	ASSERT(t, bench.queue().issue(
			  std::array{bench.numbered(0), sync(SyncSignal::kNone), bench.numbered(1)},
			  Completion::kNone));
	const FailedCommand failed = acknowledge(bench);
	EXPECT_EQ(t, failed.error, CommandError::kAtcInvSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 2);
	EXPECT_EQ(t, bench.syncs(), 1);
}

// Every kind, at every place of a batch, while the queue is full and after it has wrapped.
void error_in_a_full_queue(Case& t)
{
	for (auto kind : {model::Cerror::ILL, model::Cerror::ABT, model::Cerror::ATC_INV_SYNC})
		for (u32 at = 0; at < 128; at += 9) {
			QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
			bench.power_up();
			bench.issue(60, Completion::kNone);
			bench.board.smmu.step();
			bench.issue(64, Completion::kNone);
			bench.issue(64, Completion::kNone);
			EXPECT(t, bench.board.smmu.regs().cmdq.full());
			bench.board.smmu.fail_command(kind, at);
			bench.board.smmu.step();
			const FailedCommand failed = acknowledge(bench);
			EXPECT_EQ(t, failed.error, kind);
			EXPECT_EQ(t, failed.command.words[1] >> 12, 60 + at);
			bench.board.smmu.step();
			EXPECT(t, bench.board.smmu.regs().cmdq.empty());
			const u32 replaced = kind == model::Cerror::ILL;
			EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), 188 - replaced);
			EXPECT_EQ(t, bench.syncs(), replaced);
		}
}

// GERROR's interrupt may be pending on the very CPU that waits for room.
void error_is_serviced_while_waiting_for_room(Case& t)
{
	for (auto kind : {model::Cerror::ILL, model::Cerror::ABT, model::Cerror::ATC_INV_SYNC}) {
		QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
		bench.power_up();
		for (u32 i = 0; i < 2; i++)
			bench.issue(64, Completion::kNone);
		bench.board.smmu.fail_command(kind, 3);
		bench.board.step_on_poll = true;
		QueueHooks::ns_per_look = kMs;
		bench.on_attend = [](QueueBench& b) {
			const auto& regs = b.board.smmu.regs();
			if (regs.gerror ^ regs.gerrorn)
				acknowledge(b);
		};
		bench.issue(64, Completion::kNone);
		bench.issue(0, Completion::kSync);
		const u32 replaced = kind == model::Cerror::ILL;
		EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), 3 * 64 - replaced);
	}
}

// After STOP the registers may have no power: neither CONS nor an error is looked at.
void errors_are_not_looked_for_after_stop(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	static constinit u32 attended = 0;
	attended = 0;
	bench.power_up();
	for (u32 i = 0; i < 2; i++)
		bench.issue(64, Completion::kNone);
	QueueHooks::ns_per_look = kMs;
	bench.on_attend = [](QueueBench& b) {
		EXPECT(b.t, !b.queue().stopped());
		if (++attended == 2)
			b.queue().stop();
	};
	const auto outcome = bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
	EXPECT(t, outcome && *outcome == Outcome::kElided);
	EXPECT_EQ(t, attended, 2);
}

}  // namespace

TEST_SUITE(cmdq, TEST_CASE(takes_nothing_until_opened),
	   TEST_CASE(commands_arrive_as_they_were_written), TEST_CASE(wraps),
	   TEST_CASE(positions_wrap), TEST_CASE(positions_wrap_when_full),
	   TEST_CASE(sync_means_executed), TEST_CASE(lost_message_is_found_out),
	   TEST_CASE(sync_that_never_completes_times_out),
	   TEST_CASE(late_message_completes_nothing_else), TEST_CASE(full_queue_is_waited_for),
	   TEST_CASE(full_queue_times_out), TEST_CASE(slow_queue_is_waited_for),
	   TEST_CASE(stop_sends_those_who_wait_for_room_away), TEST_CASE(gate_closes_and_opens),
	   TEST_CASE(owner_gathers), TEST_CASE(batch_longer_than_an_issue),
	   TEST_CASE(largest_issue_fits_the_smallest_queue), TEST_CASE(illegal_command_is_replaced),
	   TEST_CASE(aborted_command_is_fetched_again), TEST_CASE(atc_timeout_leaves_the_sync),
	   TEST_CASE(error_in_a_full_queue), TEST_CASE(error_is_serviced_while_waiting_for_room),
	   TEST_CASE(errors_are_not_looked_for_after_stop));
