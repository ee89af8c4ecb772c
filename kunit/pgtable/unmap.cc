// SPDX-License-Identifier: GPL-2.0-only
// unmap_pages(): what is gone, what stays, what is to be invalidated, and how a block is taken
// apart.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Space;

using One = Granule4K<Stage::k1>;
constexpr u64 k4K = 4096, k2M = 2 << 20, k1G = 1 << 30;

void a_hole_ends_an_unmap(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k4K, 4), 0);
	EXPECT_EQ(t, space.map(5 * k4K, 0, k4K, 4), 0);
	EXPECT_EQ(t, space.unmap(0, k4K, 9), 4 * k4K);
	EXPECT(t, space.empty(0) && !space.empty(5 * k4K));
	EXPECT_EQ(t, space.unmap(k1G, k4K), 0u);
	EXPECT_EQ(t, space.unmap(k2M, k2M), 0u);
}

// Not even for the blocks that a hole is beside.
void an_unmap_of_a_hole_allocates_nothing(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k2M), 0);
	const u64 before = machine.allocations;
	for (u64 hole : {k2M, k1G, 512 * k1G})
		EXPECT_EQ(t, space.unmap(hole, k4K), 0u);
	EXPECT_EQ(t, space.unmap(k2M - k4K, k4K, 2), k4K);
	EXPECT_EQ(t, machine.allocations, before + 1);
}

void wrong_sizes_and_alignments_unmap_nothing(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k2M, 2), 0);
	EXPECT_EQ(t, space.unmap(k4K, k2M), 0u);
	EXPECT_EQ(t, space.unmap(0, k4K | k2M), 0u);
	EXPECT_EQ(t, space.unmap(0, 64 << 10), 0u);
	EXPECT_EQ(t, space.unmap(-k4K, k4K, 2), 0u);
	EXPECT(t, space.maps(0, 0) && space.maps(2 * k2M - 1, 2 * k2M - 1));
}

void the_level_of_what_is_removed_is_exact(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Space<F> space(t, machine, {.input_bits = F::kMaxBits, .output_bits = F::kMaxBits});
		for (int level = F::kFirstBlock; level <= kLastLevel; level++) {
			const u64 size = F::size(level);
			if (!(space.table.sizes() & size))
				continue;
			EXPECT_EQ(t, space.map(size, size, size), 0);
			EXPECT_EQ(t, space.unmap(size, size), size);
			EXPECT_EQ(t, space.last.ttl(), level < 1 ? 0u : static_cast<u32>(level));
			EXPECT(t, !space.last.tables && !space.freed);
		}
		const u64 page = F::kTableBytes;
		EXPECT_EQ(t, space.map(0, 0, page, 3), 0);
		EXPECT_EQ(t, space.unmap(0, page, 3), 3 * page);
		EXPECT_EQ(t, space.last.ttl(), 3u);
	});
}

void tables_in_the_range_are_removed_with_it(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(k2M, 0, k4K, 512), 0);
	EXPECT_EQ(t, space.map(0, 0, k2M), 0);
	const u32 tables = machine.tables();
	EXPECT_EQ(t, space.unmap(0, k2M, 2), 2 * k2M);
	EXPECT(t, space.last.tables && space.last.ttl() == 0);
	EXPECT_EQ(t, space.last.levels, level_bit(2) | level_bit(3));
	EXPECT_EQ(t, space.freed, 1u);
	EXPECT_EQ(t, machine.tables(), tables - 1);
	EXPECT(t, space.empty(0) && space.empty(k2M));
	// A table of pages only: one level.
	EXPECT_EQ(t, space.map(k2M, 0, k4K, 512), 0);
	EXPECT_EQ(t, space.unmap(k2M, k2M), k2M);
	EXPECT(t, space.last.tables && space.last.ttl() == 3);
	// Tables below tables, some of them empty.
	EXPECT_EQ(t, space.map(k1G, 0, k2M, 3), 0);
	EXPECT_EQ(t, space.map(k1G + 8 * k2M, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(k1G, k1G), k1G);
	EXPECT_EQ(t, space.freed, 2u);
	EXPECT_EQ(t, space.last.levels, level_bit(2) | level_bit(3));
}

// ---- parts of blocks ----

struct Watch {
	Space<One>* space;
	u64 iova, pa;
	u32 seen = 0, translated = 0;

	static void look(void* context, u64, u64)
	{
		auto& watch = *static_cast<Watch*>(context);
		watch.seen++;
		watch.translated += watch.space->maps(watch.iova, watch.pa);
	}
};

