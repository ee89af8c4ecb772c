// SPDX-License-Identifier: GPL-2.0-only
// Context descriptor tables in memory, as the SMMU finds them by the STE.
#include "arm-smmu-v3/cdtab.hpp"

#include "arm-smmu-v3/features.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using namespace smmu3;

core::Result<CdTable> create(u32 ssid_bits, bool two_level)
{
	Features features{};
	features.two_level_cd_table = two_level;
	return CdTable::create(test_device(), features, ssid_bits);
}

// The CD of `ssid`, found as 3.3.2 says from an STE that refers to the table; nullptr where there is none.
u64* walk(const CdTable& table, u32 ssid)
{
	const u64 ste = make_stage1_ste(table.ref(), StreamWorld::kEl1, StallModel::kNone).words[0];
	const u64 base = ste & 0x000fffffffffffc0;
	const u32 format = ste >> 4 & 3;

	if (ssid >> (ste >> 59))
		return nullptr;
	if (format == 0)
		return static_cast<u64*>(test_bus_to_cpu(base + u64{ssid} * 64, 64));
	// 64 KiB leaves of 1024 CDs.
	const u64 l1 = *static_cast<u64*>(test_bus_to_cpu(base + u64{ssid >> 10} * 8, 8));
	if (format != 2 || !(l1 & 1))
		return nullptr;
	return static_cast<u64*>(
		test_bus_to_cpu((l1 & 0x000ffffffffff000) + u64{ssid & 0x3ff} * 64, 64));
}

void without_substreams_a_table_is_one_cd(test::Case& t)
{
	for (bool two_level : {false, true}) {
		auto table = create(0, two_level);
		ASSERT(t, table);
		EXPECT_EQ(t, table->ref().log2_entries, 0);
		EXPECT(t, table->ref().format == S1Format::kLinear);
		EXPECT(t, table->covers(Ssid(0)) && !table->covers(Ssid(1)));
		ASSERT(t, walk(*table, 0));
		EXPECT(t, table->find(Ssid(0)) == walk(*table, 0));
		EXPECT_EQ(t, walk(*table, 0)[0], 0);
	}
}

void up_to_1024_substreams_a_table_is_linear(test::Case& t)
{
	auto table = create(10, true);
	ASSERT(t, table);
	EXPECT(t, table->ref().format == S1Format::kLinear);
	EXPECT_EQ(t, table->ref().log2_entries, 10);
	for (u32 ssid = 0; ssid < 1024; ssid++) {
		const auto fresh = table->prepare(Ssid(ssid));
		EXPECT(t, fresh && !*fresh);
		ASSERT(t, table->find(Ssid(ssid)) && table->find(Ssid(ssid)) == walk(*table, ssid));
	}
	EXPECT(t, !table->find(Ssid(1024)));
}

void without_two_levels_a_table_ends_at_64_kib(test::Case& t)
{
	auto table = create(20, false);
	ASSERT(t, table);
	EXPECT(t, table->ref().format == S1Format::kLinear);
	EXPECT_EQ(t, table->ref().log2_entries, 10);
	EXPECT(t, table->covers(Ssid(1023)) && !table->covers(Ssid(1024)));
}

void beyond_1024_a_table_has_two_levels(test::Case& t)
{
	auto table = create(20, true);
	ASSERT(t, table);
	EXPECT(t, table->ref().format == S1Format::kTwoLevel64K);
	EXPECT_EQ(t, table->ref().log2_entries, 20);
	EXPECT(t, table->covers(Ssid(0xfffff)) && !table->covers(Ssid(0x100000)));
	for (u32 ssid : {0u, 1023u, 1024u, 0xfffffu}) {
		EXPECT(t, !table->find(Ssid(ssid)));
		EXPECT(t, !walk(*table, ssid));
	}
}

void a_leaf_serves_1024_substreams(test::Case& t)
{
	auto table = create(12, true);
	ASSERT(t, table);
	const auto first = table->prepare(Ssid(1024 + 7));
	EXPECT(t, first && *first);
	const auto again = table->prepare(Ssid(2047));
	EXPECT(t, again && !*again);
	for (u32 ssid = 1024; ssid < 2048; ssid++) {
		ASSERT(t, table->find(Ssid(ssid)) && table->find(Ssid(ssid)) == walk(*table, ssid));
		EXPECT_EQ(t, walk(*table, ssid)[0], 0);  // invalid until written
	}
	EXPECT(t, !walk(*table, 1023) && !walk(*table, 2048));
}

void a_cd_is_written_where_the_smmu_looks(test::Case& t)
{
	auto table = create(12, true);
	ASSERT(t, table);
	ASSERT(t, table->prepare(Ssid(3000)));
	smmu_pgtable pages{};
	pages.ttb = 0x123450;
	pages.mair = 0xff44;
	const auto forget = []() -> core::Result<> { return {}; };
	ASSERT(t,
	       table->write(Ssid(3000), make_stage1_cd(Asid(5), pages, StallModel::kNone), forget));
	EXPECT_EQ(t, walk(*table, 3000)[0], 0x0005e200c0000000);
	EXPECT_EQ(t, walk(*table, 3000)[1], 0x123450);
	EXPECT_EQ(t, walk(*table, 3000)[3], 0xff44);
	EXPECT_EQ(t, walk(*table, 2999)[0], 0);
	EXPECT_EQ(t, walk(*table, 3001)[0], 0);
}

void every_allocation_that_fails_leaves_nothing(test::Case& t)
{
	const u32 before = test_live_allocs();
	for (bool two_level : {false, true}) {
		for (u32 nth = 1; nth <= (two_level ? 2u : 1u); nth++) {
			test_fail_alloc(nth);
			const auto table = create(16, two_level);
			EXPECT(t, test_alloc_failed());
			EXPECT(t, !table && table.error() == core::Errno::kNoMemory);
			EXPECT_EQ(t, test_live_allocs(), before);
		}
	}
}

void a_leaf_that_fails_can_be_had_later(test::Case& t)
{
	auto table = create(16, true);
	ASSERT(t, table);
	test_fail_alloc(1);
	const auto failed = table->prepare(Ssid(5000));
	EXPECT(t, !failed && failed.error() == core::Errno::kNoMemory);
	EXPECT(t, !walk(*table, 5000) && !table->find(Ssid(5000)));
	const auto later = table->prepare(Ssid(5000));
	EXPECT(t, later && *later);
	EXPECT(t, walk(*table, 5000));
}

}  // namespace

TEST_SUITE(cdtab, TEST_CASE(without_substreams_a_table_is_one_cd),
	   TEST_CASE(up_to_1024_substreams_a_table_is_linear),
	   TEST_CASE(without_two_levels_a_table_ends_at_64_kib),
	   TEST_CASE(beyond_1024_a_table_has_two_levels), TEST_CASE(a_leaf_serves_1024_substreams),
	   TEST_CASE(a_cd_is_written_where_the_smmu_looks),
	   TEST_CASE(every_allocation_that_fails_leaves_nothing),
	   TEST_CASE(a_leaf_that_fails_can_be_had_later));
