// SPDX-License-Identifier: GPL-2.0-only
// Stalled transactions of a device: to whom they are offered, and that each ends.
#include "kunit/smmu/fixture/stalling.hpp"

using namespace model;
using namespace test::stalling;
using test::answer;
using test::answer_all;
using test::Case;
using test::Device;
using test::ResolvedSpace;
using test::Setup;
using test::Space;
using test::StallingDevice;

namespace {

Setup with_model(u32 stall_model, Setup setup = {})
{
	return test::with_idr0(setup, 3u << 24, stall_model << 24);
}

void fault_is_resolved_and_the_transaction_tries_again(Case& t)
{
	for (const Setup& setup : {Setup{}, test::register_setup()}) {
		Scene scene(t, setup);
		EXPECT_EQ(t, scene.device.attach(scene.space), 0);
		const Dma dma = scene.stall();
		ASSERT_EQ(t, scene.board.reports.nr_faults, 1);
		const smmu_event& fault = scene.board.reports.faults[0];
		EXPECT(t, fault.stall && fault.read && !fault.has_ssid);
		EXPECT_EQ(t, fault.address, kIova);
		EXPECT_EQ(t, fault.sid, kSid);
		EXPECT(t, scene.board.reports.fault_clients[0] == scene.device.handle());
		EXPECT_EQ(t, scene.board.reports.events, 0);
		EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
		EXPECT(t, scene.space.map(kIova, kPa, kPage));
		answer(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.state(dma), StallState::kRetry);
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
		EXPECT_EQ(t, scene.board.stats().stalls, 1);
	}
}

void transaction_is_aborted_if_its_fault_is_not_resolved(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	const Dma dma = scene.stall();
	EXPECT_EQ(t, scene.board.reports.stalls_that_wait, 1);
	answer(scene.board, 0, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.state(dma), StallState::kAbort);
	EXPECT_EQ(t, scene.resumes(), 1);
}

// Each answer names its stream, and its tag: in any order.
void many_faults_are_answered_in_any_order(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	Dma dma[8];
	for (u32 i = 0; i < 8; i++)
		dma[i] = scene.stall(kIova + i * kPage, i % 2 ? kSid : kSecondSid);
	for (u32 i : {5u, 0u, 7u, 1u, 2u, 6u, 3u, 4u}) {
		EXPECT_EQ(t, scene.state(dma[i]), StallState::kWaiting);
		answer(scene.board, i, i % 3 ? SMMU_STALL_RETRY : SMMU_STALL_ABORT);
		EXPECT_EQ(t, scene.state(dma[i]), i % 3 ? StallState::kRetry : StallState::kAbort);
	}
	EXPECT_EQ(t, scene.resumes(), 8);
}

void transaction_is_answered_once(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	scene.stall();
	answer(scene.board, 0, SMMU_STALL_RETRY);
	const Dma again = scene.stall();  // the tag is in use anew
	answer(scene.board, 0, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.state(again), StallState::kWaiting);
	answer(scene.board, 1, SMMU_STALL_RETRY);
	answer_all(scene.board, SMMU_STALL_ABORT);
	smmu_core_answer_stall(scene.board.core, 12345, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.resumes(), 2);
}

void answer_may_come_before_the_report_returns(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	scene.board.reports.fault_context = &scene;
	scene.board.reports.on_fault = [](test::Reports& reports) {
		auto& s = *static_cast<Scene*>(reports.fault_context);
		answer(s.board, reports.nr_faults - 1, SMMU_STALL_RETRY);
	};
	EXPECT_EQ(t, scene.state(scene.stall()), StallState::kRetry);
	EXPECT_EQ(t, scene.resumes(), 1);
	EXPECT_EQ(t, scene.board.reports.events, 0);
}

void fault_that_is_not_taken_is_reported_and_aborts(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	scene.board.reports.resolves = false;
	EXPECT_EQ(t, scene.state(scene.stall()), StallState::kAbort);
	EXPECT_EQ(t, scene.board.reports.events, 1);
	EXPECT_EQ(t, scene.resumes(), 1);
}

void without_memory_a_transaction_aborts(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	test_fail_alloc(1);
	const Dma dma = scene.stall();
	test_fail_alloc(0);
	EXPECT_EQ(t, scene.state(dma), StallState::kAbort);
	EXPECT_EQ(t, scene.board.reports.nr_faults, 0);
	EXPECT_EQ(t, scene.board.reports.events, 1);
}

// At no cost of a CMD_RESUME.
void faults_terminate_in_a_domain_without_a_handler(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2}) {
		Scene scene(t);
		Space unresolved(scene.board, stage);
		ResolvedSpace resolved(scene.board, stage);
		Device other(scene.board, {kOtherSid});
		EXPECT_EQ(t, scene.device.attach(unresolved), 0);
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).outcome, Outcome::kAborted);
		EXPECT_EQ(t, other.attach(resolved), 0);
		EXPECT_EQ(t, scene.board.dma(kOtherSid, kIova).outcome, Outcome::kAborted);
		EXPECT_EQ(t, scene.board.reports.events, 2);
		EXPECT_EQ(t, scene.resumes(), 0);
		EXPECT_EQ(t, scene.device.attach(resolved), 0);
		scene.stall();
		answer_all(scene.board, SMMU_STALL_ABORT);
		scene.device.destroy();
	}
}

