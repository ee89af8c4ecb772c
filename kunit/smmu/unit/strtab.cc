// SPDX-License-Identifier: GPL-2.0-only
// The stream table in memory, as the SMMU finds it by STRTAB_BASE and STRTAB_BASE_CFG.
#include "arm-smmu-v3/strtab.hpp"

#include "arm-smmu-v3/features.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using namespace smmu3;

constexpr u64 kAddress = 0x000fffffffffffc0;

core::Result<StreamTable> create(u8 sid_bits, bool two_level)
{
	Features features{};
	features.sid_bits = sid_bits;
	features.two_level_stream_table = two_level;
	return StreamTable::create(test_device(), features);
}

// The STE of `sid`, found as 3.3.1 says; nullptr where the table does not lead to one.
u64* walk(const StreamTable& table, u32 sid)
{
	const u64 base = table.base().raw() & kAddress;
	const u32 cfg = table.base_cfg().raw();
	const u32 split = cfg >> 6 & 0x1f;

	if (u64{sid} >> (cfg & 0x3f))
		return nullptr;
	if (!(cfg >> 16 & 3))
		return static_cast<u64*>(test_bus_to_cpu(base + u64{sid} * 64, 64));
	const u64 l1 = *static_cast<u64*>(test_bus_to_cpu(base + u64{sid >> split} * 8, 8));
	const u32 span = l1 & 0x1f;
	if (!span || sid % (1u << split) >= 1u << (span - 1))
		return nullptr;
	return static_cast<u64*>(
		test_bus_to_cpu((l1 & kAddress) + u64{sid % (1u << split)} * 64, 64));
}

bool aborts(const u64* ste)
{
	for (u32 i = 1; i < 8; i++)
		if (ste[i])
			return false;
	return ste[0] == 1;
}

void a_linear_table_aborts_every_stream(test::Case& t)
{
	auto table = create(5, false);
	ASSERT(t, table);
	EXPECT_EQ(t, table->streams(), 32);
	EXPECT_EQ(t, table->base_cfg().raw(), 5);
	EXPECT_EQ(t, table->base().raw() >> 62, 1);  // RA
	for (u32 sid = 0; sid < 32; sid++) {
		ASSERT(t, walk(*table, sid));
		EXPECT(t, aborts(walk(*table, sid)));
		EXPECT(t, table->find(Sid(sid)) == walk(*table, sid));
		const auto fresh = table->prepare(Sid(sid));
		EXPECT(t, fresh && !*fresh);
	}
	EXPECT(t, !walk(*table, 32));
}

void streams_beyond_the_table_are_not_covered(test::Case& t)
{
	auto table = create(5, false);
	ASSERT(t, table);
	EXPECT(t, table->covers(Sid(31)));
	EXPECT(t, !table->covers(Sid(32)));
	EXPECT(t, !table->covers(Sid(0xffffffff)));
	EXPECT(t, !table->find(Sid(32)));
}

void one_stream_needs_no_bits(test::Case& t)
{
	auto table = create(0, false);
	ASSERT(t, table);
	EXPECT(t, table->covers(Sid(0)) && !table->covers(Sid(1)));
	EXPECT(t, aborts(walk(*table, 0)));
}

void a_two_level_table_begins_without_second_levels(test::Case& t)
{
	auto table = create(16, true);
	ASSERT(t, table);
	EXPECT_EQ(t, table->streams(), 1u << 16);
	EXPECT_EQ(t, table->base_cfg().raw(), 0x10000 | 8 << 6 | 16);
	for (u32 sid : {0u, 255u, 256u, 65535u}) {
		EXPECT(t, !walk(*table, sid));
		EXPECT(t, !table->find(Sid(sid)));
	}
}

