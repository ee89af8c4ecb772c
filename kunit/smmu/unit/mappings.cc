// SPDX-License-Identifier: GPL-2.0-only
// What the IOMMU core calls for each mapping: entries, gathering, blocks that are split, empty tables.
#include "arm-smmu-v3/core.h"

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/power_board.hpp"
#include "os/os.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::PowerBoard;
using test::Setup;
using test::Space;

namespace {

constexpr int kInvalid = -22, kExists = -17, kNoMemory = -12, kRange = -34;
constexpr u32 kSid = PowerBoard::kSid;
constexpr u64 kPa = 0x40'0000'0000;
constexpr u64 kKiB = 1 << 10, kMiB = 1 << 20, kGiB = 1 << 30;
constexpr u64 kPage = 4 * kKiB, kBlock = 2 * kMiB, kStart = 8 * kGiB;
constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};

Setup with_bbml(u32 bbml, bool ril = true)
{
	Setup setup;
	setup.ids.idr3 = bbml << 11 | (ril ? 1u << 10 : 0);
	return setup;
}

struct Scene {
	explicit Scene(Case& the_case, const Setup& setup = {}, smmu_stage stage = SMMU_STAGE_1)
		: t(the_case),
		  board(the_case, setup),
		  space(board, stage),
		  device(board, {kSid})
	{
		EXPECT_EQ(t, device.attach(space), 0);
	}

	void map(u64 iova, u64 size)
	{
		EXPECT(t, space.map(iova, kPa + iova, size));
		expect_mapped(iova);
		expect_mapped(iova + size - 1);
	}
	void expect_mapped(u64 iova)
	{
		EXPECT_EQ(t, board.dma(kSid, iova).pa, kPa + iova);
		EXPECT_EQ(t, space.look_up(iova), kPa + iova);
	}
	void expect_gone(u64 iova)
	{
		EXPECT(t, board.blocked(kSid, iova));
		EXPECT_EQ(t, space.look_up(iova), 0u);
	}
	u64 invalidations() const { return board.ops(Op::TLBI_NH_VA); }
	// TTL and TG of the invalidation before the last CMD_SYNC.
	u64 last_ttl() const { return board.smmu.commands().last(1).w[1] >> 8 & 3; }
	u64 last_tg() const { return board.smmu.commands().last(1).w[1] >> 10 & 3; }
	u64 tables() const { return smmu_core_domain_table_bytes(space.domain) / kPage; }

	Case& t;
	PowerBoard board;
	Space space;
	Device device;
};

// ---- formats ----

void each_granule_and_stage_maps_pages_and_blocks(Case& t)
{
	const struct {
		u32 idr5;
		u64 page, block;
	} kGranules[] = {{0x10, 4 * kKiB, 2 * kMiB},
			 {0x20, 16 * kKiB, 32 * kMiB},
			 {0x40, 64 * kKiB, 512 * kMiB}};
	for (const auto& granule : kGranules)
		for (smmu_stage stage : kStages) {
			Setup setup = with_bbml(2);
			setup.ids.idr5 = 5 | granule.idr5;
			Scene scene(t, setup, stage);
			EXPECT_EQ(t, scene.space.page(), granule.page);
			EXPECT(t, scene.space.table().pgsize_bitmap & granule.block);
			scene.map(kStart + 5 * granule.page, granule.page);
			scene.map(4 * granule.block, granule.block);
			EXPECT(t, scene.space.unmap(kStart + 5 * granule.page, granule.page));
			EXPECT(t, scene.space.unmap(4 * granule.block, granule.block));
			scene.expect_gone(kStart + 5 * granule.page);
			scene.expect_gone(4 * granule.block);
		}
}

// As io-pgtable: the kernel's page size, or the next smaller one, or the smallest.
void granule_follows_the_kernels_page_size(Case& t)
{
	const struct {
		u32 idr5;
		u8 page_shift;
		u64 page;
	} kChoices[] = {{0x70, 12, 4 * kKiB},  {0x70, 14, 16 * kKiB}, {0x70, 16, 64 * kKiB},
			{0x50, 14, 4 * kKiB},  {0x60, 12, 16 * kKiB}, {0x40, 12, 64 * kKiB},
			{0x30, 16, 16 * kKiB}, {0x10, 16, 4 * kKiB}};
	for (const auto& choice : kChoices) {
		Setup setup;
		setup.ids.idr5 = 5 | choice.idr5;
		setup.platform.page_shift = choice.page_shift;
		Board board(t, setup);
		board.up();
		Space space(board);
		EXPECT_EQ(t, space.page(), choice.page);
	}
}

