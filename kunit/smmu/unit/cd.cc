// SPDX-License-Identifier: GPL-2.0-only
// The CD in raw doublewords (IHI 0070 5.4).
#include "arm-smmu-v3/cd.hpp"

#include "kunit/smmu/fixture/words.hpp"

namespace {

using namespace smmu3;
using test::expect_place;
using test::expect_words;

void fields_lie_where_the_manual_draws_them(test::Case& t)
{
	expect_place<Cd::T0SZ>(t, 0, 0x3f);
	expect_place<Cd::TG0>(t, 0, 0xc0);
	expect_place<Cd::IR0>(t, 0, 0x300);
	expect_place<Cd::OR0>(t, 0, 0xc00);
	expect_place<Cd::SH0>(t, 0, 0x3000);
	expect_place<Cd::EPD0>(t, 0, 0x4000);
	expect_place<Cd::EPD1>(t, 0, 0x40000000);
	expect_place<Cd::V>(t, 0, 0x80000000);
	expect_place<Cd::IPS>(t, 0, 0x0000000700000000);
	expect_place<Cd::AA64>(t, 0, 0x0000020000000000);
	expect_place<Cd::HD>(t, 0, 0x0000040000000000);
	expect_place<Cd::HA>(t, 0, 0x0000080000000000);
	expect_place<Cd::S>(t, 0, 0x0000100000000000);
	expect_place<Cd::R>(t, 0, 0x0000200000000000);
	expect_place<Cd::A>(t, 0, 0x0000400000000000);
	expect_place<Cd::ASET>(t, 0, 0x0000800000000000);
	expect_place<Cd::ASID>(t, 0, 0xffff000000000000);
	expect_place<Cd::HAFT>(t, 1, 0x0000000000000008);
	expect_place<Cd::TTB0>(t, 1, 0x000ffffffffffff0);
	expect_place<Cd::DS>(t, 2, 0x0400000000000000);
	expect_place<Cd::MAIR>(t, 3, 0xffffffffffffffff);
}

constexpr smmu_pgtable stage1_table()
{
	smmu_pgtable table{};
	table.ttb = 0x0000123456789abf;  // bits 3..0 are not an address
	table.mair = 0x0000000044000cff;
	table.tsz = 16;
	table.irgn = 1;
	table.orgn = 1;
	table.sh = 3;
	table.ips = 5;
	return table;
}

// Faults abort and are recorded; TTB1 is off; the ASID is private.
void a_cd_carries_table_and_asid(test::Case& t)
{
	expect_words(t, make_stage1_cd(Asid(0xabcd), stage1_table(), StallModel::kNone).words,
		     {0xabcde205c0003510, 0x0000123456789ab0, 0, 0x0000000044000cff});
}

void a_cd_with_dirty_tracking_has_hardware_update(test::Case& t)
{
	smmu_pgtable table = stage1_table();
	table.dirty = table.access_flag = true;
	expect_words(t, make_stage1_cd(Asid(0xabcd), table, StallModel::kNone).words,
		     {0xabcdee05c0003510, 0x0000123456789ab0, 0, 0x0000000044000cff});
}

void a_cd_for_64k_pages_and_52_bits_says_so(test::Case& t)
{
	smmu_pgtable table = stage1_table();
	table.tsz = 12;
	table.tg = 1;
	table.ips = 6;
	expect_words(t, make_stage1_cd(Asid(1), table, StallModel::kNone).words,
		     {0x0001e206c000354c, 0x0000123456789ab0, 0, 0x0000000044000cff});
}

void a_cd_with_lpa2_says_so(test::Case& t)
{
	smmu_pgtable table = stage1_table();
	table.tsz = 12;
	table.ips = 6;
	table.ds = true;
	table.ttb = 0x000f'1234'5678'9000;
	expect_words(
		t, make_stage1_cd(Asid(1), table, StallModel::kNone).words,
		{0x0001e206c000350c, 0x000f123456789000, 0x0400000000000000, 0x0000000044000cff});
}

void a_cd_stalls_where_stalls_are_forced(test::Case& t)
{
	EXPECT_EQ(t, make_stage1_cd(Asid(0xabcd), stage1_table(), StallModel::kForced).words[0],
		  0xabcdf205c0003510);
}

void a_cd_may_record_accesses_without_writes(test::Case& t)
{
	smmu_pgtable table = stage1_table();
	table.access_flag = table.access_flag_of_tables = true;
	expect_words(t, make_stage1_cd(Asid(0xabcd), table, StallModel::kNone).words,
		     {0xabcdea05c0003510, 0x0000123456789ab8, 0, 0x0000000044000cff});
}

// EPD0, without TTB0, R and S; the rest stays.
void a_quiet_cd_has_no_walks_and_no_records(test::Case& t)
{
	for (StallModel model : {StallModel::kNone, StallModel::kOptional})
		expect_words(
			t,
			make_quiet_cd(make_stage1_cd(Asid(0xabcd), stage1_table(), model, true),
				      model)
				.words,
			{0xabcdc205c0007510, 0, 0, 0x0000000044000cff});
}

// With S = 0 it would be ILLEGAL.
void a_quiet_cd_stalls_where_stalls_are_forced(test::Case& t)
{
	constexpr StallModel kModel = StallModel::kForced;
	const Cd cd = make_stage1_cd(Asid(0xabcd), stage1_table(), kModel);
	EXPECT_EQ(t, make_quiet_cd(cd, kModel).words[0], 0xabcdf205c0007510);
}

void an_invalid_cd_uses_its_valid_bit(test::Case& t)
{
	EntryWords words;
	words.fill(~0x80000000ull);
	expect_words(t, Cd::used_bits(words), {0x80000000});
}

void a_valid_cd_uses_table_and_attributes(test::Case& t)
{
	expect_words(
		t, Cd::used_bits({0x80000000}),
		{0xffffffffffffffff, 0x000ffffffffffff8, 0x0400000000000000, 0xffffffffffffffff});
}

void a_cd_without_walks_does_not_use_its_table(test::Case& t)
{
	expect_words(t, Cd::used_bits({0x80004000}),
		     {0xffffffffffffc000, 0, 0, 0xffffffffffffffff});
}

}  // namespace

TEST_SUITE(cd, TEST_CASE(fields_lie_where_the_manual_draws_them),
	   TEST_CASE(a_cd_carries_table_and_asid),
	   TEST_CASE(a_cd_with_dirty_tracking_has_hardware_update),
	   TEST_CASE(a_cd_for_64k_pages_and_52_bits_says_so), TEST_CASE(a_cd_with_lpa2_says_so),
	   TEST_CASE(a_cd_stalls_where_stalls_are_forced),
	   TEST_CASE(a_cd_may_record_accesses_without_writes),
	   TEST_CASE(a_quiet_cd_has_no_walks_and_no_records),
	   TEST_CASE(a_quiet_cd_stalls_where_stalls_are_forced),
	   TEST_CASE(an_invalid_cd_uses_its_valid_bit),
	   TEST_CASE(a_valid_cd_uses_table_and_attributes),
	   TEST_CASE(a_cd_without_walks_does_not_use_its_table));
