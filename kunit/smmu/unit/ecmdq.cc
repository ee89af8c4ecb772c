// SPDX-License-Identifier: GPL-2.0-only
// Enhanced Command queues that a previous kernel or firmware has left on.
#include "arm-smmu-v3/ecmdq.hpp"

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"
#include "os/os.h"

using namespace smmu3;
using test::Board;
using test::Case;
using test::Setup;

namespace {

constexpr int kTimedOut = -110;
constexpr u32 kEn = 1u << 31, kErr = 1u << 23;
constexpr u32 kPages = 0x20000, kStride = 0x10000 / 4;

// Two pages of four queues.
Setup with_ecmdqs()
{
	Setup setup;
	setup.ids.idr1 |= 1u << 31;
	setup.ids.idr6 = 1u << 24 | 2u << 16;
	return setup;
}

u32 prod(Board& board, u32 n)
{
	return board.smmu.read32(kPages + n * kStride + 8);
}

u32 cons(Board& board, u32 n)
{
	return board.smmu.read32(kPages + n * kStride + 12);
}

// What a previous kernel does: a queue of two entries, empty.
void leave_on(Board& board, u32 n)
{
	const u32 at = kPages + n * kStride;
	board.smmu.write64(at, 0x8000'0000 | 1);
	board.smmu.write32(at + 8, 2);
	board.smmu.write32(at + 12, 2);
	board.smmu.write32(at + 8, kEn | 2);
}

u32 writes_of_control_pages(Board& board)
{
	u32 writes = 0;
	const auto& log = board.smmu.register_writes();
	for (u32 i = 0; i < log.size(); i++)
		writes += log[i].offset >= kPages;
	return writes;
}

// CR1 says how the SMMU accesses queues, and is read-only while one of them is on.
void queues_left_on_are_turned_off_before_cr1_is_written(Case& t)
{
	Board board(t, with_ecmdqs());
	leave_on(board, 0);
	leave_on(board, 7);
	board.smmu.clear_logs();
	board.up();
	for (u32 n = 0; n < 8; n++) {
		EXPECT_EQ(t, prod(board, n) & kEn, 0);
		EXPECT_EQ(t, cons(board, n) & kEn, 0);
	}
	EXPECT_EQ(t, writes_of_control_pages(board), 2);
	EXPECT_EQ(t, test_log_count("8 enhanced command queues, not used"), 1);
}

void queues_that_are_off_are_not_written(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	EXPECT_EQ(t, writes_of_control_pages(board), 0);
}

// Nothing enables one later.
void resume_does_not_look_at_them(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	ASSERT_EQ(t, smmu_core_suspend(board.core), 0);
	board.before_read = [](Board& it, u32 offset) { EXPECT(it.t, offset < kPages); };
	ASSERT_EQ(t, smmu_core_resume(board.core), 0);
}

void late_acknowledgements_are_waited_for(Case& t)
{
	Board board(t, with_ecmdqs());
	board.smmu.delay_ack(model::Ack::kEcmdq, 40);
	leave_on(board, 3);  // EN, and no ENACK yet
	board.up();
	EXPECT_EQ(t, prod(board, 3) & kEn, 0);
	EXPECT_EQ(t, cons(board, 3) & kEn, 0);
}

// Its commands can't be trusted, but it is turned off as any other.
void queue_with_an_error_is_turned_off(Case& t)
{
	Board board(t, with_ecmdqs());
	leave_on(board, 1);
	board.smmu.write32(kPages + kStride + 8, kEn | 3);  // no memory there
	ASSERT_EQ(t, cons(board, 1) & kErr, kErr);
	board.up();
	EXPECT_EQ(t, cons(board, 1) & kEn, 0);
	EXPECT_EQ(t, prod(board, 1) & (kErr | 3), 3);
	EXPECT_EQ(t, test_log_count("global error"), 0);
}

void start_fails_if_one_stays_on(Case& t)
{
	Board board(t, with_ecmdqs());
	leave_on(board, 2);
	board.smmu.delay_ack(model::Ack::kEcmdq, model::kForever);
	test_clock_fake(true);
	ASSERT_EQ(t, board.create(), 0);
	EXPECT_EQ(t, board.start(), kTimedOut);
	EXPECT_EQ(t, test_log_count("ECMDQ 2: EN not acknowledged"), 1);
	EXPECT(t, board.blocked(3, 0x1000));
	test_clock_fake(false);
}

// The seconds that it takes.  All queues have the same second to acknowledge.
u32 start_that_fails(Case& t, Board& board)
{
	test_clock_fake(true);
	const u64 before = os_now_ns();
	EXPECT_EQ(t, board.create(), 0);
	EXPECT_EQ(t, board.start(), kTimedOut);
	const u64 seconds = (os_now_ns() - before) / 1'000'000'000;
	test_clock_fake(false);
	return static_cast<u32>(seconds);
}

void queue_that_stays_on_keeps_no_other_on(Case& t)
{
	Board board(t, with_ecmdqs());
	for (u32 n : {0u, 1u, 4u, 6u})
		leave_on(board, n);
	board.smmu.stick_ecmdqs(1u << 1 | 1u << 4);
	EXPECT(t, start_that_fails(t, board) <= 2);
	for (u32 n = 0; n < 8; n++) {
		EXPECT_EQ(t, prod(board, n) & kEn, 0);
		EXPECT_EQ(t, cons(board, n) & kEn, n == 1 || n == 4 ? kEn : 0);
	}
	EXPECT_EQ(t, test_log_count("ECMDQ 1: EN not acknowledged"), 1);
	EXPECT_EQ(t, test_log_count("2 enhanced command queues stay enabled"), 1);
	EXPECT(t, board.blocked(3, 0x1000));
	board.smmu.stick_ecmdqs(0);
}

// PROD is read-only until then.
void queue_that_does_not_turn_on_is_not_written(Case& t)
{
	Board board(t, with_ecmdqs());
	board.smmu.stick_ecmdqs(1u << 2);
	for (u32 n : {2u, 3u})
		leave_on(board, n);
	EXPECT(t, start_that_fails(t, board) <= 4);
	EXPECT_EQ(t, prod(board, 2) & kEn, kEn);
	EXPECT_EQ(t, cons(board, 3) & kEn, 0);
	EXPECT_EQ(t, test_log_count("ECMDQ 2: EN not acknowledged"), 1);
	board.smmu.stick_ecmdqs(0);
}

constexpr IDR6 idr6(u32 pages_log2, u32 queues_log2)
{
	return IDR6{}
		.with<IDR6::CMDQ_CONTROL_PAGE_LOG2NUMP>(pages_log2)
		.with<IDR6::CMDQ_CONTROL_PAGE_LOG2NUMQ>(queues_log2);
}

void queues_lie_where_the_manual_puts_them(Case& t)
{
	const auto most = locate_ecmdqs(idr6(8, 8), CMDQ_CONTROL_PAGE_BASE::from_raw(0x40003));
	ASSERT(t, most.has_value());
	EXPECT_EQ(t, most->offset, 0x40000);
	EXPECT_EQ(t, most->bytes(), 0x1000000);
	EXPECT_EQ(t, most->queues(), 65536);
	EXPECT_EQ(t, most->queue(257).offset, 0x10100);
	// The manual's example: 128 of them at intervals of 512 bytes.
	const auto some = locate_ecmdqs(idr6(0, 7), CMDQ_CONTROL_PAGE_BASE::from_raw(0x20003));
	ASSERT(t, some.has_value());
	EXPECT_EQ(t, some->queue(3).offset, 3 * 512);
	EXPECT_EQ(t, some->bytes(), 0x10000);
	EXPECT_EQ(t, ECMDQ_PROD::kOffset, 0x8);
	EXPECT_EQ(t, ECMDQ_CONS::kOffset, 0xc);
}

void reserved_values_are_refused(Case& t)
{
	const auto good = CMDQ_CONTROL_PAGE_BASE::from_raw(0x20003);
	EXPECT(t, !locate_ecmdqs(idr6(9, 0), good));
	EXPECT(t, !locate_ecmdqs(idr6(0, 9), good));
	EXPECT(t, !locate_ecmdqs(idr6(0, 0), CMDQ_CONTROL_PAGE_BASE::from_raw(0x20002)));
	EXPECT(t, !locate_ecmdqs(idr6(0, 0), CMDQ_CONTROL_PAGE_BASE::from_raw(0x20005)));
}

// The SMMU works without them.
void pages_that_firmware_does_not_describe_are_left(Case& t)
{
	Board board(t, with_ecmdqs());
	board.reports.register_bytes = kPages;
	board.up();
	EXPECT_EQ(t, test_log_count("left as found: failed to map their control pages"), 1);
	EXPECT_EQ(t, test_log_count("not used"), 0);
}

}  // namespace

TEST_SUITE(ecmdq, TEST_CASE(queues_left_on_are_turned_off_before_cr1_is_written),
	   TEST_CASE(queues_that_are_off_are_not_written), TEST_CASE(resume_does_not_look_at_them),
	   TEST_CASE(late_acknowledgements_are_waited_for),
	   TEST_CASE(queue_with_an_error_is_turned_off), TEST_CASE(start_fails_if_one_stays_on),
	   TEST_CASE(queue_that_stays_on_keeps_no_other_on),
	   TEST_CASE(queue_that_does_not_turn_on_is_not_written),
	   TEST_CASE(queues_lie_where_the_manual_puts_them), TEST_CASE(reserved_values_are_refused),
	   TEST_CASE(pages_that_firmware_does_not_describe_are_left));
