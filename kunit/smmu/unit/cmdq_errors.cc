// SPDX-License-Identifier: GPL-2.0-only
// Commands that fail: the queue is stopped at one, repaired and restarted.
#include "arm-smmu-v3/cmdq.hpp"

#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace smmu3;
using test::Case;
using test::deferred;
using test::kMs;
using test::QueueBench;
using test::QueueHooks;
using test::SteeredPlatform;
using test::SteeredQueue;

namespace {

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

// A CMD_SYNC that is replaced by another one is nothing that the SMMU owes.
void replaced_commands_are_counted_but_no_sync(Case& t)
{
	for (u32 at : {0u, 1u}) {
		QueueBench bench(t, SyncMethod::kRegister);
		bench.power_up();
		bench.board.smmu.fail_command(model::Cerror::ILL, at);
		ASSERT(t,
		       bench.queue().issue(std::array{bench.numbered(0), sync(SyncSignal::kNone)},
					   Completion::kNone));
		EXPECT_EQ(t, acknowledge(bench).error, CommandError::kIllegal);
		EXPECT_EQ(t, bench.queue().commands_lost(), at == 0);
	}
}

core::Result<Outcome> invalidate_atc(QueueBench& bench)
{
	SteeredQueue::ReadSection section;
	return bench.queue().issue_atc(section, std::array{Command::of(Opcode::kAtcInv)});
}

// CONS is an index; the CMD_SYNC is known by its position.
void silent_device_is_found_out_in_every_lap(Case& t)
{
	for (u32 start : {0u, 127u, 255u, 1000u, (1u << 30) - 2, (1u << 30) - 1}) {
		QueueHooks::start = start;
		QueueBench bench(t, SyncMethod::kRegister);
		bench.power_up();
		QueueHooks::ns_per_look = kMs;
		bench.on_attend = [](QueueBench& b) { acknowledge(b); };
		bench.board.smmu.fail_command(model::Cerror::ATC_INV_SYNC, 1);
		const auto outcome = invalidate_atc(bench);
		EXPECT(t, !outcome && outcome.error() == core::Errno::kNoDevice);
		EXPECT(t, invalidate_atc(bench));
	}
}

// CONS is 0, and so is the index of what was not entered.
void atc_invalidation_without_room_accuses_no_device(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.power_up();
	bench.fill();
	QueueHooks::ns_per_look = 10 * kMs;
	const auto outcome = invalidate_atc(bench);
	EXPECT(t, !outcome && outcome.error() == core::Errno::kTimedOut);
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

constinit u32 times_attended = 0;

// A look for errors costs two register reads; an SMMU that is only slow has none.
void errors_are_looked_for_by_time(Case& t)
{
	constexpr u64 kLookNs = 1000;
	constexpr u32 kExpected = SteeredQueue::kTimeoutNs / SteeredPlatform::kAttendNs;
	for (bool full : {false, true}) {
		QueueBench bench(t, SyncMethod::kMessage, 7, deferred());
		bench.power_up();
		for (u32 i = 0; full && i < 2; i++)
			bench.issue(64, Completion::kNone);
		times_attended = 0;
		QueueHooks::ns_per_look = kLookNs;
		bench.on_attend = [](QueueBench&) { times_attended++; };
		EXPECT(t, !bench.queue().issue({}, Completion::kSync));
		EXPECT(t, times_attended <= kExpected);
		EXPECT(t, times_attended >= kExpected * 9 / 10);
	}
}

}  // namespace

TEST_SUITE(cmdq_errors, TEST_CASE(illegal_command_is_replaced),
	   TEST_CASE(aborted_command_is_fetched_again), TEST_CASE(atc_timeout_leaves_the_sync),
	   TEST_CASE(replaced_commands_are_counted_but_no_sync),
	   TEST_CASE(silent_device_is_found_out_in_every_lap),
	   TEST_CASE(atc_invalidation_without_room_accuses_no_device),
	   TEST_CASE(error_in_a_full_queue), TEST_CASE(error_is_serviced_while_waiting_for_room),
	   TEST_CASE(errors_are_not_looked_for_after_stop),
	   TEST_CASE(errors_are_looked_for_by_time));
