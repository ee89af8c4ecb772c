// SPDX-License-Identifier: GPL-2.0-only
// How stalled transactions end: in the order of their records, once there is room in the command queue, and with few
// lines in the log.
#include "kunit/smmu/fixture/stalling.hpp"

using namespace test::stalling;
using test::Case;
using test::Device;
using test::Setup;

namespace {

constexpr u64 kSecond = 1'000'000'000;

// Transactions that are held.  From then on the SMMU consumes one command at each look at CONS.
struct Held {
	static constexpr u32 kCount = 40;

	explicit Held(Case& t)
		: scene(t, test::register_setup())
	{
		Device& device = scene.device;
		EXPECT_EQ(t, device.attach(scene.space), 0);
		for (u32 i = 0; i < kCount; i++)
			dma[i] = scene.stall(kIova + i * kPage, i % 2 ? kSid : kSecondSid);
		scene.board.smmu.set_deferred(true);
		scene.board.step_on_poll = true;
		scene.board.boundary_context = this;
		scene.board.boundary = [](void* context) { static_cast<Held*>(context)->look(); };
	}

	bool waits(u32 number) { return scene.state(dma[number]) == StallState::kWaiting; }
	// The first that waits: no other has ended behind it.
	void look()
	{
		u32 first = 0;
		while (first < kCount && !waits(first))
			first++;
		for (u32 i = first; i < kCount; i++)
			EXPECT(scene.t, waits(i));
		steps += first != ended;
		ended = first;
	}
	void all_ended(StallState how)
	{
		scene.board.boundary = nullptr;
		for (const Dma& one : dma)
			EXPECT_EQ(scene.t, scene.state(one), how);
		EXPECT_EQ(scene.t, scene.resumes(), kCount);
		EXPECT(scene.t, steps > kCount / 2);
		scene.device.destroy();
	}

	Scene scene;
	Dma dma[kCount];
	u32 ended = 0, steps = 0;
};

void they_are_tried_again_in_their_order(Case& t)
{
	Held held(t);
	smmu_core_master_report_stalls(held.scene.device.master);
	held.all_ended(StallState::kRetry);
}

void they_are_aborted_in_their_order(Case& t)
{
	Held held(t);
	EXPECT_EQ(t, held.scene.device.attach_blocked(), 0);
	held.all_ended(StallState::kAbort);
}

void they_expire_in_their_order(Case& t)
{
	Held held(t);
	EXPECT(t, !smmu_core_abort_stalls(held.scene.board.core, 0));
	held.all_ended(StallState::kAbort);
	EXPECT_EQ(t, test_log_count("40 faults not resolved"), 1);
	EXPECT_EQ(t, test_log_count("the first of stream ID 0x1234"), 1);
}

void report_of_one_device_leaves_the_others_held(Case& t)
{
	Scene scene(t);
	test::ResolvedSpace space(scene.board);
	test::StallingDevice other(scene.board, {kOtherSid});
	Device& first = scene.device;
	Device& second = other;
	EXPECT_EQ(t, first.attach(scene.space), 0);
	EXPECT_EQ(t, second.attach(space), 0);
	const Dma one = scene.stall(), two = scene.stall(kIova, kOtherSid);
	smmu_core_master_report_stalls(first.master);
	EXPECT_EQ(t, scene.state(one), StallState::kRetry);
	EXPECT_EQ(t, scene.state(two), StallState::kWaiting);
	smmu_core_master_report_stalls(second.master);
	EXPECT_EQ(t, scene.state(two), StallState::kRetry);
}

void those_that_are_held_expire_too(Case& t)
{
	Scene scene(t);
	Device& device = scene.device;
	EXPECT_EQ(t, device.attach(scene.space), 0);
	test_clock_fake(true);
	const Dma dma = scene.stall();
	test_clock_advance(60 * kSecond);
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	test_clock_fake(false);
	EXPECT_EQ(t, scene.state(dma), StallState::kAbort);
	smmu_core_master_report_stalls(device.master);
	EXPECT_EQ(t, scene.resumes(), 1);
}

// The commands of another CPU, whose CMD_SYNC has timed out, are in it.
void answer_waits_for_room_in_the_command_queue(Case& t)
{
	Setup setup = test::register_setup();
	setup.ids.idr1 = (setup.ids.idr1 & ~(0x1fu << 21)) | 7u << 21;  // CMDQS
	Scene scene(t, setup);
	test::Board& board = scene.board;
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	const Dma dma = scene.stall();
	test_clock_fake(true);
	board.smmu.set_deferred(true);
	board.ns_per_poll = 500'000'000;
	for (u32 i = 0; i < 128 && !board.stats().queue_full; i++)
		smmu_core_flush_domain(scene.space.domain);
	EXPECT(t, board.stats().queue_full);
	board.ns_per_poll = 0;
	board.step_on_poll = true;
	test::answer(board, 0, SMMU_STALL_RETRY);
	test_clock_fake(false);
	EXPECT_EQ(t, scene.state(dma), StallState::kRetry);
	board.smmu.set_deferred(false);
}

// A handler in user space can have them repeated.
void expiry_is_logged_within_its_limit(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	scene.board.reports.muted = true;
	const Dma dma = scene.stall();
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 0));
	EXPECT_EQ(t, scene.state(dma), StallState::kAbort);
	EXPECT_EQ(t, scene.board.reports.lines[SMMU_LINE_TIMEOUT], 1);
	EXPECT_EQ(t, test_log_count("faults not resolved"), 0);
	EXPECT_EQ(t, scene.board.stats().stalls_expired, 1);
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 0));
	EXPECT_EQ(t, scene.board.reports.lines[SMMU_LINE_TIMEOUT], 1);
}

}  // namespace

TEST_SUITE(stalls, TEST_CASE(they_are_tried_again_in_their_order),
	   TEST_CASE(they_are_aborted_in_their_order), TEST_CASE(they_expire_in_their_order),
	   TEST_CASE(report_of_one_device_leaves_the_others_held),
	   TEST_CASE(those_that_are_held_expire_too),
	   TEST_CASE(answer_waits_for_room_in_the_command_queue),
	   TEST_CASE(expiry_is_logged_within_its_limit));
