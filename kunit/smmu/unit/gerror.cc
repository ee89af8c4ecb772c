// SPDX-License-Identifier: GPL-2.0-only
// Global errors, and commands that fail under the core.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Space;
using test::UsedSpace;

namespace {

constexpr u64 kIova = 0x12'3000, kPa = 0x7654'3000;

u32 active(Board& board)
{
	return board.smmu.regs().gerror ^ board.smmu.regs().gerrorn;
}

struct Bit {
	u32 bit;
	const char* name;
};
constexpr Bit kBits[] = {
	{gerror::EVENTQ_ABT_ERR, " EVENTQ_ABT_ERR (events lost)"},
	{gerror::PRIQ_ABT_ERR, " PRIQ_ABT_ERR (page requests lost)"},
	{gerror::MSI_CMDQ_ABT_ERR, " MSI_CMDQ_ABT_ERR"},
	{gerror::MSI_EVENTQ_ABT_ERR, " MSI_EVENTQ_ABT_ERR"},
	{gerror::MSI_PRIQ_ABT_ERR, " MSI_PRIQ_ABT_ERR"},
	{gerror::MSI_GERROR_ABT_ERR, " MSI_GERROR_ABT_ERR"},
};

void nothing_to_service(Case& t)
{
	Board board(t);
	board.up();
	const u64 writes = board.smmu.stats().writes;
	EXPECT(t, !smmu_core_handle_gerror(board.core));
	EXPECT_EQ(t, board.smmu.stats().writes, writes);
	EXPECT_EQ(t, board.stats().gerrors, 0);
}

void each_bit_is_named_and_acknowledged(Case& t)
{
	Board board(t);
	board.up();
	board.deliver = false;
	u32 count = 0;
	for (u32 round = 0; round < 2; round++)  // the bits toggle
		for (const Bit& bit : kBits) {
			test_log_clear();
			board.smmu.raise_gerror(bit.bit);
			EXPECT_EQ(t, active(board), bit.bit);
			EXPECT(t, smmu_core_handle_gerror(board.core));
			EXPECT_EQ(t, active(board), 0);
			EXPECT_EQ(t, test_log_count(bit.name), 1);
			EXPECT_EQ(t, test_log_count("_ERR"), 1);
			EXPECT_EQ(t, board.stats().gerrors, ++count);
		}
}

void all_bits_at_once(Case& t)
{
	Board board(t);
	board.up();
	board.deliver = false;
	test_log_clear();
	board.smmu.raise_gerror(gerror::kAll & ~(gerror::SFM_ERR | gerror::CMDQ_ERR));
	EXPECT(t, smmu_core_handle_gerror(board.core));
	EXPECT_EQ(t, active(board), 0);
	for (const Bit& bit : kBits)
		EXPECT_EQ(t, test_log_count(bit.name), 1);
	EXPECT_EQ(t, test_log_count("global error 0x0fc"), 1);
}

// An error that comes while the handler is about to leave, and whose interrupt finds it inside.
void error_behind_the_handlers_back(Case& t)
{
	Board board(t);
	board.up();
	board.smmu.raise_gerror(gerror::PRIQ_ABT_ERR);
	board.before_read = [](Board& b, u32 offset) {
		// GERROR has been read, and showed nothing new.
		if (offset != reg::GERRORN || active(b))
			return;
		b.before_read = nullptr;
		b.smmu.raise_gerror(gerror::EVENTQ_ABT_ERR);
	};
	board.drain();
	EXPECT(t, !board.before_read);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, test_log_count("EVENTQ_ABT_ERR"), 1);
}

void service_failure_mode_turns_it_off(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {9});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT(t, space.map(kIova, kPa, 0x1000));
	board.smmu.enter_sfm();
	board.drain();
	EXPECT_EQ(t, test_log_count("Service Failure Mode"), 1);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
	EXPECT(t, board.blocked(9, kIova));
	EXPECT_EQ(t, board.smmu.stats().dma_bypassed, 0);
	// No CPU waits for it.
	EXPECT(t, space.unmap(kIova, 0x1000));
	EXPECT_EQ(t, device.attach_blocked(), 0);
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

