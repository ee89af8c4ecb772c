// SPDX-License-Identifier: GPL-2.0-only
// Devices that do not work without ATS: they have it while their transactions bypass, too.
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/ats.hpp"

using test::Board;
using test::Case;
using test::Setup;
using test::Space;

namespace {

constexpr u32 kSid = 9, kPasid = 1;
constexpr u64 kIova = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;
constexpr int kInvalid = -22, kNoMemory = -12;

struct Scene {
	explicit Scene(Case& the_case, u32 ssid_bits = 0)
		: t(the_case),
		  board(the_case),
		  started((board.up(), true)),
		  space(board),
		  device(board, kSid, ssid_bits)
	{
		EXPECT(t, space.map(kIova, kPa, kPage));
	}
	~Scene() { device.destroy(); }

	// By a translation request; untranslated transactions do the same.
	void expect_bypass()
	{
		EXPECT_EQ(t, device.access(kIova).pa, kIova);
		EXPECT_EQ(t, board.dma(kSid, kIova).outcome, model::Outcome::kBypassed);
	}

	Case& t;
	Board board;
	bool started;
	Space space;
	test::AtsDevice device;
};

Setup without(u32 idr0, u32 idr1)
{
	Setup setup = test::with_idr0({}, idr0, 0);
	setup.ids.idr1 &= ~idr1;
	return setup;
}

void identity_has_ats(Case& t)
{
	for (u32 ssid_bits : {0u, 5u}) {
		Scene scene(t, ssid_bits);
		EXPECT_EQ(t, smmu_core_bypass_with_ats(scene.device.master), 0);
		EXPECT_EQ(t, scene.device.attach_identity(), 0);
		EXPECT(t, smmu_core_bypasses_with_ats(scene.device.master));
		EXPECT_EQ(t, scene.device.grant(), 0);
		scene.expect_bypass();
		EXPECT_EQ(t, scene.device.atc.size(), 1);
	}
}

// What the ATC has of one domain is not used in the other.
void identity_comes_and_goes(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, smmu_core_bypass_with_ats(scene.device.master), 0);
	for (int round = 0; round < 2; round++) {
		EXPECT_EQ(t, scene.device.attach_identity(), 0);
		EXPECT_EQ(t, scene.device.grant(), 0);
		scene.expect_bypass();
		scene.device.withdraw();
		EXPECT_EQ(t, scene.device.attach(scene.space), 0);
		EXPECT_EQ(t, scene.device.grant(), 0);
		EXPECT_EQ(t, scene.device.access(kIova).pa, kPa);
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
		scene.device.withdraw();
	}
	EXPECT_EQ(t, scene.board.smmu.stats().violations, 0);
}

void blocked_device_has_none(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, smmu_core_bypass_with_ats(scene.device.master), 0);
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	EXPECT(t, !smmu_core_bypasses_with_ats(scene.device.master));
	EXPECT_EQ(t, scene.device.grant(), kInvalid);
	EXPECT(t, !scene.device.access(kIova).ok());
}

// A PASID comes and goes, and ATS stays.
void pasid_leaves_ats_of_identity_alone(Case& t)
{
	Scene scene(t, 5);
	EXPECT_EQ(t, smmu_core_bypass_with_ats(scene.device.master), 0);
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	scene.expect_bypass();
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.space), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).pa, kPa);
	EXPECT(t, !smmu_core_in_domain_besides(scene.device.master, kPasid));
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	scene.device.detach_pasid(kPasid);
	scene.expect_bypass();
	EXPECT_EQ(t, scene.device.atc.size(), 1);
}

// IHI 0070 5.2: S1DSS is ignored there.
void smmu_without_substreams_or_stage_1_has_none(Case& t)
{
	for (const Setup& setup : {without(0, 0x1f << 6), without(1u << 1, 0)}) {
		Board board(t, setup);
		board.up();
		test::AtsDevice device(board, kSid);
		EXPECT_EQ(t, smmu_core_bypass_with_ats(device.master), kInvalid);
		EXPECT_EQ(t, device.attach_identity(), 0);
		EXPECT_EQ(t, device.grant(), kInvalid);
		EXPECT_EQ(t, board.dma(kSid, kIova).outcome, model::Outcome::kBypassed);
	}
}

void without_memory_identity_has_none(Case& t)
{
	u32 failures = 0;
	for (int error = kNoMemory; error; failures++) {
		Scene scene(t);
		test_fail_alloc(failures + 1);
		error = smmu_core_bypass_with_ats(scene.device.master);
		test_fail_alloc(0);
		EXPECT(t, !error || error == kNoMemory);
		EXPECT_EQ(t, scene.device.attach_identity(), 0);
		EXPECT_EQ(t, scene.device.grant(), error ? kInvalid : 0);
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).outcome, model::Outcome::kBypassed);
	}
	EXPECT(t, failures > 1);
}

}  // namespace

TEST_SUITE(master_ats, TEST_CASE(identity_has_ats), TEST_CASE(identity_comes_and_goes),
	   TEST_CASE(blocked_device_has_none), TEST_CASE(pasid_leaves_ats_of_identity_alone),
	   TEST_CASE(smmu_without_substreams_or_stage_1_has_none),
	   TEST_CASE(without_memory_identity_has_none));
