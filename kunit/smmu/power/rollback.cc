// SPDX-License-Identifier: GPL-2.0-only
// Suspends that do not succeed, resumes that do not, and what is left of the SMMU afterwards.
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;
namespace reg = model::reg;

namespace {

constexpr int kIo = -5, kTimedOut = -110;

// A client with a translation in the TLB, and the clock in hand.
struct Scene {
	explicit Scene(Case& t, const Setup& setup = register_setup())
		: board(t, setup),
		  client(board),
		  other(board)
	{
		test_clock_fake(true);
		board.ns_per_poll = 1'000'000;  // a second is a thousand looks
		client.space.map(kIova, kPa, kPage);
		EXPECT_EQ(t, board.reach(kIova), kPa);
		board.take_counts();
		the_scene = this;
	}

	// The SMMU takes no commands; two that say nothing of the client are left in its queue.
	void stop_consuming()
	{
		board.smmu.set_deferred(true);
		smmu_core_flush_domain(other.domain);
		board.take_counts();
	}
	void move_page()
	{
		EXPECT(board.t, client.space.unmap(kIova, kPage));
		client.space.map(kIova, kPa + kPage, kPage);
	}
	void works(u64 pa)
	{
		EXPECT_EQ(board.t, board.state(), SMMU_POWER_ACTIVE);
		EXPECT_EQ(board.t, board.reach(kIova), pa);
		move_page();
		EXPECT_EQ(board.t, board.reach(kIova), kPa + kPage);
		EXPECT(board.t, board.cycle());
		EXPECT_EQ(board.t, board.reach(kIova), kPa + kPage);
		EXPECT_EQ(board.t, board.smmu.stats().stale_config_hits, 0);
	}
	void rolled_back()
	{
		EXPECT_EQ(board.t, board.stats().power.rollbacks, 1);
		EXPECT_EQ(board.t, board.reports.rollbacks, 1);
		EXPECT_EQ(board.t, test_log_count("disabled after error"), 0);
	}
	// Off for good, whatever is tried.
	void failed()
	{
		board.on_access = nullptr;
		board.take_counts();
		const u64 elided = board.stats().elided;
		for (u32 i = 0; i < 3; i++) {
			EXPECT_EQ(board.t, board.state(), SMMU_POWER_FAILED);
			EXPECT(board.t, board.blocked(PowerBoard::kSid, kIova));
			move_page();
			EXPECT(board.t, board.stats().elided > elided + i);
			EXPECT_EQ(board.t, board.access_count, 0);
			EXPECT_EQ(board.t, board.suspend(), 0);
			board.smmu.power_off(i == 2);
			EXPECT_EQ(board.t, board.wake(), kIo);
			EXPECT(board.t, board.smmu.regs().gbpa & model::gbpa::ABORT);
			EXPECT_EQ(board.t, board.smmu.regs().cr0 & model::cr0::SMMUEN, 0);
			board.take_counts();
			client.space.unmap(kIova, kPage);
			client.space.map(kIova, kPa, kPage);
			EXPECT_EQ(board.t, board.access_count, 0);
		}
		EXPECT_EQ(board.t, test_log_count("disabled after error"), 1);
		EXPECT_EQ(board.t, board.smmu.stats().dma_bypassed, 0);
	}

	PowerBoard board;
	Client client;
	UsedSpace other;
	static constinit inline Scene* the_scene = nullptr;
};

bool writes(const PowerBoard& board, u32 offset, u64 value)
{
	const auto& access = board.last_access;
	return access.write && access.offset == offset && access.value == value;
}

bool reads(const PowerBoard& board, u32 offset)
{
	const auto& access = board.last_access;
	return !access.write && access.offset == offset;
}

// To be called at each access of a suspend.
u32 cr0_writes(const PowerBoard& board)
{
	static constinit u32 count;
	if (board.access_count == 1)
		count = 0;
	if (board.last_access.write && board.last_access.offset == reg::CR0)
		count++;
	return count;
}

// What was elided during a drain that fails is made up for.
void queue_that_does_not_drain_is_rolled_back(Case& t)
{
	Scene scene(t);
	scene.stop_consuming();
	static constinit u32 looks;
	looks = 0;
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		if (reads(board, reg::CMDQ_CONS) && ++looks == 3)
			Scene::the_scene->move_page();
		if (cr0_writes(board) == 2)
			board.smmu.set_deferred(false);
	};
	const u64 elided = scene.board.stats().elided;
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	EXPECT_EQ(t, scene.board.reports.last_drain, kTimedOut);
	EXPECT_EQ(t, scene.board.stats().elided, elided + 1);
	EXPECT_EQ(t, test_log_count("does not drain"), 1);
	scene.board.on_access = nullptr;
	scene.rolled_back();
	EXPECT_EQ(t, scene.board.reach(kIova), kPa + kPage);
	scene.works(kPa + kPage);
}