void smmu_without_stalls_terminates(Case& t)
{
	Scene scene(t, with_model(1));
	EXPECT(t, !smmu_core_info(scene.board.core)->has_stalls);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT_EQ(t, scene.board.dma(kSid, kIova).outcome, Outcome::kAborted);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	EXPECT_EQ(t, scene.board.dma_by(kSid, kPasid, kIova).outcome, Outcome::kAborted);
	scene.device.destroy();
	EXPECT_EQ(t, scene.board.ops(Op::STALL_TERM), 0);
	EXPECT_EQ(t, scene.board.stats().gerrors, 0);  // nor is it tried, where it is illegal
}

// Whatever the device: those of a domain that resolves nothing are aborted at once.
void forced_stalls_are_offered_where_they_are_resolved(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2}) {
		Scene scene(t, with_model(2));
		Space unresolved(scene.board, stage);
		ResolvedSpace resolved(scene.board, stage);
		Device device(scene.board, {kOtherSid});
		EXPECT_EQ(t, device.attach(unresolved), 0);
		EXPECT_EQ(t, scene.state(scene.stall(kIova, kOtherSid)), StallState::kAbort);
		EXPECT_EQ(t, scene.board.reports.nr_faults, 0);
		EXPECT_EQ(t, device.attach(resolved), 0);
		smmu_core_master_report_stalls(device.master);
		const Dma dma = scene.stall(kIova, kOtherSid);
		EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
		EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
		answer(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.state(dma), StallState::kRetry);
	}
}

void each_pasid_has_its_own(Case& t)
{
	Scene scene(t);
	ResolvedSpace other(scene.board);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.plain), 0);
	const Dma dma = scene.stall(kIova, kSecondSid, kPasid);
	ASSERT_EQ(t, scene.board.reports.nr_faults, 1);
	EXPECT(t, scene.board.reports.faults[0].has_ssid);
	EXPECT_EQ(t, scene.board.reports.faults[0].ssid, kPasid);
	EXPECT_EQ(t, scene.board.dma_by(kSid, kOther, kIova).outcome, Outcome::kAborted);
	EXPECT_EQ(t, scene.board.reports.events, 1);
	EXPECT(t, scene.board.blocked(kSid, kIova));
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, other), 0);
	const Dma second = scene.stall(kIova, kSid, kOther);
	EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
	// Only those of the PASID that goes.
	scene.device.detach_pasid(kOther);
	EXPECT_EQ(t, scene.state(second), StallState::kAbort);
	EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT_EQ(t, scene.device.attach(scene.plain), 0);
	EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
	answer(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.state(dma), StallState::kRetry);
	answer_all(scene.board, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.resumes(), 2);
	scene.device.destroy();
}

