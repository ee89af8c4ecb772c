// SPDX-License-Identifier: GPL-2.0-only
// Stalled transactions end with the attachment of their device, whatever takes its place.
#include "kunit/smmu/fixture/stalling.hpp"

using namespace model;
using namespace test::stalling;
using test::answer;
using test::answer_all;
using test::Case;
using test::Device;
using test::Setup;
using test::StallingDevice;

namespace {

constexpr void (*kEnds[])(Scene&) = {
	[](Scene& s) { EXPECT_EQ(s.t, s.device.attach_blocked(), 0); },
	[](Scene& s) { EXPECT_EQ(s.t, s.device.attach_identity(), 0); },
	[](Scene& s) { EXPECT_EQ(s.t, s.device.attach(s.plain), 0); },
	[](Scene& s) { EXPECT_EQ(s.t, s.device.attach(s.space), 0); },  // tried again
	[](Scene& s) { s.device.destroy(); },
	[](Scene& s) {
		smmu_core_master_keep_direct(s.device.master);
		s.device.destroy();
	},
};

void detach_ends_what_waits(Case& t)
{
	for (auto end : kEnds) {
		Scene scene(t);
		EXPECT_EQ(t, scene.device.attach(scene.space), 0);
		const Dma heard = scene.stall(), unheard = scene.stall_unheard(kIova + kPage);
		end(scene);
		const bool resolved = end == kEnds[3];
		EXPECT_EQ(t, scene.state(heard), StallState::kAbort);
		EXPECT_EQ(t, scene.state(unheard),
			  resolved ? StallState::kRetry : StallState::kAbort);
		EXPECT_EQ(t, scene.board.smmu.stalled(), 0);
		EXPECT_EQ(t, scene.board.reports.events, !resolved);
		EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
		// A late answer resumes nothing, also where the STAG is in use again.
		if (resolved)
			scene.stall();
		answer(scene.board, 0, SMMU_STALL_RETRY);
		EXPECT_EQ(t, scene.board.smmu.stalled(), resolved);
		answer_all(scene.board, SMMU_STALL_ABORT);
		scene.device.destroy();
	}
}

// With a queue that is full of another device's events, and with more than STALL_MAX of them.
void detach_ends_what_has_no_record(Case& t)
{
	for (u32 stall_max : {0u, 4u})
		for (auto end : kEnds) {
			Setup setup;
			setup.ids.idr5 |= stall_max << 16;
			setup.ids.idr1 = (setup.ids.idr1 & ~(0x1fu << 16)) | 4u << 16;  // EVENTQS
			Scene scene(t, setup);
			EXPECT_EQ(t, scene.device.attach(scene.space), 0);
			for (u32 i = 0; i < 16; i++)
				scene.board.smmu.translate(0x7777, std::nullopt, kIova, {});
			Dma dma[10];
			for (u32 i = 0; i < 10; i++)
				dma[i] = scene.stall_unheard(kIova + i * kPage);
			end(scene);
			scene.board.drain();
			for (const Dma& one : dma)
				EXPECT(t,
				       scene.state(one) != StallState::kWaiting || end == kEnds[3]);
			answer_all(scene.board, SMMU_STALL_ABORT);
			scene.board.drain();
			answer_all(scene.board, SMMU_STALL_ABORT);
			scene.board.drain();
			answer_all(scene.board, SMMU_STALL_ABORT);
			scene.device.destroy();
		}
}

// The tag is in use anew when the answer comes.
void device_goes_while_a_pasid_stalls(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	const Dma dma = scene.stall(kIova, kSid, kPasid);
	scene.device.destroy();
	EXPECT_EQ(t, scene.state(dma), StallState::kAbort);
	StallingDevice next(scene.board, {kSid});
	EXPECT_EQ(t, next.attach(scene.space), 0);
	const Dma other = scene.stall();
	EXPECT_EQ(t, other.stag, dma.stag);
	answer(scene.board, 0, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.state(other), StallState::kWaiting);
	answer(scene.board, 1, SMMU_STALL_RETRY);
	EXPECT_EQ(t, scene.state(other), StallState::kRetry);
}

// The device faults after one write of a register after the other, until the detach has that many no more.
struct FaultAt {
	Scene& scene;
	std::optional<u32> pasid;
	u32 writes;  // before it

	void arm()
	{
		scene.board.boundary_context = this;
		scene.board.boundary = [](void* context) {
			auto& self = *static_cast<FaultAt*>(context);
			if (self.writes-- == 0)
				self.scene.board.smmu.translate(kSid, self.pasid, kIova, {});
		};
	}
	bool reached()
	{
		scene.board.boundary = nullptr;
		return writes > ~u32{0} / 2;
	}
};

void fault_after_each_write_of_a_detach_ends_with_it(Case& t)
{
	for (auto end : {kEnds[0], kEnds[1], kEnds[2], kEnds[4]}) {
		u32 writes = 0;
		for (bool more = true; more; writes++) {
			Scene scene(t, test::register_setup());
			EXPECT_EQ(t, scene.device.attach(scene.space), 0);
			scene.stall(kIova + kPage);
			FaultAt fault{scene, {}, writes};
			fault.arm();
			end(scene);
			more = fault.reached();
			EXPECT_EQ(t, scene.board.smmu.stalled(), 0);
			EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
		}
		EXPECT(t, writes > 3);
	}
}

void fault_after_each_write_of_a_pasids_detach_ends_with_it(Case& t)
{
	for (bool replaced : {false, true}) {
		u32 writes = 0;
		for (bool more = true; more; writes++) {
			Scene scene(t, test::register_setup());
			EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
			scene.stall(kIova + kPage, kSid, kPasid);
			FaultAt fault{scene, kPasid, writes};
			fault.arm();
			if (replaced)
				EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.plain), 0);
			else
				scene.device.detach_pasid(kPasid);
			more = fault.reached();
			EXPECT_EQ(t, scene.board.smmu.stalled(), 0);
			EXPECT_EQ(t, scene.board.reports.nr_faults, 1);
			scene.device.destroy();
		}
		EXPECT(t, writes > 3);
	}
}

void stream_that_aborts_is_cleared_when_its_device_goes(Case& t)
{
	for (bool direct : {false, true}) {
		Scene scene(t);
		EXPECT_EQ(t, scene.device.attach(scene.space), 0);
		if (direct)
			smmu_core_master_keep_direct(scene.device.master);
		scene.device.destroy();
		EXPECT_EQ(t, scene.board.ops(Op::STALL_TERM), direct ? 0 : 2);
	}
	Scene scene(t);
	Device plain(scene.board, {kOtherSid});
	plain.destroy();
	EXPECT_EQ(t, scene.board.ops(Op::STALL_TERM), 0);
}

}  // namespace

TEST_SUITE(stalls_detach, TEST_CASE(detach_ends_what_waits),
	   TEST_CASE(detach_ends_what_has_no_record), TEST_CASE(device_goes_while_a_pasid_stalls),
	   TEST_CASE(fault_after_each_write_of_a_detach_ends_with_it),
	   TEST_CASE(fault_after_each_write_of_a_pasids_detach_ends_with_it),
	   TEST_CASE(stream_that_aborts_is_cleared_when_its_device_goes));