void queue_that_stays_stuck_fails(Case& t)
{
	Scene scene(t);
	scene.stop_consuming();
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	EXPECT_EQ(t, scene.board.stats().power.rollbacks, 1);
	scene.failed();
}

// Commands at fault in the queue, and no interrupt to say so: the drain looks after them itself.
void errors_are_serviced_within_the_drain(Case& t)
{
	for (auto error : {model::Cerror::ILL, model::Cerror::ABT, model::Cerror::ATC_INV_SYNC}) {
		Scene scene(t);
		scene.stop_consuming();
		scene.board.deliver = false;
		scene.board.smmu.fail_command(error, error == model::Cerror::ATC_INV_SYNC);
		scene.board.on_access = [](PowerBoard& board, u32, bool) {
			if (reads(board, reg::CMDQ_CONS))
				board.smmu.step(1);
		};
		EXPECT_EQ(t, scene.board.suspend(), 0);
		EXPECT_EQ(t, scene.board.stats().gerrors, 1);
		scene.board.on_access = nullptr;
		scene.board.smmu.set_deferred(false);
		scene.board.smmu.power_off();
		EXPECT_EQ(t, scene.board.wake(), 0);
		scene.works(kPa);
	}
}

// CERROR_ATC_INV_SYNC comes again and again: more than any drain can wait for.
void atc_timeout_that_stays_is_rolled_back(Case& t)
{
	Scene scene(t);
	scene.stop_consuming();
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		if (cr0_writes(board) >= 2)
			return board.smmu.set_deferred(false);
		if (!reads(board, reg::CMDQ_CONS))
			return;
		test_clock_advance(10'000'000);
		board.smmu.fail_command(model::Cerror::ATC_INV_SYNC, 0);
		board.smmu.step(1);
	};
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	EXPECT(t, scene.board.stats().gerrors > 10);
	scene.board.smmu.fail_command(model::Cerror::NONE);
	scene.board.on_access = nullptr;
	scene.board.smmu.set_deferred(false);
	EXPECT_EQ(t, scene.board.stats().power.rollbacks, 1);
}

void gbpa_that_never_updates_leaves_translation_on(Case& t)
{
	Scene scene(t);
	scene.board.smmu.delay_ack(model::Ack::kGbpa, model::kForever);
	scene.board.smmu.clear_logs();
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	EXPECT(t, !scene.board.wrote(reg::CR0, model::cr0::CMDQEN));
	EXPECT_EQ(t, test_log_count("GBPA.Update does not clear"), 1);
	scene.rolled_back();
	EXPECT_EQ(t, scene.board.reach(kIova), kPa);
	scene.board.smmu.delay_ack(model::Ack::kGbpa, 0);
	scene.board.smmu.finish_acks();
	scene.works(kPa);
}

