// SPDX-License-Identifier: GPL-2.0-only
// Stalled transactions and power: a suspend ends them without waiting for an answer, and an answer that comes later
// does not resume another transaction with the same STAG.
#include "kunit/smmu/fixture/every_access.hpp"
#include "kunit/smmu/fixture/stalls.hpp"

using namespace test;
using model::Outcome;
using model::StallState;

namespace {

constexpr u32 kDmaSid = 11;

struct Scene {
	explicit Scene(Case& the_case, const Setup& setup = {})
		: t(the_case),
		  board(the_case, setup),
		  space(board),
		  device(board, {kDmaSid})
	{
		EXPECT_EQ(t, device.attach(space), 0);
	}
	~Scene() { EXPECT_EQ(t, board.smmu.stalled(), 0); }

	model::Dma stall(u64 iova = kIova) { return board.dma(kDmaSid, iova); }
	u32 faults() { return board.reports.nr_faults; }

	Case& t;
	PowerBoard board;
	ResolvedSpace space;
	StallingDevice device;
};

void suspend_ends_what_waits_and_waits_for_no_answer(Case& t)
{
	for (bool retain : {false, true}) {
		Scene scene(t);
		EXPECT_EQ(t, scene.stall().outcome, Outcome::kStalled);
		EXPECT_EQ(t, scene.faults(), 1);
		ASSERT(t, scene.board.down(retain));
		answer(scene.board, 0, SMMU_STALL_RETRY);
		ASSERT_EQ(t, scene.board.wake(), 0);
		// Another transaction may have got the same STAG.
		EXPECT_EQ(t, scene.stall().outcome, Outcome::kStalled);
		ASSERT_EQ(t, scene.faults(), 2);
		answer(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.board.smmu.stalled(), 1);
		answer(scene.board, 1, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.board.ops(model::Op::RESUME), 1);
	}
}

void answer_after_a_resume_resumes_no_other_transaction(Case& t)
{
	Scene scene(t);
	const model::Dma before = scene.stall();
	ASSERT(t, scene.board.cycle());
	const model::Dma after = scene.stall();
	EXPECT_EQ(t, before.stag, after.stag);
	answer(scene.board, 0, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.board.smmu.stall(after.stag), StallState::kWaiting);
	answer(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.smmu.stall(after.stag), StallState::kRetry);
}

void detach_while_suspended_touches_no_register(Case& t)
{
	Scene scene(t);
	scene.stall();
	ASSERT(t, scene.board.down());
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 0));
	scene.device.destroy();
	ASSERT_EQ(t, scene.board.wake(), 0);
}

// Nothing could stall when it was suspended.
void device_that_may_stall_comes_while_suspended(Case& t)
{
	PowerBoard board(t);
	ResolvedSpace space(board);
	ASSERT(t, board.down());
	{
		StallingDevice device(board, {kDmaSid});
		EXPECT_EQ(t, device.attach(space), 0);
		EXPECT_EQ(t, device.attach_blocked(), 0);
		EXPECT_EQ(t, device.attach(space), 0);
		ASSERT_EQ(t, board.wake(), 0);
		EXPECT_EQ(t, board.dma(kDmaSid, kIova).outcome, Outcome::kStalled);
		answer_all(board, SMMU_STALL_RETRY);
		EXPECT_EQ(t, board.smmu.stalled(), 0);
	}
}

// Memory may be what the resume of another device has to be waited for.
void suspend_that_finds_records_allocates_nothing(Case& t)
{
	Scene scene(t);
	const model::Dma dma = scene.board.smmu.translate(kDmaSid, std::nullopt, kIova, {});
	EXPECT_EQ(t, dma.outcome, Outcome::kStalled);
	test_fail_alloc(1);
	EXPECT_EQ(t, scene.board.suspend(), 0);
	EXPECT(t, !test_alloc_failed());
	test_fail_alloc(0);
	EXPECT_EQ(t, scene.board.reports.events, 1);
	EXPECT_EQ(t, scene.board.ops(model::Op::RESUME), 0);
	EXPECT_EQ(t, scene.board.resume(), 0);
}

