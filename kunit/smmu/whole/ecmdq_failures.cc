// SPDX-License-Identifier: GPL-2.0-only
// Enhanced Command queues with errors, that do not answer, and without memory.
#include "arm-smmu-v3/core.h"

#include "kunit/base/errno.hpp"
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/ecmdqs.hpp"
#include "kunit/smmu/fixture/power_board.hpp"

using namespace model;
using namespace test::ecmdqs;
using namespace test::errnos;
using test::Board;
using test::Case;
using test::Client;
using test::ecmdq_at;
using test::kIova;
using test::kPa;
using test::kPage;
using test::PowerBoard;
using test::Setup;
using test::UsedSpace;
using test::with_ecmdqs;

namespace {

u32 active(const Board& board)
{
	return board.smmu.regs().gerror ^ board.smmu.regs().gerrorn;
}

// ---- errors ----

void illegal_command_is_replaced(Case& t)
{
	for (const Setup& setup : {Setup{}, test::event_setup(), test::register_setup()}) {
		Board board(t, with_ecmdqs(setup));
		board.up();
		UsedSpace space(board);
		for (u32 errors = 1; errors <= 3; errors++) {
			board.smmu.fail_command(Cerror::ILL, 0);
			smmu_core_flush_domain(space.domain);
			EXPECT_EQ(t, active(board), 0);
			EXPECT(t, queue(board, own()).runs());
			EXPECT_EQ(t, board.stats().gerrors, errors);
			EXPECT_EQ(t, test_log_count("CMDQP_ERR"), errors);
			EXPECT_EQ(t, test_log_count("CERROR_ILL, replaced by CMD_SYNC"), errors);
		}
		EXPECT_EQ(t, board.stats().sync_timeouts, 0);
		test_log_clear();
	}
}

// The TLBI was lost: the memory is not reused before everything is invalidated.
void lost_invalidation_is_made_up_for(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	board.smmu.fail_command(Cerror::ILL, 0);
	smmu_core_flush_domain(space.domain);
	const u64 before = board.ops(Op::TLBI_NSNH_ALL);
	EXPECT_EQ(t, space.device.attach_blocked(), 0);
	EXPECT(t, board.ops(Op::TLBI_NSNH_ALL) > before);
}

void aborted_fetch_is_repeated(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	const u64 before = board.ops(Op::TLBI_NH_ASID);
	board.smmu.fail_command(Cerror::ABT, 0);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.ops(Op::TLBI_NH_ASID), before + 1);
	EXPECT_EQ(t, test_log_count("CERROR_ABT, fetched again"), 1);
}

// CMDQP_ERR is not raised while it is active: an error that follows the acknowledgement in ERRACK would
// be missed if GERRORN was written after it.
void error_behind_an_error_is_serviced(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	board.smmu.fail_command(Cerror::ABT, 0);
	board.before_read = [](Board& it, u32 offset) {
		if (offset != ecmdq_at(own()) + ecmdq::CONS || queue(it, own()).runs())
			return;
		it.before_read = nullptr;
		it.smmu.fail_command(Cerror::ABT, 0);
	};
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.stats().gerrors, 2);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

void errors_of_both_kinds_of_queue(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	board.deliver = false;
	board.smmu.raise_gerror(gerror::MSI_EVENTQ_ABT_ERR);
	board.smmu.fail_command(Cerror::ABT, 1);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, test_log_count("MSI_EVENTQ_ABT_ERR CMDQP_ERR"), 1);
	EXPECT_EQ(t, test_log_count("1 enhanced command queues failed"), 1);
}

void device_that_does_not_answer_is_named(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	test::Space space(board);
	test::AtsDevice device(board, 9), other(board, 10);
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT_EQ(t, other.attach(space), 0);
	ASSERT_EQ(t, device.grant(), 0);
	ASSERT_EQ(t, other.grant(), 0);
	device.atc.ignore_invalidations(true);
	smmu_core_flush_domain(space.domain);
	EXPECT(t, device.quarantined());
	EXPECT(t, !other.quarantined());
}