void errors_are_the_kernels(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.space.try_map(kStart, kPa, 8 * kKiB), kInvalid);
	EXPECT_EQ(t, scene.space.try_map(kStart + 1, kPa, kPage), kInvalid);
	EXPECT_EQ(t, scene.space.try_map(kStart, kPa, kPage, 0), kInvalid);
	EXPECT_EQ(t, scene.space.try_map(u64{1} << 48, kPa, kPage), kRange);
	EXPECT_EQ(t, scene.space.try_map(kStart, u64{1} << 48, kPage), kRange);
	scene.map(kStart, kPage);
	EXPECT_EQ(t, scene.space.try_map(kStart, kPa, kPage), kExists);
	EXPECT_EQ(t, scene.space.try_map(kStart, kPa, kBlock), kExists);
	scene.expect_mapped(kStart);
	smmu_gather gather = Space::kNothing;
	EXPECT(t, !scene.space.remove(kStart + kPage, kPage, 1, gather));
	EXPECT_EQ(t, gather.pgsize, 0u);
}

// ---- memory ----

void map_without_memory_is_undone_by_what_it_says(Case& t)
{
	for (u32 nth = 1; nth <= 2; nth++) {
		Scene scene(t);
		const u64 before = scene.tables();
		test_fail_alloc(nth);
		EXPECT_EQ(t, scene.space.try_map(kStart, kPa, kPage), kNoMemory);
		EXPECT(t, test_alloc_failed());
		scene.expect_gone(kStart);
		EXPECT_EQ(t, scene.tables(), before + nth - 1);
		test_reclaim_tables();
		EXPECT_EQ(t, scene.tables(), before);
		scene.map(kStart, kPage);
	}
}

// The runner fails a case that sleeps with preemption off.
void atomic_map_does_not_sleep(Case& t)
{
	Scene scene(t);
	os_preempt_disable();
	const int error = scene.space.try_map(kStart, kPa + kStart, kPage, Space::kReadWrite,
					      OS_TABLES_ATOMIC);
	smmu_gather gather = Space::kNothing;
	const bool removed = scene.space.remove(kStart, kPage, 1, gather);
	os_preempt_enable();
	EXPECT_EQ(t, error, 0);
	EXPECT(t, removed);
}

void domain_goes_with_empty_and_full_tables(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, {}, stage);
		const u32 before = test_live_allocs() - static_cast<u32>(scene.tables());
		for (u64 i = 0; i < 5; i++)
			scene.map(kStart + i * kGiB, kPage);
		scene.map(kStart + 6 * kGiB, kBlock);
		EXPECT(t, scene.space.unmap(kStart, kPage));
		EXPECT_EQ(t, test_live_allocs(), before + scene.tables());
		EXPECT_EQ(t, scene.device.attach_blocked(), 0);
		const u64 tables = scene.tables();
		const u32 live = test_live_allocs();
		scene.space.destroy();
		EXPECT(t, test_live_allocs() <= live - tables);
		EXPECT_EQ(t, test_leaked_table_bytes(), 0u);
	}
}

void written_entries_are_cleaned_where_walks_are_not_coherent(Case& t)
{
	Setup setup;
	setup.platform.coherent = false;
	Scene scene(t, setup);
	EXPECT(t, !scene.space.table().coherent_walk);
	const u64 before = test_cleaned_bytes();
	scene.map(kStart, kPage);
	EXPECT_EQ(t, test_cleaned_bytes() - before, 4 * sizeof(u64));
	EXPECT(t, scene.space.unmap(kStart, kPage));
	EXPECT_EQ(t, test_cleaned_bytes() - before, 5 * sizeof(u64));
}

// ---- gathering ----