void pasids_of_one_device_stall_side_by_side(Case& t)
{
	for (u32 goes : {kPasid, kOther}) {
		Scene scene(t);
		ResolvedSpace other(scene.board);
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
		EXPECT_EQ(t, scene.device.attach_pasid(kOther, other), 0);
		const Dma dma = scene.stall(kIova, kSid, kPasid);
		const Dma second = scene.stall(kIova, kSid, kOther);
		scene.device.detach_pasid(goes);
		const bool first = goes == kPasid;
		EXPECT_EQ(t, scene.state(first ? dma : second), StallState::kAbort);
		EXPECT_EQ(t, scene.state(first ? second : dma), StallState::kWaiting);
		answer_all(scene.board, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.state(first ? second : dma), StallState::kRetry);
		scene.device.destroy();
	}
}

// ---- before faults are reported ----

void fault_is_held_until_faults_are_reported(Case& t)
{
	for (std::optional<u32> pasid : {std::optional<u32>(), std::optional(kPasid)}) {
		Scene scene(t);
		Device& device = scene.device;
		EXPECT_EQ(t,
			  pasid ? device.attach_pasid(*pasid, scene.space)
				: device.attach(scene.space),
			  0);
		const Dma one = scene.stall(kIova, kSid, pasid);
		const Dma two = scene.stall(kIova, kSecondSid, pasid);
		EXPECT_EQ(t, scene.board.reports.stalls_that_wait, 2);
		EXPECT_EQ(t, scene.state(one), StallState::kWaiting);
		EXPECT_EQ(t, scene.board.reports.nr_faults, 0);
		EXPECT_EQ(t, scene.board.reports.events, 0);
		smmu_core_master_report_stalls(device.master);
		EXPECT_EQ(t, scene.state(one), StallState::kRetry);
		EXPECT_EQ(t, scene.state(two), StallState::kRetry);
		EXPECT_EQ(t, scene.board.stats().stalls, 0);
		const Dma again = scene.stall(kIova, kSid, pasid);
		EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
		smmu_core_master_report_stalls(device.master);
		EXPECT_EQ(t, scene.state(again), StallState::kWaiting);
		answer(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.state(again), StallState::kRetry);
		EXPECT_EQ(t, scene.board.stats().stalls, 1);
	}
}

// Each attach begins anew.
void fault_after_another_attach_is_held(Case& t)
{
	Scene scene(t);
	ResolvedSpace other(scene.board);
	Device& device = scene.device;
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	const Dma reported = scene.stall();
	EXPECT_EQ(t, device.attach(other), 0);
	EXPECT_EQ(t, scene.state(reported), StallState::kAbort);
	const Dma held = scene.stall();
	EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
	answer(scene.board, 0, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.state(held), StallState::kWaiting);
	EXPECT_EQ(t, device.attach_blocked(), 0);
	EXPECT_EQ(t, scene.state(held), StallState::kAbort);
	smmu_core_master_report_stalls(device.master);
	EXPECT_EQ(t, device.attach(scene.space), 0);
	EXPECT_EQ(t, scene.state(scene.stall()), StallState::kWaiting);
	EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
	scene.device.destroy();
}

// ---- floods ----

void flood_of_one_device_leaves_the_others_their_service(Case& t)
{
	Setup setup;
	setup.ids.idr5 |= 16u << 16;
	Scene scene(t, setup);
	ResolvedSpace other_space(scene.board);
	StallingDevice other(scene.board, {kOtherSid});
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT_EQ(t, other.attach(other_space), 0);
	EXPECT(t, other_space.map(kIova, kPa, kPage));
	for (u32 i = 0; i < 40; i++)
		scene.stall(kIova + i * kPage);
	EXPECT_EQ(t, scene.board.reports.nr_faults, 16);
	EXPECT_EQ(t, scene.board.dma(kOtherSid, kIova).pa, kPa);
	const Dma dma = scene.stall(kIova + kPage, kOtherSid);
	// Each answer makes room for one of those that wait.
	for (u32 i = 0; i < 25; i++) {
		answer(scene.board, i, SMMU_STALL_ABORT);
		scene.board.drain();
	}
	ASSERT_EQ(t, scene.board.reports.nr_faults, 41);
	EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
	EXPECT(t, scene.board.reports.fault_clients[40] == other.handle());
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	EXPECT_EQ(t, scene.board.smmu.stalled(), 1);
	answer(scene.board, 40, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.state(dma), StallState::kRetry);
}

