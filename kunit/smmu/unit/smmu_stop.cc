// SPDX-License-Identifier: GPL-2.0-only
// From translating back to off, and to translating again.
#include "arm-smmu-v3/core.h"

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"
#include "kunit/smmu/fixture/firmware.hpp"
#include "kunit/smmu/fixture/register_log.hpp"

using namespace model;
using test::Board;
using test::Case;
using test::expect_writes;
using test::Expected;
using test::Firmware;
using test::kGbpaReset;
using test::Setup;

namespace {

void stop_leaves_it_aborting(Case& t)
{
	Board board(t);
	board.up();
	board.smmu.clear_logs();
	board.stop();
	expect_writes(board, std::to_array<Expected>({
				     {reg::GBPA, 4, kGbpaReset | gbpa::ABORT | gbpa::UPDATE},
				     {reg::CR0, 4, cr0::CMDQEN},
				     {reg::IRQ_CTRL, 4, 0},
				     {reg::CR0, 4, 0},
			     }));
	EXPECT(t, board.blocked(1, 0x1000));
	EXPECT_EQ(t, board.smmu.stats().dma_bypassed, 0);
	// A second time there is nothing to do.
	board.smmu.clear_logs();
	board.stop();
	EXPECT_EQ(t, board.smmu.register_writes().size(), 0);
}

void stop_leaves_it_as_firmware_had_it(Case& t)
{
	for (bool aborting : {false, true}) {
		Setup setup;
		setup.options.gbpa_resets_abort = aborting;
		Board board(t, setup);
		const u32 found = board.smmu.regs().gbpa;
		board.up();
		EXPECT_EQ(t, board.smmu.regs().gbpa, found | gbpa::ABORT);
		board.stop(SMMU_EXIT_FIRMWARE);
		EXPECT_EQ(t, board.smmu.regs().gbpa, found);
		EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
		EXPECT_EQ(t, board.blocked(1, 0x1000), aborting);
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it aborts"), aborting);
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it is not translated"), 1);
	}
}

// What firmware had configured was a translation, and that is gone.
void stop_after_taking_over_leaves_it_aborting(Case& t)
{
	Board board(t);
	Firmware firmware(board);
	board.up();
	board.stop(SMMU_EXIT_FIRMWARE);
	EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
	EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
	EXPECT(t, board.blocked(1, 0x1000));
}

void no_register_after_stop(Case& t)
{
	Board board(t);
	board.up();
	test::Space space(board);
	test::Device device(board, {1});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT(t, space.map(0x1000, 0x5000'0000, 0x1000));
	board.stop();
	board.smmu.power_off();
	EXPECT(t, space.unmap(0x1000, 0x1000));
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT_EQ(t, device.attach(space), 0);
	device.destroy();
	space.destroy();
	EXPECT(t, board.stats().elided > 4);
}

void starts_again_after_stop(Case& t)
{
	Board board(t);
	board.up();
	test::Space space(board);
	test::Device device(board, {1});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT(t, space.map(0x1000, 0x5000'0000, 0x1000));
	for (u32 round = 0; round < 100; round++) {
		EXPECT_EQ(t, board.dma(1, 0x1000).pa, 0x5000'0000);
		EXPECT(t, board.blocked(1, 0x2000));  // an event each time
		for (u32 i = 0; i < round % 7; i++)
			smmu_core_flush_domain(space.domain);
		board.stop();
		EXPECT(t, board.blocked(1, 0x1000));
		board.smmu.clear_logs();
		EXPECT_EQ(t, board.start(), 0);
	}
	EXPECT_EQ(t, board.reports.events, 100);
}

}  // namespace

TEST_SUITE(smmu_stop, TEST_CASE(stop_leaves_it_aborting),
	   TEST_CASE(stop_leaves_it_as_firmware_had_it),
	   TEST_CASE(stop_after_taking_over_leaves_it_aborting), TEST_CASE(no_register_after_stop),
	   TEST_CASE(starts_again_after_stop));
