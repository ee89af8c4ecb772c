// SPDX-License-Identifier: GPL-2.0-only
// Groups of page requests: what is offered together, who is denied, and how.
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/pri.hpp"

using namespace test;
using model::Op;
using model::PrgCode;

namespace {

constexpr u32 kSid = 9, kOtherSid = 20, kPasid = 3, kOther = 7;
constexpr u64 kPage = 0x1000;

struct Scene {
	explicit Scene(Case& the_case, bool pasids = true, const Setup& setup = {})
		: t(the_case),
		  board(the_case, setup),
		  started(up()),
		  space(board),
		  device(board, kSid, 5, pasids)
	{
		EXPECT_EQ(t, device.enter(space), 0);
	}
	// Each request that has left has got its response.
	~Scene() { EXPECT_EQ(t, device.pri.waiting(), 0); }

	bool up()
	{
		board.up();
		return true;
	}
	u32 groups() { return board.reports.nr_groups; }
	const Group& group(u32 number) { return board.reports.groups[number]; }
	PrgCode response(u32 group) { return device.pri.response(group); }

	Case& t;
	Board board;
	bool started;
	ResolvedSpace space;
	PriDevice device;
};

void group_is_offered_with_all_its_requests(Case& t)
{
	Scene scene(t);

	EXPECT(t, scene.device.request(5, false, 1 * kPage));
	EXPECT(t, scene.device.request(5, false, 2 * kPage));
	EXPECT_EQ(t, scene.groups(), 0);
	EXPECT(t, scene.device.request(5, true, 7 * kPage));
	ASSERT_EQ(t, scene.groups(), 1);
	EXPECT(t, scene.group(0).client == scene.device.handle());
	EXPECT_EQ(t, scene.group(0).size, 3);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 1 | 1u << 2 | 1u << 7);
	EXPECT_EQ(t, scene.group(0).last.address, 7 * kPage);
	EXPECT(t, scene.group(0).last.last && scene.group(0).last.read);
	EXPECT(t, scene.device.pri.waits(5));
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.response(5), PrgCode::kSuccess);
	EXPECT_EQ(t, scene.board.reports.page_requests, 0);
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 1);
	EXPECT_EQ(t, scene.board.stats().page_request_groups, 1);
	EXPECT_EQ(t, scene.board.stats().stalls, 0);
}

void answers_have_their_codes(Case& t)
{
	Scene scene(t);

	for (u32 i = 0; i < 2; i++)
		EXPECT(t, scene.device.request(i));
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	answer_group(scene.board, 0, SMMU_STALL_ABORT);
	EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
	EXPECT_EQ(t, scene.response(0), PrgCode::kInvalid);
	// Once for each.
	for (u32 i = 0; i < 2; i++)
		answer_group(scene.board, i, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 2);
}

void groups_may_be_interleaved(Case& t)
{
	Scene scene(t);

	EXPECT(t, scene.device.request(1, false, 1 * kPage));
	EXPECT(t, scene.device.request(2, false, 2 * kPage));
	EXPECT(t, scene.device.request(1, true, 3 * kPage));
	EXPECT(t, scene.device.request(2, true, 4 * kPage));
	ASSERT_EQ(t, scene.groups(), 2);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 1 | 1u << 3);
	EXPECT_EQ(t, scene.group(1).pages, 1u << 2 | 1u << 4);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT(t, scene.device.pri.waits(1) && !scene.device.pri.waits(2));
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

// Groups are of a stream and a PASID.
void groups_with_the_same_index_are_apart(Case& t)
{
	Scene scene(t);
	ResolvedSpace second(scene.board);
	PriDevice other(scene.board, kOtherSid);

	EXPECT_EQ(t, other.enter(second), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, second), 0);
	smmu_core_master_report_stalls(scene.device.master);
	EXPECT(t, other.request(1, false, 1 * kPage));
	EXPECT(t, scene.board.smmu.page_request(kSid, kPasid, 2 * kPage, 1, false, {}));
	EXPECT(t, scene.device.request(1, true, 3 * kPage));
	EXPECT(t, other.request(1, true, 4 * kPage));
	ASSERT_EQ(t, scene.groups(), 2);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 3);
	EXPECT_EQ(t, scene.group(1).pages, 1u << 1 | 1u << 4);
	EXPECT(t, scene.group(1).client == other.handle());
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT(t, other.pri.waits(1));
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT(t, scene.device.request_by(kPasid, 1));
	ASSERT_EQ(t, scene.groups(), 3);
	EXPECT_EQ(t, scene.group(2).pages, 1u << 0 | 1u << 2);
	EXPECT(t, scene.group(2).last.has_ssid);
	EXPECT_EQ(t, scene.group(2).last.ssid, kPasid);
	answer_group(scene.board, 2, SMMU_STALL_RETRY);
	scene.device.leave();
	scene.device.detach_pasid(kPasid);
	other.leave();
}