// At which step of suspend the acknowledgement is late, and that it comes when the rollback begins: before
// the first look or after it.
void roll_back_late_acknowledgements(Case& t, bool after_the_look)
{
	static constinit u64 late;
	static constinit u32 offset;
	static constinit bool before_write;
	before_write = after_the_look;
	struct Step {
		u32 offset;
		u64 value;
		model::Ack which;
	};
	for (const Step& step :
	     {Step{reg::CR0, model::cr0::CMDQEN, model::Ack::kCr0},
	      Step{reg::CR0, 0, model::Ack::kCr0}, Step{reg::IRQ_CTRL, 0, model::Ack::kIrqCtrl}}) {
		Scene scene(t);
		late = step.value;
		offset = step.offset;
		scene.board.on_access = [](PowerBoard& board, u32, bool) {
			if (writes(board, offset, late)) {
				board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
				board.smmu.delay_ack(model::Ack::kIrqCtrl, model::kForever);
			}
			const bool begins = test_log_count("not acknowledged") != 0;
			if (begins && (!before_write || board.last_access.write)) {
				board.smmu.delay_ack(model::Ack::kCr0, 0);
				board.smmu.delay_ack(model::Ack::kIrqCtrl, 0);
				board.smmu.finish_acks();
				board.on_access = nullptr;
			}
		};
		EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
		EXPECT(t, !scene.board.on_access);
		EXPECT_EQ(t, test_log_count("not acknowledged"), 1);
		scene.rolled_back();
		scene.works(kPa);
		test_log_clear();
	}
}

void late_acknowledgements_are_rolled_back(Case& t)
{
	for (bool after_the_look : {false, true})
		roll_back_late_acknowledgements(t, after_the_look);
}

// It goes on translating all the while, so invalidation must go on: CR0 is made what is in force.
void cr0_that_is_never_acknowledged_goes_on(Case& t)
{
	Scene scene(t);
	scene.board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	scene.board.expected_violations = 1;  // its fields again, before their acknowledgement
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	scene.rolled_back();
	scene.move_page();
	EXPECT_EQ(t, scene.board.reach(kIova), kPa + kPage);
	scene.board.smmu.delay_ack(model::Ack::kCr0, 0);
	scene.board.smmu.finish_acks();
	scene.works(kPa + kPage);
}

// With translation off already, it can't be turned on again either.
void cr0_that_is_never_acknowledged_again_fails(Case& t)
{
	Scene scene(t);
	scene.board.expected_violations = 1;  // CMDQEN is wanted back before it has gone
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		if (writes(board, reg::CR0, 0))
			board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	};
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_FAILED);
	scene.board.smmu.delay_ack(model::Ack::kCr0, 0);
	scene.board.smmu.finish_acks();
	scene.failed();
}

// Every step of resume can fail; each leaves the SMMU blocked and quiet.
void resume_that_fails_is_final(Case& t)
{
	for (auto which : {model::Ack::kCr0, model::Ack::kIrqCtrl}) {
		Scene scene(t);
		ASSERT(t, scene.board.down());
		scene.board.smmu.delay_ack(which, model::kForever);
		EXPECT_EQ(t, scene.board.wake(), kTimedOut);
		EXPECT_EQ(t, test_log_count("disabled after error"), 1);
		scene.board.smmu.delay_ack(which, 0);
		scene.board.smmu.finish_acks();
		scene.failed();
		test_log_clear();
	}
}

// GBPA lets everything through then: the sooner the stream table is in force, the better.
void resume_goes_on_without_gbpa(Case& t)
{
	Scene scene(t);
	ASSERT(t, scene.board.down());
	scene.board.smmu.delay_ack(model::Ack::kGbpa, model::kForever);
	EXPECT_EQ(t, scene.board.wake(), 0);
	EXPECT_EQ(t, test_log_count("GBPA.Update does not clear"), 1);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, scene.board.reach(kIova), kPa);
	EXPECT_EQ(t, scene.board.suspend(), kTimedOut);
	EXPECT_EQ(t, scene.board.reach(kIova), kPa);
	scene.rolled_back();
	scene.board.smmu.delay_ack(model::Ack::kGbpa, 0);
	scene.board.smmu.finish_acks();
	scene.works(kPa);
}

// Nothing is left then that could abort, and the log does not claim it.
void failure_that_lets_through_is_told(Case& t)
{
	Scene scene(t);
	ASSERT(t, scene.board.down());
	scene.board.smmu.delay_ack(model::Ack::kGbpa, model::kForever);
	scene.board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	EXPECT_EQ(t, scene.board.wake(), kTimedOut);
	EXPECT_EQ(t, test_log_count("disabled after error: all DMA behind it bypasses translation"),
		  1);
	scene.board.smmu.delay_ack(model::Ack::kGbpa, 0);
	scene.board.smmu.delay_ack(model::Ack::kCr0, 0);
	scene.board.smmu.finish_acks();
	scene.failed();
}

