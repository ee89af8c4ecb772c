// SPDX-License-Identifier: GPL-2.0-only
// Page requests and power: each has its response before the SMMU stops, since none has an effect after.
#include "kunit/smmu/fixture/every_access.hpp"
#include "kunit/smmu/fixture/pri.hpp"

using namespace test;
using model::PrgCode;

namespace {

constexpr u32 kDmaSid = 11;

struct Scene {
	explicit Scene(Case& the_case, const Setup& setup = {})
		: t(the_case),
		  board(the_case, setup),
		  space(board),
		  device(board, kDmaSid)
	{
		EXPECT_EQ(t, device.enter(space), 0);
	}
	~Scene() { EXPECT_EQ(t, device.pri.waiting(), 0); }

	Case& t;
	PowerBoard board;
	ResolvedSpace space;
	PriDevice device;
};

void suspend_answers_what_waits_and_what_is_recorded(Case& t)
{
	for (bool retain : {false, true}) {
		Scene scene(t);
		EXPECT(t, scene.device.request(1));
		EXPECT(t, scene.device.request_unheard(2, false));
		EXPECT(t, scene.device.request_unheard(2));
		ASSERT(t, scene.board.down(retain));
		EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kInvalid);
		EXPECT_EQ(t, scene.device.pri.response(2), PrgCode::kInvalid);
		EXPECT_EQ(t, scene.board.reports.nr_groups, 1);
		answer_group(scene.board, 0, SMMU_STALL_RETRY);
		ASSERT_EQ(t, scene.board.wake(), 0);
		EXPECT_EQ(t, scene.device.grant(), 0);
		EXPECT(t, scene.device.request(1));
		answer_group(scene.board, 0, SMMU_STALL_ABORT);
		EXPECT(t, scene.device.pri.waits(1));
		answer_group(scene.board, 1, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kSuccess);
	}
}

// Memory may be what the resume of another device has to be waited for.
void suspend_that_finds_requests_allocates_nothing(Case& t)
{
	Scene scene(t);
	EXPECT(t, scene.device.request_unheard(1, false));
	EXPECT(t, scene.device.request_unheard(1));
	test_fail_alloc(1);
	EXPECT_EQ(t, scene.board.suspend(), 0);
	EXPECT(t, !test_alloc_failed());
	test_fail_alloc(0);
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kInvalid);
	EXPECT_EQ(t, scene.board.resume(), 0);
}

void requests_before_a_suspend_are_no_part_of_later_groups(Case& t)
{
	Scene scene(t);
	EXPECT(t, scene.device.request(1, false, 0x1000));
	ASSERT(t, scene.board.cycle());
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT(t, scene.device.request(1, true, 0x2000));
	ASSERT_EQ(t, scene.board.reports.nr_groups, 1);
	EXPECT_EQ(t, scene.board.reports.groups[0].size, 1);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

// No register is accessed.
void withdrawal_and_grant_while_suspended(Case& t)
{
	Scene scene(t);
	EXPECT(t, scene.device.request(1));
	ASSERT(t, scene.board.down());
	scene.device.disable();
	scene.device.withdraw();
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT(t, scene.device.enable() != 0);
	ASSERT_EQ(t, scene.board.wake(), 0);
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT(t, scene.device.request(1));
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kSuccess);
}

// The SMMU of a device without a grant takes no register access more: the suite suspend counts them.
void device_without_a_grant_gets_no_response_from_a_suspend(Case& t)
{
	PowerBoard board(t);
	EXPECT(t, board.smmu.page_request(kDmaSid, std::nullopt, 0, 1, true, {}));
	ASSERT(t, board.down());
	EXPECT_EQ(t, board.reports.page_requests, 1);
	EXPECT_EQ(t, board.ops(model::Op::PRI_RESP), 0);
	ASSERT_EQ(t, board.wake(), 0);
}

// ---- at each access of a suspend and a resume ----

// Whatever has been requested is answered, and the device requests again.
void works(Scene& scene)
{
	scene.board.drain();
	for (u32 i = 0; i < scene.board.reports.nr_groups; i++)
		answer_group(scene.board, i, SMMU_STALL_RETRY);
	EXPECT_EQ(scene.t, scene.device.pri.waiting(), 0);
	EXPECT_EQ(scene.t, scene.device.enable(), 0);
	const u32 before = scene.board.reports.nr_groups;
	EXPECT(scene.t, scene.device.request(9));
	EXPECT_EQ(scene.t, scene.board.reports.nr_groups, before + 1);
	answer_group(scene.board, before, SMMU_STALL_RETRY);
	EXPECT_EQ(scene.t, scene.device.pri.response(9), PrgCode::kSuccess);
}

constexpr EveryAccess<Scene> kRequested{
	.before = [](Scene& s) { EXPECT(s.t, s.device.request(1)); },
	.act = nullptr,
	.after = works,
};

void answer_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kRequested;
	each.act = [](Scene& s) { answer_group(s.board, 0, SMMU_STALL_RETRY); };
	each.run(t);
}