template <class F>
void take_a_page_out(Case& t, Bbml bbml)
{
	Machine machine;
	Space<F> space(t, machine,
		       {.input_bits = F::kMaxBits, .output_bits = F::kMaxBits, .bbml = bbml});
	const u64 block = F::size(2), page = F::kTableBytes, part = 5;
	EXPECT_EQ(t, space.map(block, 2 * block, block), 0);
	const walker::Meaning before = space.meaning(block);
	EXPECT_EQ(t, space.unmap(block + part * page, page), page);
	for (u64 i = 0; i < F::kEntries; i++) {
		const u64 iova = block + i * page;
		EXPECT_EQ(t, space.maps(iova, 2 * block + i * page), i != part);
		if (i != part)
			EXPECT(t, space.meaning(iova) == before);
	}
	EXPECT(t, space.empty(block + part * page));
	// The TLB may hold the block still: no level is given then.
	EXPECT_EQ(t, space.last.ttl(), bbml == Bbml::k2 ? 0u : 3u);
	EXPECT_EQ(t, machine.invalidations, bbml == Bbml::k2 ? 0u : 1u);
	// Nor for another part, on another CPU.
	EXPECT_EQ(t, space.unmap(block, page), page);
	EXPECT_EQ(t, space.last.ttl(), bbml == Bbml::k2 ? 0u : 3u);
	EXPECT_EQ(t, space.unmap(block + page, page, part - 1), (part - 1) * page);
	EXPECT_EQ(t, space.unmap(block, block), block);
}

void the_rest_of_a_block_stays(Case& t)
{
	for (Bbml bbml : {Bbml::k0, Bbml::k1, Bbml::k2})
		test::each_format([&]<class F>() { take_a_page_out<F>(t, bbml); });
}

// While walkers forget the block: with BBML 1 it translates, with BBML 0 it must not.
void the_rest_of_a_block_translates_meanwhile(Case& t)
{
	for (Bbml bbml : {Bbml::k0, Bbml::k1}) {
		Machine machine;
		Space<One> space(t, machine, {.bbml = bbml});
		EXPECT_EQ(t, space.map(k2M, k1G, k2M), 0);
		Watch watch{&space, k2M, k1G};
		machine.context = &watch;
		machine.on_invalidate = Watch::look;
		EXPECT_EQ(t, space.unmap(k2M + k4K, k4K), k4K);
		machine.on_invalidate = nullptr;
		EXPECT_EQ(t, watch.seen, 1u);
		EXPECT_EQ(t, watch.translated, bbml == Bbml::k0 ? 0u : 1u);
		EXPECT(t, machine.last_invalidation.iova == k2M &&
				  machine.last_invalidation.size == k2M);
	}
}

void a_large_block_is_split_twice(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {.bbml = Bbml::k2});
	EXPECT_EQ(t, space.map(k1G, 4 * k1G, k1G), 0);
	EXPECT_EQ(t, space.unmap(k1G + 3 * k2M + k4K, k4K, 2), 2 * k4K);
	EXPECT_EQ(t, space.walk(k1G).size, k2M);
	EXPECT_EQ(t, space.walk(k1G + 3 * k2M).size, k4K);
	EXPECT(t, space.maps(2 * k1G - 1, 5 * k1G - 1));
	EXPECT(t, space.empty(k1G + 3 * k2M + k4K) && space.empty(k1G + 3 * k2M + 2 * k4K));
	EXPECT(t, space.maps(k1G + 3 * k2M + 3 * k4K, 4 * k1G + 3 * k2M + 3 * k4K));
}

void without_memory_a_block_stays_whole(Case& t)
{
	for (Bbml bbml : {Bbml::k0, Bbml::k1, Bbml::k2}) {
		Machine machine;
		Space<One> space(t, machine, {.bbml = bbml});
		EXPECT_EQ(t, space.map(0, 0, k1G), 0);
		for (u32 nth = 1; nth <= 2; nth++) {
			test_fail_alloc(nth);
			EXPECT_EQ(t, space.unmap(k2M, k4K), 0u);
			EXPECT(t, test_alloc_failed());
			EXPECT(t, space.maps(k2M, k2M));
		}
		test_fail_alloc(0);
		EXPECT_EQ(t, space.unmap(k2M, k4K), k4K);
	}
}

// ---- contiguous runs ----