void neighbours_are_invalidated_together(Case& t)
{
	Scene scene(t);
	for (u64 i = 0; i < 8; i++)
		scene.map(kStart + i * kPage, kPage);
	const u64 before = scene.invalidations();
	smmu_gather gather = Space::kNothing;
	for (u64 i : {2, 3, 1, 0, 4, 5, 6, 7})
		EXPECT(t, scene.space.remove(kStart + i * kPage, kPage, 1, gather));
	EXPECT_EQ(t, scene.invalidations(), before);
	scene.space.sync(gather);
	EXPECT_EQ(t, scene.invalidations(), before + 1);
	for (u64 i = 0; i < 8; i++)
		scene.expect_gone(kStart + i * kPage);
}

void others_are_invalidated_first(Case& t)
{
	Scene scene(t);
	scene.map(kStart, kPage);
	scene.map(kStart + 2 * kPage, kPage);
	scene.map(kStart + kBlock, kBlock);
	smmu_gather gather = Space::kNothing;
	EXPECT(t, scene.space.remove(kStart, kPage, 1, gather));
	const u64 before = scene.invalidations();
	EXPECT(t, scene.space.remove(kStart + 2 * kPage, kPage, 1, gather));  // not adjacent
	EXPECT_EQ(t, scene.invalidations(), before + 1);
	scene.expect_gone(kStart);
	EXPECT(t, scene.space.remove(kStart + kBlock, kBlock, 1, gather));  // of another size
	EXPECT_EQ(t, scene.invalidations(), before + 2);
	scene.expect_gone(kStart + 2 * kPage);
	scene.space.sync(gather);
	scene.expect_gone(kStart + kBlock);
}

// The IOMMU core flushes the domain later.
void nothing_is_gathered_for_a_flush_queue(Case& t)
{
	Scene scene(t);
	scene.map(kStart, kPage);
	scene.map(kStart + kBlock, kBlock);
	const u64 commands = scene.board.smmu.commands().total();
	smmu_gather gather = Space::kNothing;
	gather.queued = true;
	EXPECT(t, scene.space.remove(kStart, kPage, 1, gather));
	EXPECT(t, scene.space.remove(kStart + kBlock, kBlock, 1, gather));
	EXPECT_EQ(t, gather.pgsize, 0u);
	EXPECT_EQ(t, gather.start, Space::kNothing.start);
	EXPECT_EQ(t, scene.board.smmu.commands().total(), commands);
	scene.space.sync(gather);
	EXPECT_EQ(t, scene.board.smmu.commands().total(), commands);
	smmu_core_flush_domain(scene.space.domain);
	scene.expect_gone(kStart);
	scene.expect_gone(kStart + kBlock);
}

// Also for a flush queue: the table's memory is free after a grace period, which does not wait for the queue.
void removed_tables_are_invalidated_at_once(Case& t)
{
	for (bool queued : {false, true})
		for (smmu_stage stage : kStages) {
			Scene scene(t, {}, stage);
			scene.map(kStart, kPage);
			scene.map(kStart + 7 * kPage, kPage);
			const u64 tables = scene.tables();
			smmu_gather gather = Space::kNothing;
			gather.queued = queued;
			EXPECT(t, scene.space.remove(kStart, kBlock, 1, gather));
			EXPECT_EQ(t, gather.pgsize, 0u);
			EXPECT_EQ(t, scene.tables(), tables - 1);
			scene.expect_gone(kStart);
			scene.expect_gone(kStart + 7 * kPage);
			// A block takes the place of the table, which the walk cache must not know.
			scene.map(kStart, kBlock);
		}
}

// ---- levels, blocks and runs ----

void invalidation_has_the_level_of_the_entries(Case& t)
{
	Scene scene(t, with_bbml(2));
	scene.map(kStart, kPage);
	EXPECT(t, scene.space.unmap(kStart, kPage));
	EXPECT_EQ(t, scene.last_ttl(), 3u);
	EXPECT_EQ(t, scene.last_tg(), 1u);
	scene.map(kStart + kBlock, kBlock);
	EXPECT(t, scene.space.unmap(kStart + kBlock, kBlock));
	EXPECT_EQ(t, scene.last_ttl(), 2u);
	scene.map(kStart + kGiB, kGiB);
	EXPECT(t, scene.space.unmap(kStart + kGiB, kGiB));
	EXPECT_EQ(t, scene.last_ttl(), 1u);
}

