// SPDX-License-Identifier: GPL-2.0-only
// Streams that firmware keeps alive (ACPI RMR): their DMA goes on, whatever becomes of the SMMU.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr u32 kReserved = 5, kOther = 6;
constexpr u64 kAddress = 0x123'4000;

struct Scene {
	explicit Scene(Case& the_case, Setup setup = test::register_setup())
		: t(the_case),
		  board(the_case, setup)
	{
		EXPECT_EQ(t, board.create(), 0);
		EXPECT_EQ(t, smmu_core_reserve_bypass(board.core, &kReserved, 1), 0);
		EXPECT_EQ(t, board.start(), 0);
		goes_on();
		EXPECT(t, board.blocked(kOther, kAddress));
	}

	void goes_on()
	{
		EXPECT_EQ(t, board.smmu.translate(kReserved, std::nullopt, kAddress, {}).pa,
			  kAddress);
	}
	int suspend() { return smmu_core_suspend(board.core); }
	int resume() { return smmu_core_resume(board.core); }

	// The stream is looked at after each write of a register, and before each command.
	void watch()
	{
		board.boundary_context = this;
		board.boundary = [](void* scene) { static_cast<Scene*>(scene)->goes_on(); };
	}
	void look_away() { board.boundary = nullptr; }

	Case& t;
	Board board;
};

void suspend_and_resume_let_it_go_on(Case& t)
{
	Scene scene(t);
	scene.watch();
	EXPECT_EQ(t, scene.suspend(), 0);
	EXPECT_EQ(t, scene.resume(), 0);
	scene.look_away();
	EXPECT(t, scene.board.blocked(kOther, kAddress));
}

// Firmware's GBPA, not the one that reset gives.
void power_loss_brings_back_what_firmware_had(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.suspend(), 0);
	scene.board.smmu.power_off();
	scene.board.smmu.power_on();
	scene.watch();
	EXPECT_EQ(t, scene.resume(), 0);
	scene.look_away();
	EXPECT(t, scene.board.blocked(kOther, kAddress));
}

void exit_lets_it_go_on(Case& t)
{
	Scene scene(t);
	scene.watch();
	smmu_core_stop(scene.board.core, SMMU_EXIT_FIRMWARE);
	scene.goes_on();
	scene.look_away();
	EXPECT_EQ(t, scene.board.smmu.regs().cr0ack, 0);
	EXPECT_EQ(t, test_log_count("DMA behind it is not translated"), 1);
}

// As the user has asked for.
void exit_may_abort_it(Case& t)
{
	Scene scene(t);
	smmu_core_stop(scene.board.core, SMMU_EXIT_ABORT);
	EXPECT(t, scene.board.blocked(kReserved, kAddress));
}

// Isolation comes first: devices of others are behind it.
void smmu_that_fails_aborts_it(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.suspend(), 0);
	test_clock_fake(true);
	scene.board.smmu.delay_ack(Ack::kCr0, kForever);
	EXPECT_EQ(t, scene.resume(), -110);
	EXPECT(t, scene.board.blocked(kReserved, kAddress));
	EXPECT(t, scene.board.blocked(kOther, kAddress));
	scene.board.smmu.delay_ack(Ack::kCr0, 0);
	scene.board.smmu.finish_acks();
}

// An SMMU that has never translated has isolated no device.
void smmu_that_does_not_start_lets_it_go_on(Case& t)
{
	Board board(t, test::register_setup());
	ASSERT_EQ(t, board.create(), 0);
	ASSERT_EQ(t, smmu_core_reserve_bypass(board.core, &kReserved, 1), 0);
	test_clock_fake(true);
	board.smmu.delay_ack(Ack::kIrqCtrl, kForever);
	board.ns_per_poll = 1'000'000;
	EXPECT_EQ(t, board.start(), -110);
	EXPECT(t, board.dma(kReserved, kAddress).ok());
	board.smmu.delay_ack(Ack::kIrqCtrl, 0);
	board.smmu.finish_acks();
}

// From a translation to bypass in one step: nothing in between aborts.
void device_that_goes_leaves_it_bypassing(Case& t)
{
	Setup setup = test::register_setup();
	setup.options.deferred = true;
	Board board(t, setup);
	board.step_on_poll = true;
	ASSERT_EQ(t, board.create(), 0);
	ASSERT_EQ(t, smmu_core_reserve_bypass(board.core, &kReserved, 1), 0);
	ASSERT_EQ(t, board.start(), 0);
	Space space(board);
	ASSERT(t, space.map(kAddress, kAddress, 0x1000));
	Device device(board, {kReserved});
	ASSERT_EQ(t, device.attach(space), 0);
	board.boundary_context = &board;
	board.boundary = [](void* context) {
		auto* b = static_cast<Board*>(context);
		EXPECT_EQ(b->t, b->smmu.translate(kReserved, std::nullopt, kAddress, {}).pa,
			  kAddress);
	};
	device.destroy();
	board.boundary = nullptr;
	EXPECT(t, board.dma(kReserved, kAddress).outcome == Outcome::kBypassed);
}

// A mistake of firmware costs one stream, not the SMMU.
void bad_stream_ids_are_left_out(Case& t)
{
	Board board(t, test::register_setup());
	ASSERT_EQ(t, board.create(), 0);
	constexpr u32 kSids[] = {0x10000, kReserved, kReserved, 0xffff'ffff};
	EXPECT_EQ(t, smmu_core_reserve_bypass(board.core, kSids, 4), 0);
	EXPECT_EQ(t, test_log_count("reserved stream ID 0x10000 is out of range"), 1);
	EXPECT_EQ(t, test_log_count("reserved stream ID 0xffffffff is out of range"), 1);
	EXPECT_EQ(t, board.start(), 0);
	EXPECT_EQ(t, board.dma(kReserved, kAddress).pa, kAddress);
}

}  // namespace

TEST_SUITE(reserved, TEST_CASE(suspend_and_resume_let_it_go_on),
	   TEST_CASE(power_loss_brings_back_what_firmware_had), TEST_CASE(exit_lets_it_go_on),
	   TEST_CASE(exit_may_abort_it), TEST_CASE(smmu_that_fails_aborts_it),
	   TEST_CASE(smmu_that_does_not_start_lets_it_go_on),
	   TEST_CASE(device_that_goes_leaves_it_bypassing), TEST_CASE(bad_stream_ids_are_left_out));
