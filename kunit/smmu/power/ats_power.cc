// SPDX-License-Identifier: GPL-2.0-only
// A device that keeps its ATC while the SMMU is off: no Translated transaction may use a translation that was
// unmapped meanwhile.
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;
namespace reg = model::reg;

namespace {

constexpr u32 kAtsSid = 11;

struct Scene {
	Scene(Case& t, const Setup& setup)
		: board(t, setup),
		  space(board),
		  device(board, kAtsSid)
	{
		EXPECT(t, space.map(kIova, kPa, kPage));
		EXPECT_EQ(t, device.attach(space), 0);
		EXPECT_EQ(t, device.grant(), 0);
		EXPECT_EQ(t, device.access(kIova).pa, kPa);
	}
	~Scene() { device.destroy(); }

	PowerBoard board;
	Space space;
	test::AtsDevice device;
};

constinit Scene* the_scene = nullptr;
constinit bool inside = false, unmapped = false;
constinit u32 unmap_at = 0;

// An access by the device, which does not know of suspend: it uses the page only while that is mapped.  One that
// is refused is recorded: none comes while records are taken, or that would not end.
void look(Case& t)
{
	if (the_scene->board.last_access.takes_records())
		return;
	const model::Dma done = the_scene->device.access(kIova);
	EXPECT(t, !done.ok() || !unmapped);
}

// The page is unmapped just before access number `unmap_at` of a suspend and a resume, or after.
void unmap_page(PowerBoard& board, u32 number, bool)
{
	if (inside)
		return;
	inside = true;
	if (!unmapped && number >= unmap_at && !board.last_access.publishes()) {
		EXPECT(board.t, the_scene->space.unmap(kIova, kPage));
		unmapped = true;
	}
	look(board.t);
	inside = false;
}

// `cycle`: a suspend and a resume.  The shim grants ATS again then.
void page_goes_at_every_access(Case& t, const Setup& setup, bool (*cycle)(PowerBoard&))
{
	for (unmap_at = 0;; unmap_at++) {
		Scene scene(t, setup);
		the_scene = &scene;
		inside = unmapped = false;
		scene.board.take_counts();
		scene.board.on_access = unmap_page;
		ASSERT(t, cycle(scene.board));
		EXPECT(t, !scene.device.access(kIova).ok());
		scene.board.on_access = nullptr;
		if (!unmapped)
			break;
		EXPECT_EQ(t, scene.device.grant(), 0);
		EXPECT(t, !scene.device.access(kIova).ok());
		EXPECT(t, scene.space.map(kIova, 2 * kPa, kPage));
		EXPECT_EQ(t, scene.device.access(kIova).pa, 2 * kPa);
	}
	EXPECT(t, unmap_at > 40);
}

void page_goes_at_every_access_and_power_is_lost(Case& t)
{
	for (const Setup& setup : {Setup(), register_setup()})
		page_goes_at_every_access(
			t, setup, [](PowerBoard& board) { return board.down() && !board.wake(); });
}

void page_goes_at_every_access_and_power_is_kept(Case& t)
{
	page_goes_at_every_access(
		t, {}, [](PowerBoard& board) { return board.down(true) && !board.wake(); });
}

// The queue does not drain, and the suspend is undone.  The page goes while STOP is set.
void page_that_goes_before_a_rollback_is_forgotten(Case& t)
{
	Scene scene(t, register_setup());
	UsedSpace other(scene.board);
	the_scene = &scene;
	test_clock_fake(true);
	scene.board.ns_per_poll = 1'000'000;
	scene.board.smmu.set_deferred(true);
	smmu_core_flush_domain(other.domain);
	scene.board.take_counts();
	static constinit u32 looks;
	looks = 0;
	unmapped = false;
	scene.board.on_access = [](PowerBoard& board, u32, bool) {
		const auto& access = board.last_access;
		if (!access.write && access.offset == reg::CMDQ_CONS && ++looks == 3) {
			EXPECT(board.t, the_scene->space.unmap(kIova, kPage));
			unmapped = true;
		}
		if (unmapped && access.write && access.offset == reg::CR0)
			board.smmu.set_deferred(false);
		look(board.t);
	};
	EXPECT(t, scene.board.suspend() != 0);
	EXPECT_EQ(t, scene.board.state(), SMMU_POWER_ACTIVE);
	look(t);
	scene.board.on_access = nullptr;
	EXPECT(t, unmapped);
	EXPECT_EQ(t, scene.device.atc.size(), 1);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.atc.size(), 0);
	EXPECT(t, !scene.device.access(kIova).ok());
	test_clock_fake(false);
}

void grant_is_refused_while_the_smmu_is_off(Case& t)
{
	Scene scene(t, {});
	ASSERT(t, scene.board.down());
	EXPECT_EQ(t, smmu_core_grant_ats(scene.device.master), -5);
	ASSERT_EQ(t, scene.board.wake(), 0);
	EXPECT(t, !scene.device.access(kIova).ok());
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access(kIova).pa, kPa);
}

// A device that does not answer after a resume works without ATS.
void device_that_is_gone_after_a_resume_gets_no_ats(Case& t)
{
	Scene scene(t, {});
	ASSERT(t, scene.board.cycle());
	scene.device.atc.ignore_invalidations(true);
	EXPECT_EQ(t, smmu_core_grant_ats(scene.device.master), -19);
	EXPECT(t, !scene.device.access(kIova).ok());
	EXPECT_EQ(t, scene.board.reach(kIova, kAtsSid), kPa);
}

// ATS is withdrawn before, as the shim does where it can.
void withdrawn_ats_stays_off_over_a_resume(Case& t)
{
	Scene scene(t, {});
	scene.device.withdraw();
	ASSERT(t, scene.board.cycle());
	scene.device.atc.enable();
	EXPECT(t, !scene.device.access(kIova).ok());
	EXPECT_EQ(t, scene.board.reach(kIova, kAtsSid), kPa);
}

void elided_flush_is_elided_for_the_atc_too(Case& t)
{
	Scene scene(t, {});
	ASSERT(t, scene.board.down());
	const smmu_stats before = scene.board.stats();
	EXPECT(t, scene.space.unmap(kIova, kPage));
	const smmu_stats after = scene.board.stats();
	EXPECT_EQ(t, after.elided, before.elided + 1);
	EXPECT_EQ(t, after.commands, before.commands);
	ASSERT_EQ(t, scene.board.wake(), 0);
}

}  // namespace

TEST_SUITE(ats_power, TEST_CASE(page_goes_at_every_access_and_power_is_lost),
	   TEST_CASE(page_goes_at_every_access_and_power_is_kept),
	   TEST_CASE(page_that_goes_before_a_rollback_is_forgotten),
	   TEST_CASE(grant_is_refused_while_the_smmu_is_off),
	   TEST_CASE(device_that_is_gone_after_a_resume_gets_no_ats),
	   TEST_CASE(withdrawn_ats_stays_off_over_a_resume),
	   TEST_CASE(elided_flush_is_elided_for_the_atc_too));