// With BBML 2 the TLB may hold the block; with the others it has been invalidated before.
void page_of_a_split_block_has_no_level(Case& t)
{
	for (u32 bbml : {0u, 1u, 2u}) {
		Scene scene(t, with_bbml(bbml));
		scene.map(kStart, kBlock);
		const u64 before = scene.invalidations();
		EXPECT(t, scene.space.unmap(kStart + 3 * kPage, kPage));
		EXPECT_EQ(t, scene.last_ttl(), bbml == 2 ? 0u : 3u);
		EXPECT_EQ(t, scene.invalidations(), before + (bbml == 2 ? 1 : 2));
		scene.expect_gone(kStart + 3 * kPage);
		scene.expect_mapped(kStart + 2 * kPage);
		scene.expect_mapped(kStart + 4 * kPage);
		EXPECT(t, scene.space.unmap(kStart + 5 * kPage, kPage));
		EXPECT_EQ(t, scene.last_ttl(), bbml == 2 ? 0u : 3u);
		scene.expect_gone(kStart + 5 * kPage);
	}
}

void block_without_memory_to_split_stays(Case& t)
{
	Scene scene(t, with_bbml(1));
	scene.map(kStart, kBlock);
	test_fail_alloc(1);
	smmu_gather gather = Space::kNothing;
	EXPECT(t, !scene.space.remove(kStart, kPage, 1, gather));
	scene.expect_mapped(kStart);
	scene.expect_mapped(kStart + kBlock - 1);
}

// The last-level entry for `iova`.
u64 leaf_of(const Space& space, u64 iova)
{
	u64 table = space.table().ttb, entry = 0;
	for (u32 shift = 39; shift >= 12; shift -= 9) {
		entry = static_cast<const u64*>(test_bus_to_cpu(table, kPage))[iova >> shift & 511];
		table = entry & 0xffff'ffff'f000;
	}
	return entry;
}

void contiguous_runs_need_bbml(Case& t)
{
	constexpr u64 kContiguous = u64{1} << 52;
	for (u32 bbml : {0u, 1u, 2u}) {
		Scene scene(t, with_bbml(bbml));
		size_t mapped = 0;
		EXPECT_EQ(t,
			  smmu_map_4k(scene.space.kernel.handle(), kStart, kPa + kStart, kPage, 32,
				      Space::kReadWrite, OS_TABLES_SLEEP, &mapped),
			  0);
		EXPECT_EQ(t, mapped, 32 * kPage);
		for (u64 i = 0; i < 32; i++) {
			EXPECT_EQ(t, !!(leaf_of(scene.space, kStart + i * kPage) & kContiguous),
				  bbml > 0);
			scene.expect_mapped(kStart + i * kPage);
		}
		EXPECT(t, scene.space.unmap(kStart + 3 * kPage, kPage));
		for (u64 i = 0; i < 32; i++) {
			const bool whole = i >= 16;
			EXPECT_EQ(t, !!(leaf_of(scene.space, kStart + i * kPage) & kContiguous),
				  bbml > 0 && whole);
			if (i != 3)
				scene.expect_mapped(kStart + i * kPage);
		}
		scene.expect_gone(kStart + 3 * kPage);
	}
}

void contiguous_runs_need_coherent_walks(Case& t)
{
	Setup setup = with_bbml(2);
	setup.platform.coherent = false;
	Scene scene(t, setup);
	size_t mapped = 0;
	EXPECT_EQ(t,
		  smmu_map_4k(scene.space.kernel.handle(), kStart, kPa + kStart, kPage, 32,
			      Space::kReadWrite, OS_TABLES_SLEEP, &mapped),
		  0);
	EXPECT(t, !(leaf_of(scene.space, kStart) & u64{1} << 52));
}

// ---- several SMMUs ----