void a_second_level_serves_256_streams_and_aborts_them(test::Case& t)
{
	auto table = create(16, true);
	ASSERT(t, table);
	const auto first = table->prepare(Sid(0x1234));
	EXPECT(t, first && *first);
	const auto again = table->prepare(Sid(0x12ff));
	EXPECT(t, again && !*again);
	for (u32 sid = 0x1200; sid < 0x1300; sid++) {
		ASSERT(t, walk(*table, sid));
		EXPECT(t, aborts(walk(*table, sid)));
		EXPECT(t, table->find(Sid(sid)) == walk(*table, sid));
	}
	EXPECT(t, !walk(*table, 0x11ff));
	EXPECT(t, !walk(*table, 0x1300));
}

void the_last_of_32_bit_stream_ids_is_beyond_the_first_level(test::Case& t)
{
	auto table = create(32, true);  // 2^17 descriptors of 2^8 streams
	ASSERT(t, table);
	EXPECT_EQ(t, table->base_cfg().raw() & 0x3f, 25);
	EXPECT(t, table->covers(Sid((1u << 25) - 1)));
	EXPECT(t, !table->covers(Sid(1u << 25)));
	const auto last = table->prepare(Sid((1u << 25) - 1));
	EXPECT(t, last && *last);
	ASSERT(t, walk(*table, (1u << 25) - 1));
	EXPECT(t, aborts(walk(*table, (1u << 25) - 1)));
}

void an_ste_is_written_where_the_smmu_looks(test::Case& t)
{
	auto table = create(16, true);
	ASSERT(t, table);
	ASSERT(t, table->prepare(Sid(0x0107)));
	u32 forgotten = 0;
	const auto forget = [&]() -> core::Result<> {
		forgotten++;
		return {};
	};
	ASSERT(t,
	       table->write(Sid(0x0107), make_bypass_ste(ShareabilityOverride::kIncoming), forget));
	EXPECT_EQ(t, walk(*table, 0x0107)[0], 0x9);
	EXPECT_EQ(t, walk(*table, 0x0107)[1], 0x0000100000000000);
	EXPECT(t, forgotten);
	EXPECT(t, aborts(walk(*table, 0x0106)));
	EXPECT(t, aborts(walk(*table, 0x0108)));
}

void every_allocation_that_fails_leaves_nothing(test::Case& t)
{
	const u32 before = test_live_allocs();
	for (bool two_level : {false, true}) {
		for (u32 nth = 1; nth <= (two_level ? 2u : 1u); nth++) {
			test_fail_alloc(nth);
			const auto table = create(10, two_level);
			EXPECT(t, test_alloc_failed());
			EXPECT(t, !table && table.error() == core::Errno::kNoMemory);
			EXPECT_EQ(t, test_live_allocs(), before);
		}
	}
}

void a_second_level_that_fails_can_be_had_later(test::Case& t)
{
	auto table = create(10, true);
	ASSERT(t, table);
	test_fail_alloc(1);
	const auto failed = table->prepare(Sid(0));
	EXPECT(t, !failed && failed.error() == core::Errno::kNoMemory);
	EXPECT(t, !walk(*table, 0) && !table->find(Sid(0)));
	const auto later = table->prepare(Sid(0));
	EXPECT(t, later && *later);
	EXPECT(t, walk(*table, 0));
}

}  // namespace

TEST_SUITE(strtab, TEST_CASE(a_linear_table_aborts_every_stream),
	   TEST_CASE(streams_beyond_the_table_are_not_covered), TEST_CASE(one_stream_needs_no_bits),
	   TEST_CASE(a_two_level_table_begins_without_second_levels),
	   TEST_CASE(a_second_level_serves_256_streams_and_aborts_them),
	   TEST_CASE(the_last_of_32_bit_stream_ids_is_beyond_the_first_level),
	   TEST_CASE(an_ste_is_written_where_the_smmu_looks),
	   TEST_CASE(every_allocation_that_fails_leaves_nothing),
	   TEST_CASE(a_second_level_that_fails_can_be_had_later));