// PRG Response PASID Required; the model checks it.
void response_has_the_pasid_that_the_function_wants(Case& t)
{
	for (bool pasids : {false, true}) {
		Scene scene(t, pasids);

		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
		smmu_core_master_report_stalls(scene.device.master);
		EXPECT(t, scene.device.request_by(kPasid, 1));
		EXPECT(t, scene.device.request(2));
		answer_group(scene.board, 0, SMMU_STALL_RETRY);
		answer_group(scene.board, 1, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.device.pri.responses(PrgCode::kSuccess), 2);
		scene.device.leave();
	}
}

// The page may be in the TLB without the permission that the process has by now (stalls.cc).
void entries_of_pages_that_become_writable_are_invalidated(Case& t)
{
	Scene scene(t);
	const auto ask = [&](u32 group, bool last, bool write) {
		EXPECT(t, scene.board.smmu.page_request(scene.device.pri, {}, group * kPage, group,
							last, {.write = write}));
		scene.board.drain();
	};
	const auto invalidations = [&] {
		return scene.board.ops(Op::TLBI_NH_VA) * 100 + scene.board.ops(Op::TLBI_NH_ASID);
	};

	u64 before = invalidations();
	ask(1, true, false);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, invalidations(), before);
	ask(2, true, true);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, invalidations(), before + 100);
	ask(3, false, true);
	ask(3, true, false);
	answer_group(scene.board, 2, SMMU_STALL_RETRY);
	EXPECT_EQ(t, invalidations(), before + 101);
	ask(4, false, false);
	ask(4, true, false);
	answer_group(scene.board, 3, SMMU_STALL_RETRY);
	ask(5, true, true);
	answer_group(scene.board, 4, SMMU_STALL_ABORT);
	EXPECT_EQ(t, invalidations(), before + 101);
	ask(6, false, false);
	ask(6, true, true);
	answer_group(scene.board, 5, SMMU_STALL_RETRY);
	EXPECT_EQ(t, invalidations(), before + 102);
}

// ---- who is denied ----

// PRI of the function may be that of its PF, which others use.
void device_without_a_grant_is_denied(Case& t)
{
	for (bool pasids : {false, true}) {
		Scene scene(t);
		PriDevice other(scene.board, kOtherSid, 5, pasids);

		other.restart();
		EXPECT(t, other.request(1, false));
		EXPECT(t, other.request(1));
		EXPECT(t, other.request_by(kPasid, 2));
		EXPECT_EQ(t, other.pri.response(1), PrgCode::kInvalid);
		EXPECT_EQ(t, other.pri.response(2), PrgCode::kInvalid);
		EXPECT_EQ(t, scene.board.reports.page_requests, 2);
		EXPECT(t, scene.board.reports.last_client == other.handle());
		EXPECT_EQ(t, scene.groups(), 0);
	}
}

void function_that_others_share_pri_with_is_denied_alone(Case& t)
{
	Scene scene(t, false);
	PriDevice vf(scene.board, kOtherSid, scene.device);

	EXPECT(t, vf.request(1));
	EXPECT_EQ(t, vf.pri.response(1), PrgCode::kInvalid);
	EXPECT_EQ(t, vf.attach(scene.space), 0);
	EXPECT_EQ(t, vf.grant(), 0);
	EXPECT_EQ(t, smmu_core_grant_pri(vf.master, 8), 0);
	smmu_core_master_report_stalls(vf.master);
	EXPECT(t, vf.request(2));
	EXPECT(t, vf.request_unheard(3));
	smmu_core_withdraw_pri(vf.master);
	EXPECT(t, vf.request(4));
	for (u32 group = 2; group <= 4; group++)
		EXPECT_EQ(t, vf.pri.response(group), PrgCode::kInvalid);
	ASSERT_EQ(t, scene.groups(), 1);
	EXPECT(t, scene.device.request(1));
	ASSERT_EQ(t, scene.groups(), 2);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
	EXPECT(t, !scene.device.pri.failed());
	vf.withdraw();
}