void resume_without_a_working_queue_fails(Case& t)
{
	for (bool hold : {false, true}) {
		Scene scene(t);
		ASSERT(t, scene.board.down());
		scene.board.smmu.power_on();
		if (hold)
			scene.board.smmu.hold_sync(true);
		else
			scene.board.smmu.set_deferred(true);
		EXPECT_EQ(t, scene.board.resume(), kTimedOut);
		EXPECT_EQ(t, scene.board.smmu.regs().cr0, 0);
		scene.failed();
		test_log_clear();
	}
}

// SMMUEN is the one acknowledgement that does not come: it is taken back, because invalidation has ended.
void smmuen_that_is_not_acknowledged_is_taken_back(Case& t)
{
	Scene scene(t);
	ASSERT(t, scene.board.down());
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		const auto& access = board.last_access;
		if (access.write && access.offset == reg::CR0 &&
		    (access.value & model::cr0::SMMUEN))
			board.smmu.delay_ack(model::Ack::kCr0, model::kForever);
	};
	scene.board.expected_violations = 1;  // that field again, before its acknowledgement
	EXPECT_EQ(t, scene.board.wake(), kTimedOut);
	scene.board.on_access = nullptr;
	scene.board.smmu.delay_ack(model::Ack::kCr0, 0);
	scene.board.smmu.finish_acks();
	EXPECT_EQ(t, scene.board.smmu.regs().cr0ack, 0);
	scene.failed();
}

// Its errors come first, commands stay in the queue: Service Failure Mode cannot be drained.
void service_failure_fails(Case& t)
{
	Scene scene(t);
	scene.board.smmu.enter_sfm();
	EXPECT_EQ(t, scene.board.suspend(), 0);  // nothing was in the queue, and nothing translates
	EXPECT(t, test_log_count("Service Failure Mode") >= 1);
	EXPECT(t, scene.board.blocked(PowerBoard::kSid, kIova));
	scene.board.smmu.power_off();
	EXPECT_EQ(t, scene.board.wake(), 0);  // a loss of power ends it
	scene.works(kPa);
}

// Another CPU notices it while this one waits for CR0ACK, and writes CR0 = 0.
void service_failure_while_it_stops_is_no_timeout(Case& t)
{
	Scene scene(t);
	test_clock_fake(true);
	scene.board.on_access = [](PowerBoard& b, u32, bool write) {
		if (write || b.last_access.offset != reg::CR0ACK)
			return;
		b.on_access = nullptr;
		b.smmu.enter_sfm();
		b.deliver_gerror();
	};
	EXPECT_EQ(t, scene.board.suspend(), 0);
	EXPECT(t, !scene.board.on_access);
	EXPECT_EQ(t, test_log_count("Service Failure Mode"), 1);
	EXPECT_EQ(t, test_log_count("not acknowledged"), 0);
	EXPECT_EQ(t, scene.board.stats().power.rollbacks, 0);
	EXPECT(t, scene.board.blocked(PowerBoard::kSid, kIova));
	scene.board.smmu.power_off();
	EXPECT_EQ(t, scene.board.wake(), 0);
	scene.works(kPa);
}

}  // namespace

TEST_SUITE(rollback, TEST_CASE(queue_that_does_not_drain_is_rolled_back),
	   TEST_CASE(queue_that_stays_stuck_fails), TEST_CASE(errors_are_serviced_within_the_drain),
	   TEST_CASE(atc_timeout_that_stays_is_rolled_back),
	   TEST_CASE(gbpa_that_never_updates_leaves_translation_on),
	   TEST_CASE(late_acknowledgements_are_rolled_back),
	   TEST_CASE(cr0_that_is_never_acknowledged_goes_on),
	   TEST_CASE(cr0_that_is_never_acknowledged_again_fails),
	   TEST_CASE(resume_that_fails_is_final), TEST_CASE(resume_goes_on_without_gbpa),
	   TEST_CASE(failure_that_lets_through_is_told),
	   TEST_CASE(resume_without_a_working_queue_fails),
	   TEST_CASE(smmuen_that_is_not_acknowledged_is_taken_back),
	   TEST_CASE(service_failure_fails),
	   TEST_CASE(service_failure_while_it_stops_is_no_timeout));
