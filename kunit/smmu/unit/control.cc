// SPDX-License-Identifier: GPL-2.0-only
// Writes that the SMMU has to acknowledge, and messages for its interrupts.
#include "arm-smmu-v3/core.h"

#include "kunit/base/errno.hpp"
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"
#include "kunit/smmu/fixture/firmware.hpp"
#include "kunit/smmu/fixture/register_log.hpp"

using namespace model;
using namespace test::errnos;
using test::Board;
using test::Case;
using test::expect_start;
using test::Firmware;
using test::kGbpaReset;

namespace {

// An SMMU that does not acknowledge `which` is refused, in words, and lets nothing through until it is stopped.
// Then devices have to work without it: DMA is as it was before, but what firmware translated aborts.
void refuse_silent(Case& t, Ack which, const char* words)
{
	test_clock_fake(true);
	for (bool translating : {false, true}) {
		test_log_clear();
		Board board(t);
		std::optional<Firmware> firmware;
		const u32 found = board.smmu.regs().gbpa;
		if (translating)
			firmware.emplace(board);
		ASSERT_EQ(t, board.create(), 0);
		board.smmu.delay_ack(which, kForever);
		EXPECT_EQ(t, board.start(), kTimedOut);
		EXPECT_EQ(t, test_log_count(words), 1);
		EXPECT_EQ(t, board.stats().power.state, SMMU_POWER_FAILED);
		// Its acknowledgements are not waited for from now on, and it reports nothing.
		test::UsedSpace space(board);
		smmu_core_flush_domain(space.domain);
		EXPECT_EQ(t, board.stats().sync_timeouts, 0);
		board.smmu.delay_ack(which, 0);
		board.smmu.finish_acks();
		if (which != Ack::kGbpa)
			EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
		// Off in the end, and without a queue that was never set up.
		board.smmu.clear_logs();
		board.stop(SMMU_EXIT_FIRMWARE);
		EXPECT(t, !board.wrote(reg::CR0, cr0::CMDQEN));
		EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
		EXPECT_EQ(t, board.smmu.regs().gbpa, found | (translating ? gbpa::ABORT : 0));
		EXPECT_EQ(t, board.blocked(Firmware::kSid, Firmware::kIova), translating);
		EXPECT_EQ(t, test_log_count("aborts"), translating);
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it is not translated"),
			  !translating);
	}
}

void cr0_never_acknowledged(Case& t)
{
	refuse_silent(t, Ack::kCr0, "CR0 update not acknowledged");
}

void irq_ctrl_never_acknowledged(Case& t)
{
	refuse_silent(t, Ack::kIrqCtrl, "IRQ_CTRL update not acknowledged: wrote 0x7");
}

void gbpa_never_updated(Case& t)
{
	refuse_silent(t, Ack::kGbpa, "GBPA.Update does not clear");
}

void late_acknowledgements_are_waited_for(Case& t)
{
	test_clock_fake(true);
	Board board(t);
	for (Ack which : {Ack::kCr0, Ack::kIrqCtrl, Ack::kGbpa})
		board.smmu.delay_ack(which, 100);
	board.up();
	expect_start(board, kGbpaReset, 0);
}

// Messages set before the start are written by it, later ones at once.
void interrupts_by_message(Case& t)
{
	Board board(t);
	ASSERT_EQ(t, board.create(), 0);
	smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8020040, 0x1111);
	smmu_core_set_msi(board.core, SMMU_VECTOR_GERROR, 0xf'ffff'ffff'fffc, 0xffffffff);
	smmu_core_set_msi(board.core, SMMU_VECTOR_PRIQ, 0x8020044, 0x3333);
	EXPECT_EQ(t, board.smmu.stats().writes, 0);
	ASSERT_EQ(t, board.start(), 0);
	const Regs& regs = board.smmu.regs();
	EXPECT_EQ(t, regs.irq[0].addr, 0x8020040);
	EXPECT_EQ(t, regs.irq[0].data, 0x1111);
	EXPECT_EQ(t, regs.irq[0].attr, 1);
	EXPECT_EQ(t, regs.irq[1].addr, 0x8020044);
	EXPECT_EQ(t, regs.irq[1].data, 0x3333);
	EXPECT_EQ(t, regs.irq[3].addr, 0xf'ffff'ffff'fffc);
	EXPECT_EQ(t, regs.irq[3].data, 0xffffffff);
	board.lose_messages = true;  // no device is at these addresses
	EXPECT(t, board.blocked(1, 0));
	ASSERT_EQ(t, board.smmu.msis().total(), 2);  // CMD_SYNC's, and this
	EXPECT_EQ(t, board.smmu.msis().last().addr, 0x8020040);
	EXPECT_EQ(t, board.smmu.msis().last().data, 0x1111);
	board.lose_messages = false;
}

}  // namespace

TEST_SUITE(control, TEST_CASE(cr0_never_acknowledged), TEST_CASE(irq_ctrl_never_acknowledged),
	   TEST_CASE(gbpa_never_updated), TEST_CASE(late_acknowledgements_are_waited_for),
	   TEST_CASE(interrupts_by_message));
