// SPDX-License-Identifier: GPL-2.0-only
// Tables with memory from os/tables.h, as a driver has them.
#include "pgtable/os_memory.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"
#include "pgtable/choice.hpp"
#include "pgtable/map.hpp"
#include "pgtable/unmap.hpp"

namespace {

using namespace pgtable;
using test::Case;

struct Space;
using Memory = OsMemory<Space>;
using Stage1 = Granule4K<Stage::k1>;
using Stage2 = Granule64K<Stage::k2>;
using Tables = Choice<Memory, Stage1, Stage2>;

constexpr u64 kPa = 0x12'3456'0000;
constexpr u64 kPage = 0x1000, kBlock = 0x20'0000, kGiB = 0x4000'0000;

// A driver's domain.  Members are destroyed in reverse: tables before the memory.
struct Space {
	Memory memory{*this};
	Tables tables;
	u32 reclaims = 0, invalidations = 0;
	bool answers = true;

	~Space() { memory.stop(); }

	template <Format F>
	core::Result<> create(const Config& config)
	{
		TRY(memory.create(test_device(), config.coherent));
		return tables.create<F>(memory, config);
	}
	bool invalidate(u64, u64) { return invalidations++, answers; }
	bool settle() { return answers; }
	void reclaim()
	{
		reclaims++;
		tables.visit([](auto& table) { (void)pgtable::reclaim(table); });
	}