void withdrawal_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kRequested;
	each.act = [](Scene& s) { s.device.disable(); };
	each.run(t);
}

void detach_and_attach_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kRequested;
	each.act = [](Scene& s) {
		s.device.leave();
		EXPECT_EQ(s.t, s.device.attach(s.space), 0);
	};
	each.run(t);
}

void device_goes_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kRequested;
	each.act = [](Scene& s) {
		s.device.pri.disable();
		s.device.atc.disable();
		s.device.destroy();
	};
	each.after = [](Scene& s) {
		s.board.drain();
		EXPECT_EQ(s.t, s.device.pri.waiting(), 0);
		answer_group(s.board, 0, SMMU_STALL_RETRY);
	};
	each.run(t);
}

// By the SMMU or by the driver: no request stays without a response.
void request_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kRequested;
	each.anywhere = true;
	each.act = [](Scene& s) {
		(void)s.device.request_unheard(2, false);
		(void)s.device.request_unheard(2);
	};
	each.run(t);
}

// ---- a suspend that is undone ----

void suspend_that_does_not_begin_leaves_what_waits(Case& t)
{
	Scene scene(t);
	EXPECT(t, scene.device.request(1));
	scene.board.suspend_without(model::Ack::kGbpa);
	EXPECT(t, scene.device.pri.waits(1));
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kSuccess);
	EXPECT(t, scene.device.request(1));
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
}

// The suspend is undone, once the registers work again.
void suspend_and_roll_back(Scene& scene, model::Ack ack)
{
	static constinit model::Ack late;

	late = ack;
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		if (!test_log_count("not acknowledged"))
			return;
		board.smmu.delay_ack(late, 0);
		board.smmu.finish_acks();
	};
	scene.board.suspend_without(ack);
	scene.board.on_access = nullptr;
	EXPECT_EQ(scene.t, scene.board.stats().power.rollbacks, 1);
	EXPECT_EQ(scene.t, scene.board.state(), SMMU_POWER_ACTIVE);
}

void suspend_that_is_rolled_back_takes_requests_again(Case& t)
{
	Scene scene(t, register_setup());
	EXPECT(t, scene.device.request(1));
	suspend_and_roll_back(scene, model::Ack::kIrqCtrl);
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kInvalid);
	works(scene);
}

// The queue is not off before the acknowledgement.
void suspend_that_does_not_stop_the_queue_leaves_what_waits(Case& t)
{
	Scene scene(t, register_setup());
	EXPECT(t, scene.device.request(1));
	scene.board.expected_violations = 1;  // a field of CR0 changes again too early (power.rst)
	scene.board.suspend_without(model::Ack::kCr0);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_ACTIVE);
	EXPECT(t, scene.device.pri.waits(1));
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kSuccess);
	works(scene);
}

void queue_is_on_again_if_translation_does_not_stop(Case& t)
{
	Scene scene(t, register_setup());
	EXPECT(t, scene.device.request(1));
	scene.board.expected_violations = 1;
	test_clock_fake(true);
	scene.board.ns_per_poll = 100'000'000;
	scene.board.on_access = [](PowerBoard& board, u32, bool write) {
		if (write && board.last_access.offset == model::reg::CR0)
			board.smmu.delay_ack(
				model::Ack::kCr0,
				board.last_access.value & model::cr0::SMMUEN ? 0 : model::kForever);
	};
	EXPECT(t, scene.board.suspend() != 0);
	scene.board.on_access = nullptr;
	test_clock_fake(false);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kInvalid);
	EXPECT(t, scene.board.smmu.regs().cr0ack & model::cr0::PRIQEN);
	works(scene);
}

void stop_answers_what_waits(Case& t)
{
	Scene scene(t);
	EXPECT(t, scene.device.request(1));
	scene.board.stop();
	EXPECT_EQ(t, scene.device.pri.response(1), PrgCode::kInvalid);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.ops(model::Op::PRI_RESP), 1);
}

}  // namespace

TEST_SUITE(pri_power, TEST_CASE(suspend_answers_what_waits_and_what_is_recorded),
	   TEST_CASE(suspend_that_finds_requests_allocates_nothing),
	   TEST_CASE(requests_before_a_suspend_are_no_part_of_later_groups),
	   TEST_CASE(withdrawal_and_grant_while_suspended),
	   TEST_CASE(device_without_a_grant_gets_no_response_from_a_suspend),
	   TEST_CASE(answer_at_every_access), TEST_CASE(withdrawal_at_every_access),
	   TEST_CASE(detach_and_attach_at_every_access), TEST_CASE(device_goes_at_every_access),
	   TEST_CASE(request_at_every_access),
	   TEST_CASE(suspend_that_does_not_begin_leaves_what_waits),
	   TEST_CASE(suspend_that_is_rolled_back_takes_requests_again),
	   TEST_CASE(suspend_that_does_not_stop_the_queue_leaves_what_waits),
	   TEST_CASE(queue_is_on_again_if_translation_does_not_stop),
	   TEST_CASE(stop_answers_what_waits));