// ---- at each access of a suspend and a resume ----

// It ends in the suspend, or waits when the SMMU has resumed.
void resolve_all(Scene& scene)
{
	scene.board.drain();
	EXPECT(scene.t, scene.faults() >= 1 && scene.faults() <= 3);
	answer_all(scene.board, SMMU_STALL_RETRY);
	EXPECT_EQ(scene.t, scene.board.smmu.stalled(), 0);
	const u32 before = scene.faults();
	EXPECT_EQ(scene.t, scene.stall(kIova + 2 * kPage).outcome, Outcome::kStalled);
	EXPECT_EQ(scene.t, scene.faults(), before + 1);
	answer(scene.board, before, SMMU_STALL_RETRY);
}

constexpr EveryAccess<Scene> kStalled{
	.before = [](Scene& s) { s.stall(); }, .act = nullptr, .after = resolve_all};

void answer_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kStalled;
	each.act = [](Scene& s) { answer(s.board, 0, SMMU_STALL_RETRY); };
	each.run(t);
}

void timeout_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kStalled;
	each.act = [](Scene& s) { EXPECT(s.t, !smmu_core_abort_stalls(s.board.core, 0)); };
	each.run(t);
}

void detach_and_attach_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kStalled;
	each.act = [](Scene& s) {
		EXPECT_EQ(s.t, s.device.attach_blocked(), 0);
		EXPECT_EQ(s.t, s.device.attach(s.space), 0);
	};
	each.run(t);
}

void device_goes_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kStalled;
	each.act = [](Scene& s) { s.device.destroy(); };
	each.after = [](Scene& s) {
		s.board.drain();
		EXPECT_EQ(s.t, s.board.smmu.stalled(), 0);
		answer_all(s.board, SMMU_STALL_RETRY);
	};
	each.run(t);
}

void fault_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kStalled;
	each.act = [](Scene& s) {
		(void)s.board.smmu.translate(kDmaSid, std::nullopt, kIova + kPage, {});
	};
	each.anywhere = true;
	each.run(t);
}

// An interrupt's thread reports it at once.
void fault_is_reported_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kStalled;
	each.act = [](Scene& s) {
		(void)s.board.smmu.translate(kDmaSid, std::nullopt, kIova + kPage, {});
		s.board.drain();
	};
	each.run(t);
}

// ---- a suspend that is undone ----

void suspend_that_does_not_stop_translation_leaves_them(Case& t)
{
	Scene scene(t);
	const model::Dma dma = scene.stall();
	scene.board.suspend_without(model::Ack::kGbpa);
	EXPECT_EQ(t, scene.board.smmu.stall(dma.stag), StallState::kWaiting);
	answer(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.smmu.stall(dma.stag), StallState::kRetry);
}

void suspend_whose_cr0_is_not_acknowledged_leaves_them(Case& t)
{
	Scene scene(t, register_setup());
	const model::Dma dma = scene.stall();
	scene.board.expected_violations = 1;  // CR0 is written again
	scene.board.suspend_without(model::Ack::kCr0);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, scene.board.smmu.stall(dma.stag), StallState::kWaiting);
	answer(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.smmu.stall(dma.stag), StallState::kRetry);
	EXPECT_EQ(t, scene.stall(kIova + kPage).outcome, Outcome::kStalled);
	EXPECT_EQ(t, scene.faults(), 2);
	answer(scene.board, 1, SMMU_STALL_RETRY);
}

// The SMMU stops after it was given up, and then works again: what has its tag is not the transaction of before.
void suspend_whose_cr0_is_acknowledged_late_has_ended_them(Case& t)
{
	Scene scene(t, register_setup());
	const model::Dma before = scene.stall();
	test_clock_fake(true);
	scene.board.ns_per_poll = 100'000'000;
	scene.board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		if (!test_log_count("not acknowledged"))
			return;
		board.smmu.delay_ack(model::Ack::kCr0, 0);
		board.smmu.finish_acks();
	};
	EXPECT(t, scene.board.suspend() != 0);
	scene.board.on_access = nullptr;
	test_clock_fake(false);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, scene.board.smmu.stalled(), 0);
	const model::Dma after = scene.stall(kIova + kPage);
	EXPECT_EQ(t, after.stag, before.stag);
	answer(scene.board, 0, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.board.smmu.stall(after.stag), StallState::kWaiting);
	answer(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.smmu.stall(after.stag), StallState::kRetry);
}