// What it may still use is not freed although no CPU waits for it.
void service_failure_mode_that_does_not_turn_off_keeps_domains(Case& t)
{
	Board board(t);
	board.up();
	UsedSpace space(board);
	Space other(board);
	Device device(board, {9});
	ASSERT_EQ(t, device.attach(other), 0);
	test_clock_fake(true);
	board.smmu.delay_ack(Ack::kCr0, kForever);
	board.smmu.enter_sfm();
	board.drain();
	EXPECT_EQ(t, space.device.attach_blocked(), 0);
	EXPECT_EQ(t, device.attach_blocked(), 0);
	space.destroy();
	EXPECT(t, space.exists());
	EXPECT_EQ(t, test_log_count("leaking"), 1);
	board.smmu.delay_ack(Ack::kCr0, 0);
	board.smmu.finish_acks();
	board.stop();
	other.destroy();
	EXPECT(t, !other.exists());
	EXPECT_EQ(t, test_log_count("leaking"), 1);
}

// Every command of an attach fails once, in every way; the attach succeeds all the same where the command
// was retried, and the loss is logged where it could not be.
void every_command_of_an_attach_fails(Case& t)
{
	struct Way {
		Cerror error;
		const char* words;
	};
	constexpr Way kWays[] = {{Cerror::ILL, "CERROR_ILL, replaced by CMD_SYNC"},
				 {Cerror::ABT, "CERROR_ABT, fetched again"},
				 {Cerror::ATC_INV_SYNC, "CERROR_ATC_INV_SYNC"}};
	for (const Way& way : kWays)
		for (u32 at = 0;; at++) {
			test_log_clear();
			Board board(t, test::register_setup());
			board.up();
			Space space(board);
			Device device(board, {9, 10});
			ASSERT(t, space.map(kIova, kPa, 0x1000));
			const u64 before = board.smmu.commands().total();
			board.smmu.fail_command(way.error, at);
			EXPECT_EQ(t, device.attach(space), 0);
			if (board.smmu.commands().total() - before <= at && !board.stats().gerrors)
				break;
			EXPECT_EQ(t, test_log_count(way.words), 1);
			EXPECT_EQ(t, board.stats().gerrors, 1);
			EXPECT_EQ(t, active(board), 0);
			EXPECT_EQ(t, board.dma(9, kIova).pa, kPa);
			EXPECT_EQ(t, board.dma(10, kIova).pa, kPa);
			ASSERT(t, at < 100);
		}
}

void the_failing_command_is_logged(Case& t)
{
	Board board(t);
	board.up();
	Device device(board, {0xabc});
	board.smmu.fail_command(Cerror::ILL, 0);
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT_EQ(t, test_log_count("command 0x00000abc00000003 0x0000000000000001: CERROR_ILL"),
		  1);
}

// GERROR's interrupt may be waiting for the very CPU that waits for its command.
void who_waits_services_the_error(Case& t)
{
	constexpr Cerror kErrors[] = {Cerror::ILL, Cerror::ABT, Cerror::ATC_INV_SYNC};
	for (Cerror error : kErrors)
		for (u32 at = 0; at < 2; at++) {
			Board board(t, test::register_setup());
			board.up();
			UsedSpace space(board);
			test_clock_fake(true);
			board.ns_per_poll = 10'000;
			board.deliver = false;
			board.smmu.fail_command(error, at);
			smmu_core_flush_domain(space.domain);
			EXPECT_EQ(t, board.stats().sync_timeouts, 0);
			EXPECT_EQ(t, board.stats().gerrors, 1);
			EXPECT_EQ(t, active(board), 0);
			board.deliver = true;
		}
}

// The command queue itself can't be read for a while.
void queue_memory_aborts(Case& t)
{
	Board board(t, test::register_setup());
	board.up();
	UsedSpace space(board);
	const Queue& queue = board.smmu.regs().cmdq;
	board.smmu.abort_memory(queue.address(), queue.address() + 0xfff);
	test_clock_fake(true);
	board.ns_per_poll = 100'000'000;
	board.before_read = [](Board& b, u32) {
		if (b.stats().gerrors == 5)
			b.smmu.clear_aborts();
	};
	smmu_core_flush_domain(space.domain);
	board.before_read = nullptr;
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
	EXPECT_EQ(t, test_log_count("CERROR_ABT"), 5);
	EXPECT_EQ(t, board.ops(Op::TLBI_NH_ASID), 1);
}