// ---- failures ----

void start_fails_where_a_queue_stays_off(Case& t)
{
	Board board(t, with_ecmdqs());
	test_clock_fake(true);
	ASSERT_EQ(t, board.create(), 0);
	board.smmu.delay_ack(Ack::kEcmdq, kForever);
	EXPECT_EQ(t, board.start(), kTimedOut);
	EXPECT(t, test_log_count("ECMDQ 0: EN not acknowledged") > 0);
	EXPECT(t, board.blocked(3, 0x1000));
	board.smmu.delay_ack(Ack::kEcmdq, 0);
	board.smmu.finish_acks();
	test_clock_fake(false);
}

void suspend_fails_where_a_queue_stays_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	Client client(board);
	test_clock_fake(true);
	board.smmu.delay_ack(Ack::kEcmdq, kForever);
	EXPECT_EQ(t, board.suspend(), kTimedOut);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	// The SMMU may still use its memory.
	const u64 leaked = test_leaked_table_bytes();
	EXPECT_EQ(t, client.device.attach_blocked(), 0);
	client.space.destroy();
	EXPECT(t, test_leaked_table_bytes() > leaked);
	board.smmu.delay_ack(Ack::kEcmdq, 0);
	board.smmu.finish_acks();
	test_clock_fake(false);
}

// Its EN can't be cleared before it is acknowledged.
void others_are_disabled_where_a_queue_does_not_turn_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	ASSERT(t, board.down());
	board.smmu.power_on();
	test_clock_fake(true);
	board.smmu.stick_ecmdqs(1);
	EXPECT_EQ(t, board.resume(), kTimedOut);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	for (u32 n = 1; n < used_of(kQueues); n++)
		EXPECT(t, queue(board, n).off());
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	board.smmu.stick_ecmdqs(0);
	test_clock_fake(false);
}

// The memory of one that stays on is kept.
void others_are_disabled_where_a_queue_stays_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	test_clock_fake(true);
	board.smmu.stick_ecmdqs(1u << 0 | 1u << 2);
	EXPECT_EQ(t, board.suspend(), kTimedOut);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	for (u32 n = 0; n < used_of(kQueues); n++)
		EXPECT_EQ(t, queue(board, n).off(), n != 0 && n != 2);
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	board.smmu.stick_ecmdqs(0);
	test_clock_fake(false);
}

// The SMMU works on, and no command is executed twice.
void queue_that_does_not_drain_is_rolled_back(Case& t)
{
	PowerBoard board(t, with_ecmdqs(test::register_setup()));
	Client client(board), other(board, 6);
	ASSERT(t, client.space.map(kIova, kPa, kPage));
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.smmu.set_deferred(true);
	smmu_core_flush_domain(other.space.domain);
	board.on_access = [](PowerBoard& it, u32, bool) {
		if (it.reports.last_drain)
			it.smmu.set_deferred(false);
	};
	EXPECT_EQ(t, board.suspend(), kTimedOut);
	board.on_access = nullptr;
	EXPECT_EQ(t, test_log_count("does not drain: PROD"), 1);
	EXPECT_EQ(t, board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, board.stats().power.rollbacks, 1);
	EXPECT_EQ(t, board.reach(kIova), kPa);
	EXPECT(t, client.space.unmap(kIova, kPage));
	EXPECT_EQ(t, board.reach(kIova), ~u64{0});
	EXPECT(t, board.cycle());
	test_clock_fake(false);
}

