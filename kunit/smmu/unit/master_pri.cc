// SPDX-License-Identifier: GPL-2.0-only
// PRI of a device: when it is granted, and that each group is answered when its attachment ends.
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/pri.hpp"

using namespace test;
using model::Op;
using model::PrgCode;

namespace {

constexpr u32 kSid = 9, kPasid = 3, kOther = 7;

struct Scene {
	explicit Scene(Case& the_case, smmu_stage stage = SMMU_STAGE_1)
		: t(the_case),
		  board(the_case),
		  started(up()),
		  space(board, stage),
		  plain(board),
		  device(board, kSid, 5, true)
	{
	}
	~Scene() { EXPECT_EQ(t, device.pri.waiting(), 0); }

	bool up()
	{
		board.up();
		return true;
	}
	PrgCode response(u32 group) { return device.pri.response(group); }

	Case& t;
	Board board;
	bool started;
	ResolvedSpace space;
	Space plain;
	PriDevice device;
};

void grant_needs_ats_and_permission(Case& t)
{
	Scene scene(t);
	Device stranger(scene.board, {20});

	EXPECT_EQ(t, smmu_core_grant_pri(scene.device.master, 8), -22);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT_EQ(t, smmu_core_grant_pri(scene.device.master, 8), -22);
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT_EQ(t, smmu_core_grant_pri(scene.device.master, 8), 0);
	EXPECT_EQ(t, stranger.attach(scene.plain), 0);
	EXPECT_EQ(t, smmu_core_grant_ats(stranger.master), 0);
	EXPECT_EQ(t, smmu_core_grant_pri(stranger.master, 8), -22);
	smmu_core_withdraw_pri(stranger.master);
	scene.device.leave();
	EXPECT_EQ(t, smmu_core_grant_pri(scene.device.master, 8), -22);
}

// It keeps the PRI queue off.
void crash_kernel_grants_none(Case& t)
{
	Setup setup;
	setup.platform.crash_kernel = true;
	Board board(t, setup);
	board.up();
	EXPECT(t, !smmu_core_info(board.core)->takes_page_requests);
	ResolvedSpace space(board);
	PriDevice device(board, kSid);
	EXPECT_EQ(t, device.attach(space), 0);
	EXPECT_EQ(t, device.enable(), -22);
	EXPECT(t, !smmu_core_resolves_faults(device.master));
}

void faults_are_resolved_in_domains_that_say_so(Case& t)
{
	Scene scene(t);
	smmu_master* master = scene.device.master;
	Device stranger(scene.board, {20});

	EXPECT(t, !smmu_core_resolves_faults(master));
	EXPECT_EQ(t, scene.device.attach(scene.plain), 0);
	EXPECT(t, !smmu_core_resolves_faults(master));
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.plain), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	EXPECT(t, smmu_core_resolves_faults(master));
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	scene.device.detach_pasid(kPasid);
	EXPECT(t, smmu_core_resolves_faults(master));
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT(t, !smmu_core_resolves_faults(master));
	EXPECT_EQ(t, stranger.attach(scene.space), 0);
	EXPECT(t, !smmu_core_resolves_faults(stranger.master));
}