// It never can again: the CPU that services the error must not loop for ever.
void queue_memory_that_goes_on_aborting_is_given_up(Case& t)
{
	Board board(t, test::register_setup());
	board.up();
	UsedSpace space(board);
	const Queue& queue = board.smmu.regs().cmdq;
	board.smmu.abort_memory(queue.address(), queue.address() + 0xfff);
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	board.smmu.clear_aborts();
	EXPECT(t, smmu_core_handle_gerror(board.core));
	EXPECT_EQ(t, active(board), 0);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
}

constinit Space* space_of_hooks = nullptr;
constinit u32 preemptions = 0;

// An unmap takes the CPU wherever it can be taken, and its command fails.
void unmap_wherever_preemptible(Board& board, u32)
{
	if (!test_preemptible())
		return;
	board.before_read = nullptr;
	preemptions++;
	board.smmu.fail_command(Cerror::ILL, 0);
	smmu_core_flush_domain(space_of_hooks->domain);
	board.before_read = unmap_wherever_preemptible;
}

// On PREEMPT_RT the handler is a thread, and an unmap that takes its CPU waits with interrupts off: it has to get
// the lock.
void holder_is_not_preempted(Case& t)
{
	Board board(t, test::register_setup());
	board.up();
	UsedSpace space(board);
	space_of_hooks = &space;
	preemptions = 0;
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.deliver = false;
	board.smmu.raise_gerror(gerror::PRIQ_ABT_ERR);
	board.before_read = unmap_wherever_preemptible;
	smmu_core_handle_gerror(board.core);
	board.before_read = nullptr;
	EXPECT(t, preemptions > 0);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
	EXPECT_EQ(t, test_log_count("CERROR_ILL"), preemptions);
}

// A console may be slow.
void errors_are_logged_after_the_lock(Case& t)
{
	Board board(t);
	board.up();
	board.deliver = false;
	board.smmu.raise_gerror(gerror::PRIQ_ABT_ERR);
	EXPECT(t, smmu_core_handle_gerror(board.core));
	EXPECT_EQ(t, board.reports.lines[SMMU_LINE_GERROR], 1);
	EXPECT_EQ(t, board.reports.lines_of_the_preemptible, 1);
}

// A queue that can't be read fails again and again.
void lines_of_errors_are_limited(Case& t)
{
	Board board(t);
	board.up();
	UsedSpace space(board);
	board.reports.muted = true;
	for (u32 i = 0; i < 3; i++) {
		board.smmu.fail_command(Cerror::ABT, 0);
		smmu_core_flush_domain(space.domain);
	}
	EXPECT_EQ(t, board.reports.lines[SMMU_LINE_GERROR], 3);
	EXPECT_EQ(t, test_log_count("CERROR_ABT"), 0);
	EXPECT_EQ(t, test_log_count("global error"), 0);
	EXPECT_EQ(t, board.stats().gerrors, 3);
}

void event_queue_memory_aborts(Case& t)
{
	Board board(t);
	board.up();
	const Queue& queue = board.smmu.regs().eventq;
	board.smmu.abort_memory(queue.address(), queue.address() + 31);
	EXPECT(t, board.blocked(1, 0));
	EXPECT_EQ(t, test_log_count("EVENTQ_ABT_ERR (events lost)"), 1);
	board.smmu.clear_aborts();
	EXPECT(t, board.blocked(1, 0));
	EXPECT_EQ(t, board.reports.events, 1);
}

}  // namespace

TEST_SUITE(gerror, TEST_CASE(nothing_to_service), TEST_CASE(each_bit_is_named_and_acknowledged),
	   TEST_CASE(all_bits_at_once), TEST_CASE(error_behind_the_handlers_back),
	   TEST_CASE(service_failure_mode_turns_it_off),
	   TEST_CASE(service_failure_mode_that_does_not_turn_off_keeps_domains),
	   TEST_CASE(every_command_of_an_attach_fails), TEST_CASE(the_failing_command_is_logged),
	   TEST_CASE(who_waits_services_the_error), TEST_CASE(queue_memory_aborts),
	   TEST_CASE(queue_memory_that_goes_on_aborting_is_given_up),
	   TEST_CASE(holder_is_not_preempted), TEST_CASE(errors_are_logged_after_the_lock),
	   TEST_CASE(lines_of_errors_are_limited), TEST_CASE(event_queue_memory_aborts));