void domain_keeps_to_the_features_of_its_first_smmu(Case& t)
{
	for (u32 first : {0u, 1u, 2u})
		for (u32 second : {0u, 1u, 2u}) {
			Board a(t, with_bbml(first)), b(t, with_bbml(second, false));
			a.up();
			b.up();
			Space space(a);
			Device at_a(a, {kSid}), at_b(b, {kSid});
			EXPECT_EQ(t, at_a.attach(space), 0);
			EXPECT_EQ(t, at_b.attach(space), second < first ? kInvalid : 0);
			if (second >= first) {
				EXPECT(t, space.map(kStart, kPa, kBlock));
				EXPECT_EQ(t, a.dma(kSid, kStart).pa, kPa);
				EXPECT_EQ(t, b.dma(kSid, kStart).pa, kPa);
				EXPECT(t, space.unmap(kStart, kPage));
				for (Board* board : {&a, &b}) {
					EXPECT(t, board->blocked(kSid, kStart));
					EXPECT_EQ(t, board->dma(kSid, kStart + kPage).pa,
						  kPa + kPage);
				}
			}
			at_b.destroy();
			at_a.destroy();
		}
}

// ---- power, and empty tables ----

// Its caches are empty when it translates again.
void split_is_elided_while_suspended(Case& t)
{
	for (u32 bbml : {0u, 1u, 2u}) {
		Scene scene(t, with_bbml(bbml));
		scene.map(kStart, kBlock);
		ASSERT(t, scene.board.down());
		const u64 elided = scene.board.stats().elided;
		EXPECT(t, scene.space.unmap(kStart + kPage, kPage));
		EXPECT_EQ(t, scene.board.stats().elided, elided + (bbml == 2 ? 1 : 2));
		ASSERT_EQ(t, scene.board.wake(), 0);
		scene.expect_gone(kStart + kPage);
		scene.expect_mapped(kStart);
		scene.expect_mapped(kStart + 2 * kPage);
	}
}

void map_and_unmap_everywhere(Scene& scene)
{
	for (u64 i = 0; i < 20; i++)
		scene.map(kStart + i * 11 * kBlock, kPage);
	for (u64 i = 0; i < 20; i++)
		EXPECT(scene.t, scene.space.unmap(kStart + i * 11 * kBlock, kPage));
}

void empty_tables_are_reclaimed(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, {}, stage);
		const u64 before = scene.tables();
		map_and_unmap_everywhere(scene);
		EXPECT(t, scene.tables() >= before + 20);
		test_reclaim_tables();
		EXPECT_EQ(t, scene.tables(), before);
		// Walk caches do not know the tables.
		scene.map(kStart, kPage);
		scene.map(kStart + kBlock, kBlock);
	}
}

void empty_tables_are_reclaimed_while_suspended(Case& t)
{
	Scene scene(t);
	const u64 before = scene.tables();
	map_and_unmap_everywhere(scene);
	ASSERT(t, scene.board.down());
	const smmu_stats stats = scene.board.stats();
	test_reclaim_tables();
	EXPECT_EQ(t, scene.tables(), before);
	EXPECT_EQ(t, scene.board.stats().commands, stats.commands);
	EXPECT(t, scene.board.stats().elided > stats.elided);
	ASSERT_EQ(t, scene.board.wake(), 0);
	scene.map(kStart, kPage);
	scene.map(kStart + kBlock, kBlock);
}

}  // namespace

TEST_SUITE(mappings, TEST_CASE(each_granule_and_stage_maps_pages_and_blocks),
	   TEST_CASE(granule_follows_the_kernels_page_size), TEST_CASE(errors_are_the_kernels),
	   TEST_CASE(map_without_memory_is_undone_by_what_it_says),
	   TEST_CASE(atomic_map_does_not_sleep), TEST_CASE(domain_goes_with_empty_and_full_tables),
	   TEST_CASE(written_entries_are_cleaned_where_walks_are_not_coherent),
	   TEST_CASE(neighbours_are_invalidated_together), TEST_CASE(others_are_invalidated_first),
	   TEST_CASE(nothing_is_gathered_for_a_flush_queue),
	   TEST_CASE(removed_tables_are_invalidated_at_once),
	   TEST_CASE(invalidation_has_the_level_of_the_entries),
	   TEST_CASE(page_of_a_split_block_has_no_level),
	   TEST_CASE(block_without_memory_to_split_stays), TEST_CASE(contiguous_runs_need_bbml),
	   TEST_CASE(contiguous_runs_need_coherent_walks),
	   TEST_CASE(domain_keeps_to_the_features_of_its_first_smmu),
	   TEST_CASE(split_is_elided_while_suspended), TEST_CASE(empty_tables_are_reclaimed),
	   TEST_CASE(empty_tables_are_reclaimed_while_suspended));
