// SPDX-License-Identifier: GPL-2.0-only
// The STE in raw doublewords (IHI 0070 5.2).
#include "arm-smmu-v3/ste.hpp"

#include "kunit/smmu/fixture/words.hpp"

namespace {

using namespace smmu3;
using test::expect_place;
using test::expect_words;

void fields_lie_where_the_manual_draws_them(test::Case& t)
{
	expect_place<Ste::V>(t, 0, 0x1);
	expect_place<Ste::Config>(t, 0, 0xe);
	expect_place<Ste::S1Fmt>(t, 0, 0x30);
	expect_place<Ste::S1ContextPtr>(t, 0, 0x000fffffffffffc0);
	expect_place<Ste::S1CDMax>(t, 0, 0xf800000000000000);
	expect_place<Ste::S1DSS>(t, 1, 0x3);
	expect_place<Ste::S1CIR>(t, 1, 0xc);
	expect_place<Ste::S1COR>(t, 1, 0x30);
	expect_place<Ste::S1CSH>(t, 1, 0xc0);
	expect_place<Ste::S1STALLD>(t, 1, 0x08000000);
	expect_place<Ste::PPAR>(t, 1, 0x00040000);
	expect_place<Ste::MEV>(t, 1, 0x00080000);
	expect_place<Ste::EATS>(t, 1, 0x30000000);
	expect_place<Ste::STRW>(t, 1, 0xc0000000);
	expect_place<Ste::SHCFG>(t, 1, 0x0000300000000000);
	expect_place<Ste::S2VMID>(t, 2, 0xffff);
	expect_place<Ste::S2T0SZ>(t, 2, 0x0000003f00000000);
	expect_place<Ste::S2SL0>(t, 2, 0x000000c000000000);
	expect_place<Ste::S2IR0>(t, 2, 0x0000030000000000);
	expect_place<Ste::S2OR0>(t, 2, 0x00000c0000000000);
	expect_place<Ste::S2SH0>(t, 2, 0x0000300000000000);
	expect_place<Ste::S2TG>(t, 2, 0x0000c00000000000);
	expect_place<Ste::S2PS>(t, 2, 0x0007000000000000);
	expect_place<Ste::S2AA64>(t, 2, 0x0008000000000000);
	expect_place<Ste::S2ENDI>(t, 2, 0x0010000000000000);
	expect_place<Ste::S2PTW>(t, 2, 0x0040000000000000);
	expect_place<Ste::S2HD>(t, 2, 0x0080000000000000);
	expect_place<Ste::S2HA>(t, 2, 0x0100000000000000);
	expect_place<Ste::S2S>(t, 2, 0x0200000000000000);
	expect_place<Ste::S2R>(t, 2, 0x0400000000000000);
	expect_place<Ste::S2SL0_2>(t, 3, 0x4);
	expect_place<Ste::S2DS>(t, 3, 0x8);
	expect_place<Ste::S2TTB>(t, 3, 0x000ffffffffffff0);
}

void an_aborting_ste_is_valid_and_nothing_else(test::Case& t)
{
	expect_words(t, make_abort_ste().words, {0x1});
}

void a_bypassing_ste_keeps_the_masters_shareability_where_it_can(test::Case& t)
{
	expect_words(t, make_bypass_ste(ShareabilityOverride::kNone).words, {0x9});
	expect_words(t, make_bypass_ste(ShareabilityOverride::kIncoming).words,
		     {0x9, 0x0000100000000000});
}

void a_stage_1_ste_points_to_its_cds(test::Case& t)
{
	const CdTableRef one{0x0000123456789000, S1Format::kLinear, 0};
	// S1DSS substream 0, S1CIR and S1COR Write-Back Read-Allocate, S1CSH Inner Shareable.
	expect_words(t, make_stage1_ste(one, StreamWorld::kEl1, StallModel::kNone).words,
		     {0x000012345678900b, 0xd6});
	expect_words(t, make_stage1_ste(one, StreamWorld::kEl1, StallModel::kOptional).words,
		     {0x000012345678900b, 0x080000d6});
	expect_words(t, make_stage1_ste(one, StreamWorld::kEl2, StallModel::kNone).words,
		     {0x000012345678900b, 0x800000d6});

	const CdTableRef linear{0x000fffffffffffc0, S1Format::kLinear, 10};
	expect_words(t, make_stage1_ste(linear, StreamWorld::kEl1, StallModel::kNone).words,
		     {0x500fffffffffffcb, 0xd6});
	const CdTableRef two_level{0x0000123456789000, S1Format::kTwoLevel64K, 16};
	expect_words(t, make_stage1_ste(two_level, StreamWorld::kEl1, StallModel::kNone).words,
		     {0x800012345678902b, 0xd6});
}

constexpr smmu_pgtable stage2_table()
{
	smmu_pgtable table{};
	table.ttb = 0x000abcdef0123450;
	table.tsz = 24;
	table.sl0 = 1;
	table.irgn = 1;
	table.orgn = 1;
	table.sh = 3;
	table.ips = 5;
	return table;
}

void a_stage_2_ste_carries_table_and_vmid(test::Case& t)
{
	smmu_pgtable table = stage2_table();
	expect_words(
		t,
		make_stage2_ste(Vmid(0xbeef), table, ShareabilityOverride::kNone, StallModel::kNone)
			.words,
		{0xd, 0, 0x044d35580000beef, 0x000abcdef0123450});
	expect_words(t,
		     make_stage2_ste(Vmid(0xbeef), table, ShareabilityOverride::kIncoming,
				     StallModel::kNone)
			     .words,
		     {0xd, 0x0000100000000000, 0x044d35580000beef, 0x000abcdef0123450});
	table.dirty = true;
	expect_words(
		t,
		make_stage2_ste(Vmid(0xbeef), table, ShareabilityOverride::kNone, StallModel::kNone)
			.words,
		{0xd, 0, 0x05cd35580000beef, 0x000abcdef0123450});
	table.dirty = false;
	table.tg = 2;
	expect_words(t,
		     make_stage2_ste(Vmid(1), table, ShareabilityOverride::kNone, StallModel::kNone)
			     .words,
		     {0xd, 0, 0x044db55800000001, 0x000abcdef0123450});
}

void a_stage_2_ste_with_lpa2_says_so(test::Case& t)
{
	smmu_pgtable table = stage2_table();
	table.ds = true;
	table.tsz = 12;
	table.ips = 6;
	table.sl0 = 2;
	const auto words = [&] {
		return make_stage2_ste(Vmid(1), table, ShareabilityOverride::kNone,
				       StallModel::kNone)
			.words;
	};
	expect_words(t, words(), {0xd, 0, 0x044e358c00000001, 0x000abcdef0123458});
	table.sl0 = 0;  // level -1
	table.sl2 = 1;
	expect_words(t, words(), {0xd, 0, 0x044e350c00000001, 0x000abcdef012345c});
}

// Otherwise it is ILLEGAL (5.5).
void a_stage_2_ste_stalls_where_stalls_are_forced(test::Case& t)
{
	expect_words(t,
		     make_stage2_ste(Vmid(0xbeef), stage2_table(), ShareabilityOverride::kNone,
				     StallModel::kForced)
			     .words,
		     {0xd, 0, 0x064d35580000beef, 0x000abcdef0123450});
}

void an_invalid_ste_uses_its_valid_bit(test::Case& t)
{
	EntryWords words;
	words.fill(~1ull);
	expect_words(t, Ste::used_bits(words), {0x1});
}

void an_aborting_or_bypassing_ste_uses_little(test::Case& t)
{
	expect_words(t, Ste::used_bits({0x1}), {0xf});
	expect_words(t, Ste::used_bits({0x9}), {0xf, 0x0000300000000000});
}

void a_stage_1_ste_uses_shareability_only_to_bypass(test::Case& t)
{
	for (u64 s1dss : {0ull, 2ull})
		expect_words(t, Ste::used_bits({0xb, s1dss}),
			     {0xf80fffffffffffff, 0xf80c00ff, 0xffff});
	expect_words(t, Ste::used_bits({0xb, 0x1}),
		     {0xf80fffffffffffff, 0x00003000f80c00ff, 0xffff});
}

void a_stage_2_ste_uses_stage_2(test::Case& t)
{
	expect_words(t, Ste::used_bits({0xd}),
		     {0xf, 0x00003000300c0000, 0x07dfffff0000ffff, 0x000ffffffffffffc});
}

}  // namespace

TEST_SUITE(ste, TEST_CASE(fields_lie_where_the_manual_draws_them),
	   TEST_CASE(an_aborting_ste_is_valid_and_nothing_else),
	   TEST_CASE(a_bypassing_ste_keeps_the_masters_shareability_where_it_can),
	   TEST_CASE(a_stage_1_ste_points_to_its_cds),
	   TEST_CASE(a_stage_2_ste_carries_table_and_vmid),
	   TEST_CASE(a_stage_2_ste_with_lpa2_says_so),
	   TEST_CASE(a_stage_2_ste_stalls_where_stalls_are_forced),
	   TEST_CASE(an_invalid_ste_uses_its_valid_bit),
	   TEST_CASE(an_aborting_or_bypassing_ste_uses_little),
	   TEST_CASE(a_stage_1_ste_uses_shareability_only_to_bypass),
	   TEST_CASE(a_stage_2_ste_uses_stage_2));