// Faults that stall are another thing: these abort.
void device_with_pri_does_not_stall(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2}) {
		Scene scene(t, stage);

		EXPECT_EQ(t, scene.device.enter(scene.space), 0);
		EXPECT_EQ(t, scene.board.dma(kSid, 0x123000).outcome, model::Outcome::kAborted);
		EXPECT(t, scene.device.request(1));
		ASSERT_EQ(t, scene.board.reports.nr_groups, 1);
		EXPECT(t, scene.space.map(0, 0x4000'0000, 0x1000));
		answer_group(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.device.access(0).pa, 0x4000'0000);
		scene.device.leave();
	}
}

// The owner of the domain before must not get them: the device tries again.
void group_waits_until_faults_are_reported(Case& t)
{
	Scene scene(t);

	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, smmu_core_grant_pri(scene.device.master, 8), 0);
	scene.device.restart();
	EXPECT(t, scene.device.request(1, false));
	EXPECT(t, scene.device.request(1));
	EXPECT(t, scene.device.pri.waits(1));
	EXPECT_EQ(t, scene.board.reports.nr_groups + scene.board.reports.page_requests, 0);
	smmu_core_master_report_stalls(scene.device.master);
	EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
	EXPECT(t, scene.device.request(1));
	EXPECT_EQ(t, scene.board.reports.nr_groups, 1);
	EXPECT_EQ(t, scene.board.reports.groups[0].size, 1);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

// ---- the end of an attachment ----

void withdrawal_denies_what_waits(Case& t)
{
	Scene scene(t);

	EXPECT_EQ(t, scene.device.enter(scene.space), 0);
	EXPECT(t, scene.device.request(1));
	EXPECT(t, scene.device.request_unheard(2));
	EXPECT(t, scene.device.request_unheard(3, false));
	EXPECT(t, scene.device.request(3));
	scene.device.request_unheard(4);
	scene.device.disable();
	for (u32 group = 1; group <= 4; group++)
		EXPECT_EQ(t, scene.response(group), PrgCode::kInvalid);
	EXPECT_EQ(t, scene.board.reports.nr_groups, 3);
	EXPECT_EQ(t, scene.board.reports.page_requests, 1);
	EXPECT(t, scene.device.pri.stopped());
	for (u32 i = 0; i < 3; i++)
		answer_group(scene.board, i, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 4);
	// It has no grant any more.
	scene.device.restart();
	EXPECT(t, scene.device.request(1));
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT(t, scene.device.request(1));
	ASSERT_EQ(t, scene.board.reports.nr_groups, 4);
	answer_group(scene.board, 3, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
}

void requests_before_a_withdrawal_are_no_part_of_later_groups(Case& t)
{
	Scene scene(t);

	EXPECT_EQ(t, scene.device.enter(scene.space), 0);
	EXPECT(t, scene.device.request(1, false, 0x1000));
	scene.device.disable();
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT(t, scene.device.request(1, true, 0x2000));
	ASSERT_EQ(t, scene.board.reports.nr_groups, 1);
	EXPECT_EQ(t, scene.board.reports.groups[0].size, 1);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

void others_keep_what_waits(Case& t)
{
	Scene scene(t);
	PriDevice other(scene.board, 20);

	EXPECT_EQ(t, scene.device.enter(scene.space), 0);
	EXPECT_EQ(t, other.enter(scene.space), 0);
	EXPECT(t, other.request(1, false, 0x1000));
	EXPECT(t, other.request(2));
	scene.device.leave();
	EXPECT(t, other.pri.waits(1) && other.pri.waits(2));
	EXPECT(t, other.request(1, true, 0x2000));
	ASSERT_EQ(t, scene.board.reports.nr_groups, 2);
	EXPECT_EQ(t, scene.board.reports.groups[1].size, 2);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, other.pri.responses(PrgCode::kSuccess), 2);
	other.leave();
}

void each_way_out_answers(Case& t)
{
	constexpr void (*kWays[])(Scene&) = {
		[](Scene& s) { (void)s.device.attach(s.plain); },
		[](Scene& s) { (void)s.device.attach_identity(); },
		[](Scene& s) { (void)s.device.attach_blocked(); },
		[](Scene& s) { s.device.withdraw(); },
		[](Scene& s) { s.device.destroy(); },
	};
	for (auto way : kWays) {
		Scene scene(t);

		EXPECT_EQ(t, scene.device.enter(scene.space), 0);
		EXPECT(t, scene.device.request(1));
		scene.device.request_unheard(2);
		scene.device.pri.disable();
		scene.device.atc.disable();
		way(scene);
		EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
		EXPECT_EQ(t, scene.response(2), PrgCode::kInvalid);
		EXPECT(t, scene.device.pri.stopped());
		scene.board.drain();
		answer_group(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 2);
	}
}

// PRI stays with the others.
void pasid_that_leaves_is_denied(Case& t)
{
	Scene scene(t);

	EXPECT_EQ(t, scene.device.attach(scene.plain), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.space), 0);
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT(t, scene.device.request(5));
	EXPECT_EQ(t, scene.response(5), PrgCode::kInvalid);  // no domain that resolves it
	EXPECT(t, scene.device.request_by(kPasid, 1));
	EXPECT(t, scene.device.request_by(kOther, 2));
	scene.device.request_unheard(3, true, 0, kPasid);
	scene.device.detach_pasid(kPasid);
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	EXPECT_EQ(t, scene.response(3), PrgCode::kInvalid);
	EXPECT(t, scene.device.pri.waits(2));
	scene.board.drain();
	EXPECT(t, scene.device.request_by(kPasid, 4));
	EXPECT_EQ(t, scene.response(4), PrgCode::kInvalid);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.response(2), PrgCode::kSuccess);
	scene.device.leave();
}

// Of another domain.
void pasid_with_a_new_domain_asks_again(Case& t)
{
	Scene scene(t);
	ResolvedSpace next(scene.board);

	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	EXPECT_EQ(t, scene.device.enable(), 0);
	EXPECT(t, scene.device.request_by(kPasid, 1));
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, next), 0);
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	EXPECT(t, scene.device.request_by(kPasid, 2));
	EXPECT(t, scene.device.pri.waits(2));
	EXPECT_EQ(t, scene.board.reports.nr_groups, 1);
	smmu_core_master_report_stalls(scene.device.master);
	EXPECT_EQ(t, scene.response(2), PrgCode::kSuccess);
	scene.device.leave();
	scene.device.detach_pasid(kPasid);
}