void stalls_outlast_a_full_queue(Case& t)
{
	Setup setup;
	setup.ids.idr1 = (setup.ids.idr1 & ~(0x1fu << 16)) | 4u << 16;  // EVENTQS
	Scene scene(t, setup);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	for (u32 i = 0; i < 20; i++)
		scene.board.smmu.translate(0x7777, std::nullopt, kIova, {});
	for (u32 i = 0; i < 20; i++)
		scene.stall_unheard(kIova + i * kPage);
	for (u32 i = 0; i < 4; i++)
		smmu_core_drain_evtq(scene.board.core);
	EXPECT_EQ(t, scene.board.reports.nr_faults, 20);
	EXPECT_EQ(t, scene.board.smmu.stalled(), 20);
	answer_all(scene.board, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.resumes(), 20);
}

// ---- a handler that does not answer ----

void transactions_do_not_wait_for_ever(Case& t)
{
	constexpr u64 kSecond = 1'000'000'000;
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 0));
	test_clock_fake(true);
	const Dma old = scene.stall();
	test_clock_advance(40 * kSecond);
	const Dma young = scene.stall(kIova + kPage);
	EXPECT(t, smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	EXPECT_EQ(t, scene.board.smmu.stalled(), 2);
	test_clock_advance(20 * kSecond);
	EXPECT(t, smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	EXPECT_EQ(t, scene.state(old), StallState::kAbort);
	EXPECT_EQ(t, scene.state(young), StallState::kWaiting);
	EXPECT_EQ(t, test_log_count("1 faults not resolved for 60 s"), 1);
	EXPECT_EQ(t, scene.board.stats().stalls_expired, 1);
	test_clock_advance(40 * kSecond);
	EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	EXPECT_EQ(t, scene.state(young), StallState::kAbort);
	test_clock_fake(false);
	answer_all(scene.board, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.resumes(), 2);
}

// It was reported, by another CPU, after the look at the clock.
void transaction_that_is_younger_than_a_look_waits(Case& t)
{
	constexpr u64 kSecond = 1'000'000'000;
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	test_clock_fake(true);
	test_clock_advance(kSecond);
	const Dma dma = scene.stall();
	test_clock_advance(0 - kSecond);
	EXPECT(t, smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	EXPECT_EQ(t, scene.state(dma), StallState::kWaiting);
	test_clock_fake(false);
	answer(scene.board, 0, SMMU_STALL_RETRY);
}

// Stage 2 that stalls, and ATS, exclude each other (5.2).
void ats_is_not_granted_where_stage_2_stalls(Case& t)
{
	Scene scene(t);
	ResolvedSpace stage2(scene.board, SMMU_STAGE_2);
	EXPECT_EQ(t, scene.device.attach(stage2), 0);
	EXPECT_EQ(t, smmu_core_grant_ats(scene.device.master), -22);
	scene.device.destroy();
}

}  // namespace

TEST_SUITE(master_stalls, TEST_CASE(fault_is_resolved_and_the_transaction_tries_again),
	   TEST_CASE(transaction_is_aborted_if_its_fault_is_not_resolved),
	   TEST_CASE(many_faults_are_answered_in_any_order),
	   TEST_CASE(transaction_is_answered_once),
	   TEST_CASE(answer_may_come_before_the_report_returns),
	   TEST_CASE(fault_that_is_not_taken_is_reported_and_aborts),
	   TEST_CASE(without_memory_a_transaction_aborts),
	   TEST_CASE(faults_terminate_in_a_domain_without_a_handler),
	   TEST_CASE(smmu_without_stalls_terminates),
	   TEST_CASE(forced_stalls_are_offered_where_they_are_resolved),
	   TEST_CASE(each_pasid_has_its_own), TEST_CASE(pasids_of_one_device_stall_side_by_side),
	   TEST_CASE(fault_is_held_until_faults_are_reported),
	   TEST_CASE(fault_after_another_attach_is_held),
	   TEST_CASE(flood_of_one_device_leaves_the_others_their_service),
	   TEST_CASE(stalls_outlast_a_full_queue), TEST_CASE(transactions_do_not_wait_for_ever),
	   TEST_CASE(transaction_that_is_younger_than_a_look_waits),
	   TEST_CASE(ats_is_not_granted_where_stage_2_stalls));