void function_without_pri_is_failed(Case& t)
{
	Scene scene(t);
	Device stranger(scene.board, {kOtherSid});
	model::Pri pri(kOtherSid);

	scene.board.smmu.connect(pri);
	pri.enable(8);
	EXPECT(t, scene.board.smmu.page_request(pri, {}, 0, 1, true, {}));
	scene.board.drain();
	EXPECT_EQ(t, pri.response(1), PrgCode::kFailure);
	EXPECT_EQ(t, scene.board.reports.page_requests, 1);
	EXPECT(t, scene.board.reports.last_client == stranger.handle());
	scene.board.smmu.disconnect(pri);
	// Of no device.
	EXPECT(t, scene.board.smmu.page_request(0x777, std::nullopt, 0, 1, true, {}));
	scene.board.drain();
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 2);
	EXPECT(t, !scene.board.reports.last_client);
	EXPECT_EQ(t, scene.groups(), 0);
}

void pasid_that_is_not_attached_is_denied(Case& t)
{
	Scene scene(t);

	EXPECT(t, scene.device.request_by(kOther, 1));
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	EXPECT(t, scene.device.request_by(0, 2));
	EXPECT_EQ(t, scene.response(2), PrgCode::kInvalid);
	EXPECT_EQ(t, scene.groups(), 0);
	EXPECT_EQ(t, scene.board.reports.page_requests, 2);
	EXPECT(t, scene.device.request(3));
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.response(3), PrgCode::kSuccess);
}

void stop_marker_is_no_request(Case& t)
{
	Scene scene(t);

	EXPECT(t, scene.board.smmu.stop_marker(kSid, kPasid));
	scene.board.drain();
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 0);
	EXPECT_EQ(t, scene.board.reports.page_requests + scene.groups(), 0);
	EXPECT_EQ(t, scene.board.stats().page_requests, 1);
	// Without a PASID it is one, of another device for the model's sake.
	EXPECT(t, scene.board.smmu.stop_marker(0x777, std::nullopt));
	scene.board.drain();
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 1);
}

void group_that_is_not_taken_is_denied_and_reported(Case& t)
{
	Scene scene(t);

	scene.board.reports.resolves = false;
	EXPECT(t, scene.device.request(1, false));
	EXPECT(t, scene.device.request(1));
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	EXPECT_EQ(t, scene.board.reports.page_requests, 1);
}

void without_memory_a_group_is_denied(Case& t)
{
	Scene scene(t);

	test_fail_alloc(1);
	EXPECT(t, scene.device.request(1));
	EXPECT(t, test_alloc_failed());
	EXPECT_EQ(t, scene.response(1), PrgCode::kInvalid);
	// The device asks for it again after the response.
	test_fail_alloc(1);
	EXPECT(t, scene.device.request(2, false, kPage));
	test_fail_alloc(0);
	EXPECT(t, scene.device.request(2, true, 2 * kPage));
	ASSERT_EQ(t, scene.groups(), 1);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 2);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

// ---- devices that do not keep to their credits ----

void requests_beyond_the_credits_are_ignored(Case& t)
{
	Scene scene(t);

	for (u32 i = 0; i < 30; i++) {
		EXPECT(t, scene.board.smmu.page_request(kSid, std::nullopt, i * kPage, 20 + i,
							false, {}));
		scene.board.drain();
	}
	EXPECT_EQ(t, test_log_count("more than 8 page requests"), 22);
	EXPECT_EQ(t, scene.groups(), 0);
	EXPECT(t, scene.device.request(21, true, 40 * kPage));
	EXPECT(t, scene.device.request(29, true, 41 * kPage));
	ASSERT_EQ(t, scene.groups(), 2);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 1 | 1ull << 40);
	EXPECT_EQ(t, scene.group(1).size, 1);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	// Requests that have been offered make room.
	EXPECT(t, scene.board.smmu.page_request(kSid, std::nullopt, 0, 40, false, {}));
	scene.board.drain();
	EXPECT_EQ(t, test_log_count("more than 8 page requests"), 22);
}