template <class F>
void cut(Case& t, u64 from, u64 count, bool keeps_first, bool keeps_last)
{
	Machine machine;
	Space<F> space(t, machine,
		       {.input_bits = F::kMaxBits,
			.output_bits = F::kMaxBits,
			.bbml = Bbml::k1,
			.contiguous = true});
	const u64 page = F::kTableBytes, run = F::contiguous(3);
	EXPECT_EQ(t, space.map(0, 0, page, 4 * run), 0);
	EXPECT_EQ(t, space.unmap(from * page, page, count), count * page);
	EXPECT_EQ(t, space.last.ttl(), 3u);
	for (u64 i = 3 * run; i < 4 * run; i++)
		EXPECT(t, space.meaning(i * page).contiguous);
	for (u64 i = 0; i < 3 * run; i++) {
		const bool gone = i >= from && i < from + count;
		EXPECT_EQ(t, space.maps(i * page, i * page), !gone);
		if (gone)
			continue;
		const bool whole = i < run ? keeps_first : i < 2 * run ? false : keeps_last;
		if (i < run || i >= 2 * run)
			EXPECT_EQ(t, space.meaning(i * page).contiguous, whole);
	}
}

void a_run_without_a_part_is_no_run(Case& t)
{
	test::each_format([&]<class F>() {
		const u64 run = F::contiguous(3);
		cut<F>(t, run, run, true, true);           // the whole second run
		cut<F>(t, run - 1, run + 1, false, true);  // and the end of the first
		cut<F>(t, run, run + 1, true, false);      // and the beginning of the third
		cut<F>(t, 1, 3 * run - 2, false, false);   // parts of both, and what is between
		cut<F>(t, 0, 1, false, true);              // one page
	});
}

void a_run_without_a_whole_block_is_no_run(Case& t)
{
	for (Bbml bbml : {Bbml::k1, Bbml::k2}) {
		Machine machine;
		Space<One> space(t, machine, {.bbml = bbml, .contiguous = true});
		EXPECT_EQ(t, space.map(0, k1G, k2M, 32), 0);
		EXPECT_EQ(t, space.unmap(5 * k2M + k4K, k4K), k4K);
		for (u64 i = 0; i < 32; i++)
			EXPECT_EQ(t, space.meaning(i * k2M).contiguous, i >= 16);
		EXPECT(t, space.maps(5 * k2M, k1G + 5 * k2M));
		EXPECT(t, !space.maps(5 * k2M + k4K, k1G + 5 * k2M + k4K));
	}
}

// A range is handled in runs of 16, 4 and 1.
void each_length_and_each_hole_is_right(Case& t)
{
	constexpr u64 kMost = 42;
	Machine machine;
	Space<One> space(t, machine, {});
	const u64 start = k2M - (kMost - 1) * k4K;
	for (u64 count = 1; count < kMost; count++) {
		EXPECT_EQ(t, space.map(start, start, k4K, count), 0);
		EXPECT_EQ(t, space.mapped, count * k4K);
		for (u64 i = 0; i < kMost; i++)
			EXPECT_EQ(t, space.maps(start + i * k4K, start + i * k4K), i < count);
		EXPECT_EQ(t, space.unmap(start, k4K, kMost), count * k4K);
		EXPECT(t, space.last.levels == level_bit(3) && !space.last.split);
		EXPECT(t, space.empty(start) && space.empty(start + (count - 1) * k4K));
	}
}

void what_is_behind_a_hole_stays(Case& t)
{
	constexpr u64 kPages = 41;
	Machine machine;
	Space<One> space(t, machine, {});
	for (u64 hole = 0; hole < kPages; hole++) {
		const u64 behind = kPages - hole - 1;
		EXPECT_EQ(t, space.map(0, 0, k4K, kPages), 0);
		EXPECT_EQ(t, space.unmap(hole * k4K, k4K), k4K);
		EXPECT_EQ(t, space.unmap(0, k4K, kPages), hole * k4K);
		for (u64 i = 0; i < kPages; i++)
			EXPECT_EQ(t, space.maps(i * k4K, i * k4K), i > hole);
		EXPECT_EQ(t, space.unmap((hole + 1) * k4K, k4K, behind), behind * k4K);
	}
}

}  // namespace

TEST_SUITE(pgtable_unmap, TEST_CASE(each_length_and_each_hole_is_right),
	   TEST_CASE(what_is_behind_a_hole_stays), TEST_CASE(a_hole_ends_an_unmap),
	   TEST_CASE(an_unmap_of_a_hole_allocates_nothing),
	   TEST_CASE(wrong_sizes_and_alignments_unmap_nothing),
	   TEST_CASE(the_level_of_what_is_removed_is_exact),
	   TEST_CASE(tables_in_the_range_are_removed_with_it), TEST_CASE(the_rest_of_a_block_stays),
	   TEST_CASE(the_rest_of_a_block_translates_meanwhile),
	   TEST_CASE(a_large_block_is_split_twice), TEST_CASE(without_memory_a_block_stays_whole),
	   TEST_CASE(a_run_without_a_part_is_no_run),
	   TEST_CASE(a_run_without_a_whole_block_is_no_run));
