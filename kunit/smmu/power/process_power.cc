// SPDX-License-Identifier: GPL-2.0-only
// Processes over suspends: what one unmaps while the SMMU is off, or its exit, is in force once it translates, and no
// flush wakes it up.
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/every_access.hpp"
#include "kunit/smmu/fixture/process.hpp"

using namespace test;

namespace {

constexpr u32 kDmaSid = 11, kPasid = 3;
constexpr u64 kNowhere = ~u64{0};

struct Scene {
	explicit Scene(Case& t, const Setup& setup = {})
		: board(t, setup),
		  process(board),
		  device(board, kDmaSid, 5)
	{
		EXPECT_EQ(t, process.attach(device, kPasid), 0);
		process.map(kIova, kPa, kPage);
		EXPECT_EQ(t, reach(), kPa);
	}
	~Scene() { device.destroy(); }

	u64 reach()
	{
		const model::Dma dma = board.dma_by(kDmaSid, kPasid, kIova);
		return dma.ok() ? dma.pa : kNowhere;
	}

	PowerBoard board;
	Process process;
	test::AtsDevice device;
};

void nothing_stale_is_left_after_a_resume(Case& t)
{
	for (bool retain : {false, true}) {
		Scene scene(t);
		ASSERT(t, scene.board.down(retain));
		scene.board.take_counts();
		const u64 elided = scene.board.stats().elided;
		scene.process.unmap(kIova, kPage);
		smmu_core_flush_range(scene.process.shared, 0, ~u64{0});
		EXPECT_EQ(t, scene.board.stats().elided, elided + 2);
		const PowerBoard::Counts counts = scene.board.take_counts();
		EXPECT_EQ(t, counts.reads + counts.writes, 0);
		ASSERT_EQ(t, scene.board.wake(), 0);
		EXPECT_EQ(t, scene.reach(), kNowhere);
		scene.process.map(kIova, 2 * kPa, kPage);
		EXPECT_EQ(t, scene.reach(), 2 * kPa);
	}
}

void exit_while_suspended_is_quiet_after_a_resume(Case& t)
{
	for (bool retain : {false, true}) {
		Scene scene(t);
		ASSERT(t, scene.board.down(retain));
		scene.board.take_counts();
		scene.process.exit();
		const PowerBoard::Counts counts = scene.board.take_counts();
		EXPECT_EQ(t, counts.reads + counts.writes, 0);
		ASSERT_EQ(t, scene.board.wake(), 0);
		const u32 events = scene.board.reports.events;
		EXPECT_EQ(t, scene.reach(), kNowhere);
		EXPECT_EQ(t, scene.board.reports.events, events);
	}
}

void process_is_attached_while_suspended(Case& t)
{
	Scene scene(t);
	scene.device.detach_pasid(kPasid);
	ASSERT(t, scene.board.down());
	EXPECT_EQ(t, scene.process.attach(scene.device, kPasid), 0);
	ASSERT_EQ(t, scene.board.wake(), 0);
	EXPECT_EQ(t, scene.reach(), kPa);
}

// ---- at each access of a suspend and a resume ----

constexpr EveryAccess<Scene> kGoes{
	.act = nullptr,
	.look =
		[](Scene& scene, bool done) {
			const model::Dma dma =
				scene.board.smmu.translate(kDmaSid, kPasid, kIova, {});
			EXPECT(scene.board.t, dma.outcome != model::Outcome::kTranslated ||
						      (!done && dma.pa == kPa));
		},
	.after = [](Scene& scene) { EXPECT_EQ(scene.board.t, scene.reach(), kNowhere); }};

void page_goes_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kGoes;
	each.act = [](Scene& scene) { scene.process.unmap(kIova, kPage); };
	each.run(t);
}

void exit_at_every_access(Case& t)
{
	EveryAccess<Scene> each = kGoes;
	each.act = [](Scene& scene) { scene.process.exit(); };
	each.run(t);
}

// The device kept its ATC.
void atc_is_not_used_for_what_was_unmapped_meanwhile(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).pa, kPa);
	ASSERT(t, scene.board.down());
	scene.process.unmap(kIova, kPage);
	EXPECT_EQ(t, scene.device.atc.size(), 1);
	ASSERT_EQ(t, scene.board.wake(), 0);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
}

}  // namespace

TEST_SUITE(process_power, TEST_CASE(nothing_stale_is_left_after_a_resume),
	   TEST_CASE(exit_while_suspended_is_quiet_after_a_resume),
	   TEST_CASE(process_is_attached_while_suspended), TEST_CASE(page_goes_at_every_access),
	   TEST_CASE(exit_at_every_access),
	   TEST_CASE(atc_is_not_used_for_what_was_unmapped_meanwhile));
