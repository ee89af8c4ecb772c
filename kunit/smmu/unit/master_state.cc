// SPDX-License-Identifier: GPL-2.0-only
// The STE that each translation of a device needs, by what the SMMU has.
#include "arm-smmu-v3/master_state.hpp"

#include "kunit/smmu/fixture/words.hpp"

namespace {

using namespace smmu3;
using test::expect_words;

constexpr CdTableRef kContexts{0x0000123456789000, S1Format::kLinear, 5};

constexpr smmu_pgtable make_table()
{
	smmu_pgtable table{};
	table.ttb = 0x000abcdef0123450;
	table.tsz = 24;
	return table;
}
constexpr smmu_pgtable kTable = make_table();

void blocked_device_aborts(test::Case& t)
{
	Features features{};
	features.shareability = ShareabilityOverride::kIncoming;
	expect_words(t, ste_for({.config = SteConfig::kAbort}, features).words,
		     make_abort_ste().words);
}

void identity_keeps_shareability_as_the_smmu_can(test::Case& t)
{
	Features features{};
	for (auto shareability : {ShareabilityOverride::kNone, ShareabilityOverride::kIncoming}) {
		features.shareability = shareability;
		expect_words(t, ste_for({.config = SteConfig::kBypass}, features).words,
			     make_bypass_ste(shareability).words);
	}
}

void stage_1_is_in_the_world_of_the_kernel(test::Case& t)
{
	Features features{};
	features.stalls = StallModel::kOptional;
	for (bool e2h : {false, true}) {
		features.e2h = e2h;
		const StreamWorld world = e2h ? StreamWorld::kEl2 : StreamWorld::kEl1;
		expect_words(
			t,
			ste_for({.config = SteConfig::kStage1, .contexts = kContexts}, features)
				.words,
			make_stage1_ste(kContexts, world, StallModel::kOptional).words);
	}
}

// The CD of SubstreamID 0 is not used.
void identity_with_pasids_bypasses_by_s1dss(test::Case& t)
{
	Features features{};
	features.shareability = ShareabilityOverride::kIncoming;
	const MasterState state{.config = SteConfig::kBypass, .s1dss = true, .contexts = kContexts};
	const Ste ste = ste_for(state, features);
	EXPECT(t, ste.get<Ste::Config>() == SteConfig::kStage1);
	EXPECT(t, ste.get<Ste::S1DSS>() == S1Default::kBypass);
	EXPECT(t, ste.get<Ste::SHCFG>() == ShareabilityOverride::kIncoming);
	EXPECT_EQ(t, ste.get<Ste::S1ContextPtr>(), kContexts.base);
	EXPECT_EQ(t, ste.get<Ste::S1CDMax>(), 5);
}

void blocked_device_with_pasids_aborts_by_s1dss(test::Case& t)
{
	const MasterState state{.config = SteConfig::kAbort, .s1dss = true, .contexts = kContexts};
	const Ste ste = ste_for(state, Features{});
	EXPECT(t, ste.get<Ste::Config>() == SteConfig::kStage1);
	EXPECT(t, ste.get<Ste::S1DSS>() == S1Default::kTerminate);
}

void stage_2_names_the_vmid_and_the_table(test::Case& t)
{
	Features features{};
	features.stalls = StallModel::kForced;
	features.shareability = ShareabilityOverride::kIncoming;
	expect_words(
		t,
		ste_for({.config = SteConfig::kStage2, .vmid = Vmid(7), .table = &kTable}, features)
			.words,
		make_stage2_ste(Vmid(7), kTable, ShareabilityOverride::kIncoming,
				StallModel::kForced)
			.words);
}

}  // namespace

TEST_SUITE(master_state, TEST_CASE(blocked_device_aborts),
	   TEST_CASE(identity_keeps_shareability_as_the_smmu_can),
	   TEST_CASE(stage_1_is_in_the_world_of_the_kernel),
	   TEST_CASE(identity_with_pasids_bypasses_by_s1dss),
	   TEST_CASE(blocked_device_with_pasids_aborts_by_s1dss),
	   TEST_CASE(stage_2_names_the_vmid_and_the_table));
