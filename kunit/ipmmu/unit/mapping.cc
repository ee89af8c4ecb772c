// SPDX-License-Identifier: GPL-2.0-only
// Mappings of a domain: its page table, and what of it the hardware may still know.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

constexpr u64 k4K = 0x1000, k2M = 0x20'0000, k1G = 0x4000'0000;
constexpr int kInvalid = -22, kRange = -34, kExists = -17;

void each_stage(const auto& test)
{
	for (u32 stage : {IPMMU_STAGE_1, IPMMU_STAGE_2})
		test(stage);
}

bool start(IpmmuBoard& b, u32 stage)
{
	return start_attached(b, IPMMU_R8A77965, stage);
}

void pages_and_blocks_are_translated(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start(b, stage));
		for (u64 size : {k4K, k2M, k1G}) {
			EXPECT_EQ(t, b.map_pages(0, 2 * size, k1G, size, 1), 0);
			EXPECT(t, b.reads(1, 3, 3 * size - 8, k1G + size - 8));
			EXPECT_EQ(t, b.address(0, 2 * size + 8), k1G + 8);
			EXPECT_EQ(t, b.unmap_pages(0, 2 * size, size, 1), size);
			ipmmu_core_flush(b.spaces[0].domain);
			EXPECT(t, b.faults(1, 3, 2 * size));
			EXPECT_EQ(t, b.address(0, 2 * size), 0u);
		}
		EXPECT_EQ(t, ipmmu_core_page_sizes(b.spaces[0].domain), k4K | k2M | k1G);
	});
}

void errors_are_those_of_the_table(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start(b, stage));
		const u64 end = stage == IPMMU_STAGE_1 ? u64{1} << 32 : u64{1} << 40;
		EXPECT_EQ(t, b.map_pages(0, kIova, kPa, k4K, 1), kExists);
		EXPECT_EQ(t, b.map_pages(0, 0, kPa, 0x4000, 1), kInvalid);
		EXPECT_EQ(t, b.reports.out_of_range, 0u);
		EXPECT_EQ(t, b.map_pages(0, end, kPa, k4K, 1), kRange);
		EXPECT_EQ(t, b.map_pages(0, end - k4K, kPa, k4K, 2), kRange);
		EXPECT_EQ(t, b.reports.out_of_range, 2u);
		EXPECT_EQ(t, b.map_pages(0, 0, u64{1} << 40, k4K, 1), kRange);
		EXPECT_EQ(t, b.reports.out_of_range, 2u);
		EXPECT_EQ(t, b.unmap_pages(0, end, k4K, 1), 0u);
		EXPECT_EQ(t, b.address(0, end), 0u);
	});
}

// The walker may have found the table until then: it is freed after that flush.
void a_table_that_an_unmap_removes_is_flushed_at_once(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start(b, stage));
		const u64 before = b.table_bytes(0);
		EXPECT_EQ(t, b.map_pages(0, k2M, kPa, k4K, 512), 0);
		EXPECT(t, b.reads(1, 3, k2M + k4K, kPa + k4K));
		EXPECT_EQ(t, b.table_bytes(0), before + k4K);
		EXPECT_EQ(t, b.unmap_pages(0, k2M, k2M, 1), k2M);
		EXPECT(t, b.faults(1, 3, k2M + k4K));
		EXPECT_EQ(t, b.table_bytes(0), before);
		// Pages alone are flushed by the caller.
		EXPECT_EQ(t, b.map_pages(0, k2M, kPa, k4K, 2), 0);
		EXPECT(t, b.reads(1, 3, k2M, kPa));
		EXPECT_EQ(t, b.unmap_pages(0, k2M, k4K, 1), k4K);
		EXPECT(t, b.reads(1, 3, k2M, kPa));
	});
}

void the_rest_of_a_block_stays(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start(b, stage));
		EXPECT_EQ(t, b.map_pages(0, k2M, k1G, k2M, 1), 0);
		b.unmap(0, k2M + k4K);
		EXPECT(t, b.reads(1, 3, k2M, k1G));
		EXPECT(t, b.faults(1, 3, k2M + k4K));
		EXPECT(t, b.reads(1, 3, k2M + 2 * k4K, k1G + 2 * k4K));
	});
}

void empty_tables_are_freed(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start(b, stage));
		const u64 before = b.table_bytes(0);
		for (u64 n = 1; n < 20; n++)
			EXPECT(t, b.map(0, n * k2M, kPa));
		for (u64 n = 1; n < 20; n++)
			b.unmap(0, n * k2M);
		EXPECT_EQ(t, b.table_bytes(0), before + 19 * k4K);
		test_reclaim_tables();
		EXPECT_EQ(t, b.table_bytes(0), before);
		EXPECT(t, b.reads(1, 3, kIova, kPa));
	});
}

void without_memory_nothing_is_left(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start(b, stage));
		u32 nth = 1;
		for (;; nth++) {
			test_fail_alloc(nth);
			const int ret = b.create_domain(1);
			const bool failed = test_alloc_failed();
			test_fail_alloc(0);
			EXPECT_EQ(t, ret, failed ? kNoMemory : 0);
			if (!failed)
				break;
		}
		EXPECT_EQ(t, nth, 4u);
		const u64 before = b.table_bytes(1);
		for (nth = 1; nth < 3; nth++) {
			test_fail_alloc(nth);
			EXPECT(t, !b.map(1, kIova, kPa));
			EXPECT(t, test_alloc_failed());
			EXPECT_EQ(t, b.address(1, kIova), 0u);
		}
		test_fail_alloc(0);
		EXPECT(t, b.map(1, kIova, kPa));
		EXPECT_EQ(t, b.table_bytes(1), before + 2 * k4K);
	});
}

void a_domain_without_its_root_maps(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start(b, IPMMU_STAGE_1));
	b.remove_master(0);
	b.unbind(1);
	b.unbind(0);
	b.clear_trace();
	EXPECT_EQ(t, b.map_pages(0, k2M, kPa, k4K, 512), 0);
	EXPECT_EQ(t, b.unmap_pages(0, k2M, k2M, 1), k2M);
	test_reclaim_tables();
	EXPECT_EQ(t, b.trace.writes, 0u);
}

}  // namespace

TEST_SUITE(ipmmu_mapping, TEST_CASE(pages_and_blocks_are_translated),
	   TEST_CASE(errors_are_those_of_the_table),
	   TEST_CASE(a_table_that_an_unmap_removes_is_flushed_at_once),
	   TEST_CASE(the_rest_of_a_block_stays), TEST_CASE(empty_tables_are_freed),
	   TEST_CASE(without_memory_nothing_is_left), TEST_CASE(a_domain_without_its_root_maps));