void group_does_not_wait_for_ever(Case& t)
{
	constexpr u64 kSecond = 1'000'000'000;
	Scene scene(t);

	EXPECT_EQ(t, scene.device.enter(scene.space), 0);
	test_clock_fake(true);
	EXPECT(t, scene.device.request(1));
	test_clock_advance(40 * kSecond);
	EXPECT(t, scene.device.request(2));
	EXPECT_EQ(t, scene.board.reports.stalls_that_wait, 2);  // the shim looks at the time
	test_clock_advance(20 * kSecond);
	EXPECT(t, smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	EXPECT(t, scene.device.pri.waits(2));
	EXPECT_EQ(t, test_log_count("1 faults not resolved for 60 s, the first of stream ID 0x9"),
		  1);
	test_clock_fake(false);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 2);
}

// A reset of the function, of which the driver is not told: the function has forgotten the request.
void request_does_not_wait_for_its_last_one_for_ever(Case& t)
{
	constexpr u64 kSecond = 1'000'000'000;
	Scene scene(t);

	EXPECT_EQ(t, scene.device.enter(scene.space), 0);
	test_clock_fake(true);
	for (u32 i = 1; i <= 2 * PriDevice::kCredits; i++) {
		EXPECT(t, scene.device.request(1, false, 0x1000));
		EXPECT_EQ(t, scene.board.reports.stalls_that_wait, i);
		scene.device.restart();
		test_clock_advance(59 * kSecond);
		EXPECT(t, smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
		test_clock_advance(kSecond);
		EXPECT(t, !smmu_core_abort_stalls(scene.board.core, 60 * kSecond));
	}
	test_clock_fake(false);
	EXPECT_EQ(t, test_log_count("more than 8 page requests"), 0);
	EXPECT(t, scene.device.request(1, true, 0x2000));
	ASSERT_EQ(t, scene.board.reports.nr_groups, 1);
	EXPECT_EQ(t, scene.board.reports.groups[0].size, 1);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

}  // namespace

TEST_SUITE(master_pri, TEST_CASE(grant_needs_ats_and_permission),
	   TEST_CASE(crash_kernel_grants_none),
	   TEST_CASE(faults_are_resolved_in_domains_that_say_so),
	   TEST_CASE(device_with_pri_does_not_stall),
	   TEST_CASE(group_waits_until_faults_are_reported),
	   TEST_CASE(withdrawal_denies_what_waits),
	   TEST_CASE(requests_before_a_withdrawal_are_no_part_of_later_groups),
	   TEST_CASE(others_keep_what_waits), TEST_CASE(each_way_out_answers),
	   TEST_CASE(pasid_that_leaves_is_denied), TEST_CASE(pasid_with_a_new_domain_asks_again),
	   TEST_CASE(group_does_not_wait_for_ever),
	   TEST_CASE(request_does_not_wait_for_its_last_one_for_ever));