void timeout_names_the_queue_of_the_cpu(Case& t)
{
	PowerBoard board(t, with_ecmdqs(test::register_setup()));
	Client client(board);
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.smmu.set_deferred(true);
	smmu_core_flush_domain(client.space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout at"), 1);
	board.smmu.set_deferred(false);
	test_clock_fake(false);
}

void stop_leaves_them_off(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	for (u32 round = 0; round < 3; round++) {
		board.stop();
		for (u32 n = 0; n < kQueues; n++)
			EXPECT(t, queue(board, n).off());
		EXPECT_EQ(t, board.start(), 0);
		smmu_core_flush_domain(space.domain);
	}
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

// Step 1 of its suspend fails, so that the queues are not drained.
void stop_without_a_drain(Board& board, void (*boundary)(void* board))
{
	board.smmu.delay_ack(Ack::kGbpa, kForever);
	board.boundary_context = &board;
	board.boundary = boundary;
	board.stop();
	board.boundary = nullptr;
	EXPECT(board.t, queue(board, own()).off());
	board.smmu.delay_ack(Ack::kGbpa, 0);
	board.smmu.finish_acks();
}

// The service of an error writes PROD, with EN.
void error_is_not_serviced_after_stop(Case& t)
{
	Board board(t, with_ecmdqs(test::register_setup()));
	board.up();
	UsedSpace space(board);
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.deliver = false;
	board.smmu.set_deferred(true);
	smmu_core_flush_domain(space.domain);  // not consumed within a second
	board.smmu.fail_command(Cerror::ABT, 0);
	board.smmu.set_deferred(false);
	EXPECT(t, !queue(board, own()).runs());
	stop_without_a_drain(board, [](void* it) {
		auto& of = *static_cast<Board*>(it);
		of.deliver = queue(of, own()).off();
	});
	EXPECT_EQ(t, active(board), 0);
	test_clock_fake(false);
}

// Invalidations are elided from then on, and a queue that does not answer takes a second.
void translation_is_off_before_queues_are_disabled(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	test_clock_fake(true);
	stop_without_a_drain(board, [](void* it) {
		const auto& of = *static_cast<Board*>(it);
		EXPECT(of.t, queue(of, own()).en || !(of.smmu.regs().cr0ack & cr0::SMMUEN));
	});
	test_clock_fake(false);
}

// Without memory for one of them all commands go into the SMMU's own queue.
void without_memory_the_own_queue_is_used(Case& t)
{
	Board board(t, with_ecmdqs());
	const u32 before = test_live_allocs();
	u32 fell_back = 0;
	for (u32 nth = 1;; nth++) {
		test_fail_alloc(nth);
		const int error = board.create();
		const bool failed = test_alloc_failed();
		test_fail_alloc(0);
		EXPECT(t, !error || failed);
		if (!error) {
			EXPECT_EQ(t, board.start(), 0);
			board.stop();
		}
		fell_back += test_log_count("using the command queue");
		test_log_clear();
		board.destroy();
		EXPECT_EQ(t, test_live_allocs(), before);
		if (!failed)
			break;
	}
	EXPECT(t, fell_back >= 3 + used_of(kQueues));
}

}  // namespace

TEST_SUITE(ecmdq_failures, TEST_CASE(illegal_command_is_replaced),
	   TEST_CASE(lost_invalidation_is_made_up_for), TEST_CASE(aborted_fetch_is_repeated),
	   TEST_CASE(error_behind_an_error_is_serviced), TEST_CASE(errors_of_both_kinds_of_queue),
	   TEST_CASE(device_that_does_not_answer_is_named),
	   TEST_CASE(start_fails_where_a_queue_stays_off),
	   TEST_CASE(suspend_fails_where_a_queue_stays_on),
	   TEST_CASE(others_are_disabled_where_a_queue_does_not_turn_on),
	   TEST_CASE(others_are_disabled_where_a_queue_stays_on),
	   TEST_CASE(queue_that_does_not_drain_is_rolled_back),
	   TEST_CASE(timeout_names_the_queue_of_the_cpu), TEST_CASE(stop_leaves_them_off),
	   TEST_CASE(error_is_not_serviced_after_stop),
	   TEST_CASE(translation_is_off_before_queues_are_disabled),
	   TEST_CASE(without_memory_the_own_queue_is_used));