	core::Result<> map(u64 iova, u64 size = kPage, gfp_t gfp = OS_TABLES_SLEEP)
	{
		u64 mapped = 0;
		return map_pages(tables.as<Stage1>(),
				 {iova, (kPa & -size) + iova, size, 1, kRead | kWrite}, gfp,
				 mapped);
	}
	u64 unmap(u64 iova, u64 size = kPage)
	{
		Memory::Removed removed(memory);
		const Unmapped result = unmap_pages(tables.as<Stage1>(), iova, size, 1, removed);
		removed.finish(!result.tables || invalidate(iova, size), Stage1::kTableBytes);
		return result.bytes;
	}
	u64 count() const { return memory.bytes() / Stage1::kTableBytes; }
};

void table_memory_is_counted(Case& t)
{
	Space space;
	EXPECT(t, space.create<Stage1>({}).has_value());
	EXPECT_EQ(t, space.count(), 1u);
	EXPECT(t, space.map(5 * kPage).has_value());
	EXPECT_EQ(t, space.count(), 4u);
	EXPECT(t, space.map(kGiB).has_value());
	EXPECT_EQ(t, space.count(), 6u);
	space.tables.destroy();
	EXPECT_EQ(t, space.memory.bytes(), 0u);
}

void tables_are_zeroed_aligned_and_seen_by_the_walker(Case& t)
{
	Space space;
	EXPECT(t, space.create<Stage2>({.input_bits = 44, .output_bits = 48}).has_value());
	const auto& table = space.tables.as<Stage2>();
	EXPECT_EQ(t, table.shape_of_first().bytes() > Stage2::kTableBytes, true);
	EXPECT_EQ(t, table.ttb() & (table.shape_of_first().bytes() - 1), 0u);
	const auto* seen = static_cast<const u64*>(
		test_bus_to_cpu(table.ttb(), table.shape_of_first().bytes()));
	EXPECT(t, seen != nullptr);
	for (u64 i = 0; seen && i < table.shape_of_first().entries(); i++)
		EXPECT_EQ(t, seen[i], 0u);
	EXPECT_EQ(t, static_cast<const void*>(seen),
		  static_cast<const void*>(space.memory.cpu(table.ttb())));
}

// Each allocation of a map fails once: what was added stays empty, and the same map succeeds afterwards.
void map_without_memory_maps_nothing(Case& t)
{
	for (u32 nth = 1; nth <= 3; nth++) {
		Space space;
		EXPECT(t, space.create<Stage1>({}).has_value());
		test_fail_alloc(nth);
		const auto mapped =
			space.map(kGiB, kPage, nth == 2 ? OS_TABLES_ATOMIC : OS_TABLES_SLEEP);
		EXPECT(t, test_alloc_failed());
		EXPECT(t, !mapped && mapped.error() == core::Errno::kNoMemory);
		u64 pa = 0;
		EXPECT(t, !look_up(space.tables.as<Stage1>(), kGiB, pa));
		EXPECT_EQ(t, space.count(), nth);
		EXPECT(t, space.map(kGiB).has_value());
		EXPECT(t,
		       look_up(space.tables.as<Stage1>(), kGiB, pa) && pa == (kPa & -kPage) + kGiB);
	}
}

void failed_creation_leaves_nothing(Case& t)
{
	for (u32 nth = 1; nth <= 2; nth++) {
		Space space;
		test_fail_alloc(nth);
		const auto created = space.create<Stage1>({});
		EXPECT(t, !created && created.error() == core::Errno::kNoMemory);
		EXPECT(t, !space.tables.exists());
	}
	Space space;
	const auto created = space.create<Stage1>({.input_bits = 20});
	EXPECT(t, !created && created.error() == core::Errno::kInvalid);
	EXPECT_EQ(t, space.memory.bytes(), 0u);
}

void block_without_memory_to_split_stays(Case& t)
{
	Space space;
	EXPECT(t, space.create<Stage1>({}).has_value());
	EXPECT(t, space.map(kGiB, kBlock).has_value());
	test_fail_alloc(1);
	EXPECT_EQ(t, space.unmap(kGiB + kPage), 0u);
	EXPECT(t, test_alloc_failed());
	EXPECT_EQ(t, space.count(), 3u);
	EXPECT_EQ(t, space.unmap(kGiB + kPage), kPage);
	EXPECT_EQ(t, space.count(), 4u);
}

void empty_tables_are_reclaimed_but_the_first(Case& t)
{
	Space space;
	EXPECT(t, space.create<Stage1>({}).has_value());
	for (u64 i = 0; i < 40; i++)
		EXPECT(t, space.map(i * kBlock + i * kPage).has_value());
	EXPECT_EQ(t, space.count(), 43u);
	for (u64 i = 1; i < 40; i++)
		EXPECT_EQ(t, space.unmap(i * kBlock + i * kPage), kPage);
	test_reclaim_tables();
	EXPECT_EQ(t, space.count(), 4u);
	EXPECT_EQ(t, space.unmap(0), kPage);
	test_reclaim_tables();
	EXPECT_EQ(t, space.count(), 1u);
	EXPECT(t, space.invalidations > 0);
}

// Those that an unmap removes, and those that a block replaces.
void tables_are_kept_until_walkers_have_forgotten_them(Case& t)
{
	for (bool is_settled : {true, false}) {
		Space space;
		EXPECT(t, space.create<Stage1>({}).has_value());
		space.answers = false;
		for (u64 iova : {u64{0}, kBlock, 2 * kBlock})
			EXPECT(t, space.map(iova).has_value());
		EXPECT_EQ(t, space.unmap(2 * kBlock), kPage);
		EXPECT_EQ(t, space.count(), 6u);
		EXPECT_EQ(t, space.unmap(0, kBlock), kBlock);
		EXPECT_EQ(t, space.unmap(kBlock, kBlock), kBlock);
		EXPECT(t, space.map(2 * kBlock, kBlock).has_value());
		test_reclaim_tables();
		EXPECT_EQ(t, space.count(), 6u);
		space.answers = is_settled;
		test_reclaim_tables();
		EXPECT_EQ(t, space.count(), is_settled ? 3u : 6u);
		space.tables.destroy();
		EXPECT_EQ(t, space.count(), 0u);
	}
}

void nothing_is_reclaimed_after_stop(Case& t)
{
	Space space;
	EXPECT(t, space.create<Stage1>({}).has_value());
	space.memory.stop();
	const u32 before = space.reclaims;
	test_reclaim_tables();
	EXPECT_EQ(t, space.reclaims, before);
	space.memory.stop();
}

// Entries, not tables: a page is 8 bytes, each new table its descriptor.
void written_entries_are_cleaned_where_walks_are_not_coherent(Case& t)
{
	Space space;
	EXPECT(t, space.create<Stage1>({.coherent = false}).has_value());
	EXPECT(t, space.map(0).has_value());
	EXPECT_EQ(t, test_cleaned_bytes(), 4 * sizeof(u64));
	EXPECT(t, space.map(kPage).has_value());
	EXPECT_EQ(t, test_cleaned_bytes(), 5 * sizeof(u64));
	EXPECT_EQ(t, space.unmap(0), kPage);
	EXPECT_EQ(t, test_cleaned_bytes(), 6 * sizeof(u64));

	Space coherent;
	EXPECT(t, coherent.create<Stage1>({}).has_value());
	EXPECT(t, coherent.map(0).has_value());
	EXPECT_EQ(t, test_cleaned_bytes(), 6 * sizeof(u64));
}

void leaked_tables_stay_allocated(Case& t)
{
	{
		Space space;
		EXPECT(t, space.create<Stage1>({}).has_value());
		EXPECT(t, space.map(0).has_value());
		space.tables.leak();
		EXPECT(t, !space.tables.exists());
		EXPECT_EQ(t, space.count(), 4u);
		EXPECT_EQ(t, test_leaked_table_bytes(), 0u);
	}
	EXPECT_EQ(t, test_leaked_table_bytes(), 4 * Stage1::kTableBytes);
	test_release_leaked_tables();
	EXPECT_EQ(t, test_leaked_table_bytes(), 0u);
}

}  // namespace

TEST_SUITE(pgtable_os_memory, TEST_CASE(table_memory_is_counted),
	   TEST_CASE(tables_are_zeroed_aligned_and_seen_by_the_walker),
	   TEST_CASE(map_without_memory_maps_nothing), TEST_CASE(failed_creation_leaves_nothing),
	   TEST_CASE(block_without_memory_to_split_stays),
	   TEST_CASE(empty_tables_are_reclaimed_but_the_first),
	   TEST_CASE(tables_are_kept_until_walkers_have_forgotten_them),
	   TEST_CASE(nothing_is_reclaimed_after_stop),
	   TEST_CASE(written_entries_are_cleaned_where_walks_are_not_coherent),
	   TEST_CASE(leaked_tables_stay_allocated));
