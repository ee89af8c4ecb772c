// SPDX-License-Identifier: GPL-2.0-only
// A CMD_SYNC that does not complete, and what is logged.
#include "arm-smmu-v3/core.h"

#include "kunit/base/errno.hpp"
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"

using namespace model;
using namespace test::errnos;
using test::Board;
using test::Case;

namespace {

void queue_that_never_drains(Case& t)
{
	test_clock_fake(true);
	Board board(t, test::register_setup());
	board.ns_per_poll = 10'000'000;
	ASSERT_EQ(t, board.create(), 0);
	board.smmu.hold_sync(true);
	EXPECT_EQ(t, board.start(), kTimedOut);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 1);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	EXPECT_EQ(t, board.stats().power.state, SMMU_POWER_FAILED);
	EXPECT(t, board.blocked(1, 0x1000));
	EXPECT(t, !(board.smmu.regs().cr0 & cr0::SMMUEN));
	test_log_clear();
	EXPECT_EQ(t, board.stats().power.state, SMMU_POWER_FAILED);
	board.stop();
	EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
	EXPECT_EQ(t, board.smmu.regs().irq_ctrlack, 0);
	EXPECT(t, board.blocked(1, 0x1000));
	board.smmu.hold_sync(false);
}

// As the in-tree driver says it: what was entered, and what the SMMU was given and has consumed.
void timeout_is_logged_with_the_registers(Case& t)
{
	test_clock_fake(true);
	Board board(t, test::register_setup());
	board.up();
	test::UsedSpace space(board);
	board.ns_per_poll = 10'000'000;
	board.smmu.hold_sync(true);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.smmu.regs().cmdq.prod, 0x10);
	EXPECT_EQ(t, board.smmu.regs().cmdq.cons, 0xf);
	EXPECT_EQ(t,
		  test_log_count("CMD_SYNC timeout at 0x00000010 [hwprod 0x00000010, hwcons "
				 "0x0000000f]"),
		  1);
	board.reports.muted = true;
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 2);
	EXPECT_EQ(t, board.reports.lines[SMMU_LINE_TIMEOUT], 2);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 1);
	board.smmu.hold_sync(false);
}

// The queue is stopped while a producer waits: power may be off when it gives up.
void timeout_reads_no_register_of_a_stopped_queue(Case& t)
{
	test_clock_fake(true);
	Board board(t, test::register_setup());
	board.up();
	test::UsedSpace space(board);
	board.ns_per_poll = 10'000'000;
	board.smmu.hold_sync(true);
	board.before_read = [](Board& b, u32 offset) {
		if (offset == reg::GERROR && !(b.smmu.regs().gerror & gerror::SFM_ERR))
			b.smmu.enter_sfm();
		EXPECT(b.t, offset != reg::CMDQ_PROD);
	};
	smmu_core_flush_domain(space.domain);
	board.before_read = nullptr;
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 1);
	EXPECT_EQ(t, test_log_count("hwprod"), 0);
	board.smmu.hold_sync(false);
}

}  // namespace

TEST_SUITE(commands, TEST_CASE(queue_that_never_drains),
	   TEST_CASE(timeout_is_logged_with_the_registers),
	   TEST_CASE(timeout_reads_no_register_of_a_stopped_queue));
