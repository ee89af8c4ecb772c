// SPDX-License-Identifier: GPL-2.0-only
// PASIDs over suspends: what is attached or detached while the SMMU is off, and at each access on the way there and
// back, is in force once it translates.
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/every_access.hpp"

using namespace test;

namespace {

constexpr u32 kDmaSid = 11, kPasid = 3, kOther = 7;
constexpr u64 kOtherPa = 2 * kPa;

struct Scene {
	Scene(Case& t, const Setup& setup)
		: board(t, setup),
		  space(board),
		  other(board),
		  device(board, kDmaSid, 5)
	{
		EXPECT(t, space.map(kIova, kPa, kPage));
		EXPECT(t, other.map(kIova, kOtherPa, kPage));
	}
	~Scene() { device.destroy(); }

	bool bypasses() { return board.dma(kDmaSid, kIova).outcome == model::Outcome::kBypassed; }
	u64 reach(u32 pasid)
	{
		const model::Dma dma = board.dma_by(kDmaSid, pasid, kIova);
		return dma.ok() ? dma.pa : ~u64{0};
	}

	PowerBoard board;
	Space space, other;
	test::AtsDevice device;
};

constexpr u64 kNowhere = ~u64{0};

void attach_while_suspended_is_in_force_after_resume(Case& t)
{
	for (bool identity : {false, true}) {
		Scene scene(t, {});
		if (identity)
			EXPECT_EQ(t, scene.device.attach_identity(), 0);
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
		EXPECT_EQ(t, scene.reach(kPasid), kPa);
		ASSERT(t, scene.board.down(true));
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.other), 0);
		EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.space), 0);
		ASSERT_EQ(t, scene.board.wake(), 0);
		EXPECT_EQ(t, scene.reach(kPasid), kOtherPa);
		EXPECT_EQ(t, scene.reach(kOther), kPa);
		ASSERT(t, scene.board.down(true));
		scene.device.detach_pasid(kPasid);
		scene.device.detach_pasid(kOther);
		scene.space.destroy();
		ASSERT_EQ(t, scene.board.wake(), 0);
		EXPECT_EQ(t, scene.reach(kPasid), kNowhere);
		EXPECT_EQ(t, scene.reach(kOther), kNowhere);
		EXPECT_EQ(t, scene.bypasses(), identity);
	}
}

// ---- at each access of a suspend and a resume ----

void attach_space(Scene& scene)
{
	EXPECT_EQ(scene.board.t, scene.device.attach_pasid(kPasid, scene.space), 0);
}

void identity(Scene& scene)
{
	EXPECT_EQ(scene.board.t, scene.device.attach_identity(), 0);
	(void)scene.reach(kPasid);
}

void identity_with_space(Scene& scene)
{
	EXPECT_EQ(scene.board.t, scene.device.attach_identity(), 0);
	attach_space(scene);
	(void)scene.reach(kPasid);
}

// At an access, the PASID leads there or nowhere.
template <u64 kFirst, u64 kThen>
void leads(Scene& scene, bool done)
{
	const model::Dma dma = scene.board.smmu.translate(kDmaSid, kPasid, kIova, {});
	EXPECT(scene.board.t,
	       dma.outcome != model::Outcome::kTranslated || dma.pa == (done ? kThen : kFirst));
}

// After the resume.
template <u64 kThen>
void leads_to(Scene& scene)
{
	EXPECT_EQ(scene.board.t, scene.reach(kPasid), kThen);
	EXPECT(scene.board.t, scene.bypasses());
}

void attach_at_every_access(Case& t)
{
	EveryAccess<Scene>{.before = identity,
			   .act = attach_space,
			   .look = leads<kNowhere, kPa>,
			   .after = leads_to<kPa>}
		.run(t);
}

void detach_at_every_access(Case& t)
{
	EveryAccess<Scene>{.before = identity_with_space,
			   .act = [](Scene& s) { s.device.detach_pasid(kPasid); },
			   .look = leads<kPa, kNowhere>,
			   .after = leads_to<kNowhere>}
		.run(t);
}

void replacement_at_every_access(Case& t)
{
	EveryAccess<Scene>{.before = identity_with_space,
			   .act =
				   [](Scene& s) {
					   EXPECT_EQ(s.board.t,
						     s.device.attach_pasid(kPasid, s.other), 0);
				   },
			   .look = leads<kPa, kOtherPa>,
			   .after = leads_to<kOtherPa>}
		.run(t);
}

void page_goes_at_every_access(Case& t)
{
	EveryAccess<Scene>{.before = identity_with_space,
			   .act = [](Scene& s) { EXPECT(s.board.t, s.space.unmap(kIova, kPage)); },
			   .look = leads<kPa, kNowhere>,
			   .after = leads_to<kNowhere>}
		.run(t);
}

// A device whose ATC has a page of the PASID, after a suspend and a resume.
struct ResumedScene : Scene {
	explicit ResumedScene(Case& t)
		: Scene(t, {})
	{
		EXPECT_EQ(t, device.attach_identity(), 0);
		EXPECT_EQ(t, device.attach_pasid(kPasid, space), 0);
		EXPECT_EQ(t, device.grant(), 0);
		EXPECT_EQ(t, device.access_by(kPasid, kIova).pa, kPa);
		EXPECT(t, board.cycle());
	}
};

// The STE is written anew for the first PASID; resume has withheld ATS.
void ats_stays_off_after_a_resume_until_it_is_granted(Case& t)
{
	ResumedScene scene(t);
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.other), 0);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT_EQ(t, scene.device.access_by(kOther, kIova).pa, kOtherPa);
}

// The first PASID has the STE refer to the CD table again.
void ats_stays_off_with_a_first_pasid_after_a_resume(Case& t)
{
	ResumedScene scene(t);
	scene.device.detach_pasid(kPasid);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.other), 0);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT_EQ(t, scene.reach(kPasid), kOtherPa);
}

}  // namespace

TEST_SUITE(pasid_power, TEST_CASE(attach_while_suspended_is_in_force_after_resume),
	   TEST_CASE(attach_at_every_access), TEST_CASE(detach_at_every_access),
	   TEST_CASE(replacement_at_every_access), TEST_CASE(page_goes_at_every_access),
	   TEST_CASE(ats_stays_off_after_a_resume_until_it_is_granted),
	   TEST_CASE(ats_stays_off_with_a_first_pasid_after_a_resume));