// Not even while they are held.
void groups_beyond_the_credits_are_denied(Case& t)
{
	constexpr u32 kCredits = PriDevice::kCredits, kMany = model::Pri::kGroups;
	Scene scene(t);
	PriDevice other(scene.board, kOtherSid);
	const auto request_all = [&] {
		for (u32 group = 0; group < kMany; group++)
			EXPECT(t, other.request(group));
	};

	EXPECT_EQ(t, other.attach(scene.space), 0);
	EXPECT_EQ(t, other.grant(), 0);
	EXPECT_EQ(t, smmu_core_grant_pri(other.master, kCredits), 0);
	other.restart(kMany);
	request_all();
	EXPECT_EQ(t, other.pri.waiting(), kCredits);
	EXPECT_EQ(t, other.pri.responses(PrgCode::kInvalid), kMany - kCredits);
	EXPECT_EQ(t, test_log_count("more than 8 groups of page requests"), kMany - kCredits);
	smmu_core_master_report_stalls(other.master);
	EXPECT_EQ(t, other.pri.responses(PrgCode::kSuccess), kCredits);
	request_all();
	EXPECT_EQ(t, scene.groups(), kCredits);
	// Others are not concerned, and each answer makes room.
	EXPECT(t, scene.device.request(1));
	ASSERT_EQ(t, scene.groups(), kCredits + 1);
	for (u32 i = 0; i <= kCredits; i++)
		answer_group(scene.board, i, SMMU_STALL_RETRY);
	EXPECT(t, other.request(1));
	EXPECT_EQ(t, scene.groups(), kCredits + 2);
	other.leave();
}

void flood_of_one_device_leaves_the_others_their_service(Case& t)
{
	Scene scene(t);
	ResolvedSpace second(scene.board);
	PriDevice other(scene.board, kOtherSid);

	EXPECT_EQ(t, other.enter(second), 0);
	for (u32 i = 0; i < 300; i++)
		(void)scene.board.smmu.page_request(kSid, std::nullopt, 0, i, false, {});
	for (; scene.board.pending || scene.board.reports.late_drains;
	     scene.board.reports.late_drains = 0)
		scene.board.drain();
	EXPECT(t, other.request(1));
	ASSERT_EQ(t, scene.groups(), 1);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, other.pri.response(1), PrgCode::kSuccess);
	other.leave();
}

// ---- overflow ----

constexpr u32 kStranger = 0x500;

void fill(Scene& scene)
{
	while (scene.board.smmu.page_request(kStranger, std::nullopt, 0, 0, true, {})) {
	}
}

void overflow_ends_groups_without_a_last_request(Case& t)
{
	Scene scene(t);

	EXPECT(t, scene.device.request(1, false, 1 * kPage));  // taken before
	EXPECT(t, scene.device.request_unheard(1, false, 2 * kPage));
	EXPECT(t, scene.device.request_unheard(2, false, 3 * kPage));
	EXPECT(t, scene.device.request_unheard(2, true, 4 * kPage));
	EXPECT(t, scene.device.request_unheard(3, false, 5 * kPage));
	fill(scene);
	EXPECT(t, !scene.device.request_unheard(1, true));
	EXPECT(t, !scene.device.request_unheard(3, true));
	EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
	EXPECT_EQ(t, scene.response(3), PrgCode::kSuccess);
	scene.board.drain();
	EXPECT_EQ(t, test_log_count("PRI queue overflowed"), 1);
	// The one that was complete.
	ASSERT_EQ(t, scene.groups(), 1);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 3 | 1u << 4);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	// The indices mean other groups.
	EXPECT(t, scene.device.request(1, true, 6 * kPage));
	EXPECT(t, scene.device.request(3, true, 7 * kPage));
	ASSERT_EQ(t, scene.groups(), 3);
	EXPECT_EQ(t, scene.group(1).pages, 1u << 6);
	EXPECT_EQ(t, scene.group(2).pages, 1u << 7);
	answer_group(scene.board, 1, SMMU_STALL_RETRY);
	answer_group(scene.board, 2, SMMU_STALL_RETRY);
}

constinit Scene* scene_of_hook = nullptr;

// Requests that the SMMU records once the overflow is acknowledged are no part of it.
void group_after_the_overflow_is_complete(Case& t)
{
	Scene scene(t);
	static constinit bool sent = false;

	sent = false;
	EXPECT(t, scene.device.request_unheard(1, false, 1 * kPage));
	fill(scene);
	EXPECT(t, !scene.device.request_unheard(1, true));
	scene_of_hook = &scene;
	test_on_reschedule([] {
		const auto& q = scene_of_hook->board.smmu.regs().priq;
		if (sent || (q.prod ^ q.cons) >> 31)
			return;
		sent = true;
		EXPECT(scene_of_hook->t,
		       scene_of_hook->device.request_unheard(2, false, 2 * kPage));
	});
	scene.board.drain();
	test_on_reschedule(nullptr);
	EXPECT(t, sent);
	scene.board.drain();
	EXPECT(t, scene.device.request(2, true, 3 * kPage));
	ASSERT_EQ(t, scene.groups(), 1);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 2 | 1u << 3);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
}