// No later look reports them.
void smmu_that_is_given_up_forgets_them(Case& t)
{
	Scene scene(t, register_setup());
	scene.stall();
	test_clock_fake(true);
	scene.board.ns_per_poll = 100'000'000;
	scene.board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	scene.board.smmu.delay_ack(model::Ack::kGbpa, model::kForever);
	scene.board.stop();
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 0));
	EXPECT_EQ(t, test_log_count("faults not resolved"), 0);
	scene.board.smmu.delay_ack(model::Ack::kCr0, 0);
	scene.board.smmu.delay_ack(model::Ack::kGbpa, 0);
	scene.board.smmu.finish_acks();
	test_clock_fake(false);
}

// It may have no power.
void detach_of_a_failed_smmu_touches_no_register(Case& t)
{
	Scene scene(t, register_setup());
	ASSERT(t, scene.board.down());
	test_clock_fake(true);
	scene.board.on_access = [](PowerBoard& board, u32, bool write) {
		const auto& access = board.last_access;
		if (write && access.offset == model::reg::CR0 && access.value & model::cr0::SMMUEN)
			board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	};
	scene.board.expected_violations = 1;  // CR0 is written again
	EXPECT(t, scene.board.wake() != 0);
	scene.board.on_access = nullptr;
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_FAILED);
	scene.board.take_counts();
	(void)scene.device.attach_blocked();
	EXPECT_EQ(t, scene.board.access_count, 0);
	scene.board.smmu.delay_ack(model::Ack::kCr0, 0);
	scene.board.smmu.finish_acks();
	test_clock_fake(false);
}

void suspend_that_is_rolled_back_has_ended_them(Case& t)
{
	Scene scene(t, register_setup());
	scene.stall();
	scene.board.suspend_without(model::Ack::kIrqCtrl);
	EXPECT_EQ(t, scene.board.smmu.stalled(), 0);
	answer(scene.board, 0, SMMU_STALL_RETRY);
}

void stop_ends_what_waits(Case& t)
{
	Scene scene(t);
	scene.stall();
	scene.board.stop();
	EXPECT_EQ(t, scene.board.smmu.stalled(), 0);
	answer(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.ops(model::Op::RESUME), 0);
}

}  // namespace

TEST_SUITE(stalls_power, TEST_CASE(suspend_ends_what_waits_and_waits_for_no_answer),
	   TEST_CASE(answer_after_a_resume_resumes_no_other_transaction),
	   TEST_CASE(detach_while_suspended_touches_no_register),
	   TEST_CASE(device_that_may_stall_comes_while_suspended),
	   TEST_CASE(suspend_that_finds_records_allocates_nothing),
	   TEST_CASE(answer_at_every_access), TEST_CASE(timeout_at_every_access),
	   TEST_CASE(detach_and_attach_at_every_access), TEST_CASE(device_goes_at_every_access),
	   TEST_CASE(fault_at_every_access), TEST_CASE(fault_is_reported_at_every_access),
	   TEST_CASE(suspend_that_does_not_stop_translation_leaves_them),
	   TEST_CASE(suspend_whose_cr0_is_not_acknowledged_leaves_them),
	   TEST_CASE(suspend_whose_cr0_is_acknowledged_late_has_ended_them),
	   TEST_CASE(smmu_that_is_given_up_forgets_them),
	   TEST_CASE(detach_of_a_failed_smmu_touches_no_register),
	   TEST_CASE(suspend_that_is_rolled_back_has_ended_them), TEST_CASE(stop_ends_what_waits));