// ---- an abort of a write of the queue ----

// Until the error is acknowledged, the SMMU responds itself (8.2).
void requests_before_an_abort_are_discarded(Case& t)
{
	Scene scene(t);

	EXPECT(t, scene.device.request(1, false, 1 * kPage));  // taken before
	EXPECT(t, scene.device.request_unheard(1, false, 2 * kPage));
	EXPECT(t, scene.device.request_unheard(2, true, 3 * kPage));
	scene.board.deliver = false;
	scene.board.smmu.raise_gerror(model::gerror::PRIQ_ABT_ERR);
	EXPECT(t, !scene.device.request_unheard(3));
	EXPECT_EQ(t, scene.response(3), PrgCode::kFailure);
	EXPECT(t, smmu_core_handle_gerror(scene.board.core));
	// Until PRI is reset, the function requests nothing.
	scene.device.restart();
	EXPECT(t, scene.device.request_unheard(1, true, 4 * kPage));
	scene.board.drain();
	ASSERT_EQ(t, scene.groups(), 1);
	EXPECT_EQ(t, scene.group(0).pages, 1u << 4);
	EXPECT_EQ(t, scene.board.ops(Op::PRI_RESP), 0);
	answer_group(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
}

// Another CPU may have taken them, and one behind them, before it sees the error.
void requests_behind_an_abort_are_taken(Case& t)
{
	Scene scene(t);
	static constinit bool raised = false;

	raised = false;
	scene.board.deliver = false;
	EXPECT(t, scene.device.request_unheard(1, true, 1 * kPage));
	scene_of_hook = &scene;
	scene.board.before_read = [](Board& b, u32 offset) {
		if (offset != 0x100c8 || raised)
			return;
		raised = true;
		b.smmu.raise_gerror(model::gerror::PRIQ_ABT_ERR);
		smmu_core_handle_gerror(b.core);
		EXPECT(scene_of_hook->t, scene_of_hook->device.request_unheard(2));
		EXPECT(scene_of_hook->t, scene_of_hook->device.request_unheard(3));
	};
	scene.board.drain();
	scene.board.before_read = nullptr;
	EXPECT(t, raised);
	// The first one was about to be taken.
	ASSERT_EQ(t, scene.groups(), 3);
	for (u32 i = 0; i < 3; i++)
		answer_group(scene.board, i, SMMU_STALL_RETRY);
}

// STE.PPAR: the model compares.
void response_to_an_overflow_has_the_pasid(Case& t)
{
	for (bool pasids : {false, true}) {
		Scene scene(t, pasids);

		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
		fill(scene);
		EXPECT(t, !scene.device.request_unheard(1, true, 0, kPasid));
		EXPECT_EQ(t, scene.response(1), PrgCode::kSuccess);
		scene.board.drain();
		scene.device.leave();
	}
}

}  // namespace

TEST_SUITE(page_requests, TEST_CASE(group_is_offered_with_all_its_requests),
	   TEST_CASE(answers_have_their_codes), TEST_CASE(groups_may_be_interleaved),
	   TEST_CASE(groups_with_the_same_index_are_apart),
	   TEST_CASE(response_has_the_pasid_that_the_function_wants),
	   TEST_CASE(entries_of_pages_that_become_writable_are_invalidated),
	   TEST_CASE(device_without_a_grant_is_denied),
	   TEST_CASE(function_that_others_share_pri_with_is_denied_alone),
	   TEST_CASE(function_without_pri_is_failed),
	   TEST_CASE(pasid_that_is_not_attached_is_denied), TEST_CASE(stop_marker_is_no_request),
	   TEST_CASE(group_that_is_not_taken_is_denied_and_reported),
	   TEST_CASE(without_memory_a_group_is_denied),
	   TEST_CASE(requests_beyond_the_credits_are_ignored),
	   TEST_CASE(groups_beyond_the_credits_are_denied),
	   TEST_CASE(flood_of_one_device_leaves_the_others_their_service),
	   TEST_CASE(overflow_ends_groups_without_a_last_request),
	   TEST_CASE(group_after_the_overflow_is_complete),
	   TEST_CASE(requests_before_an_abort_are_discarded),
	   TEST_CASE(requests_behind_an_abort_are_taken),
	   TEST_CASE(response_to_an_overflow_has_the_pasid));
