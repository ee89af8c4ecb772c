// SPDX-License-Identifier: GPL-2.0-only
// map_pages(): what walkers find afterwards, and errors.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Space;

constexpr int kInvalid = -22, kRange = -34, kExists = -17, kNoMemory = -12;

using One = Granule4K<Stage::k1>;
constexpr u64 k4K = 4096, k2M = 2 << 20, k1G = 1 << 30;

void each_size_is_found_by_a_walk(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Space<F> space(t, machine, {.input_bits = F::kMaxBits, .output_bits = F::kMaxBits});
		ASSERT(t, space.created);
		u64 iova = 0;
		for (u64 left = space.table.sizes(); left; left &= left - 1) {
			const u64 size = left & -left;
			const u64 pa = bits(F::kMaxBits - 1, F::kMaxBits - 2) & ~(size - 1);
			iova = (iova + 2 * size) & ~(size - 1);
			EXPECT_EQ(t, space.map(iova, pa, size), 0);
			EXPECT_EQ(t, space.mapped, size);
			EXPECT(t,
			       space.maps(iova, pa) && space.maps(iova + size - 1, pa + size - 1));
			EXPECT_EQ(t, space.walk(iova).size, size);
			EXPECT(t, space.empty(iova - 1) && space.empty(iova + size));
			u64 found = 0;
			EXPECT(t, space.look_up(iova + 42, found) && found == pa + 42);
			iova += size;
		}
	});
}

void every_shape_is_walked(Case& t)
{
	test::each_format([&]<class F>() {
		for (unsigned input = 32; input <= F::kMaxBits; input++) {
			Machine machine;
			Space<F> space(t, machine,
				       {.input_bits = input, .output_bits = F::kMaxBits});
			ASSERT(t, space.created);
			const u64 page = F::kTableBytes, last = bit(input) - page;
			for (u64 iova : {u64{0}, last, bit(input - 1)})
				EXPECT_EQ(t, space.map(iova, iova, page), 0);
			for (u64 iova : {u64{0}, last, bit(input - 1)})
				EXPECT(t, space.maps(iova + 7, iova + 7));
			EXPECT_EQ(t, space.map(bit(input), 0, page), kRange);
		}
	});
}

void a_range_goes_on_in_the_next_table(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	const u64 start = k2M - 3 * k4K;
	EXPECT_EQ(t, space.map(start, 0x8000'0000, k4K, 520), 0);
	EXPECT_EQ(t, space.mapped, 520 * k4K);
	for (u64 i = 0; i < 520; i++)
		EXPECT(t, space.maps(start + i * k4K, 0x8000'0000 + i * k4K));
	EXPECT(t, space.empty(start - 1) && space.empty(start + 520 * k4K));
	EXPECT_EQ(t, space.unmap(start, k4K, 520), 520 * k4K);
	EXPECT(t, space.empty(start) && space.empty(start + 519 * k4K));
}

void wrong_arguments_are_refused(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {.input_bits = 40, .output_bits = 44});
	EXPECT_EQ(t, space.map(0, 0, 64 << 10), kInvalid);
	EXPECT_EQ(t, space.map(0, 0, k4K | k2M), kInvalid);
	EXPECT_EQ(t, space.map(0, 0, 0), kInvalid);
	EXPECT_EQ(t, space.map(k4K, 0, k2M), kInvalid);
	EXPECT_EQ(t, space.map(0, k4K, k2M), kInvalid);
	EXPECT_EQ(t, space.map(0, 0, k4K, 1, kCache), kInvalid);
	EXPECT_EQ(t, space.map(0, 0, k4K, 0), kRange);
	EXPECT_EQ(t, space.map(bit(40), 0, k4K), kRange);
	EXPECT_EQ(t, space.map(bit(40) - k4K, 0, k4K, 2), kRange);
	EXPECT_EQ(t, space.map(-k4K, 0, k4K, 2), kRange);
	EXPECT_EQ(t, space.map(0, bit(44), k4K), kRange);
	EXPECT_EQ(t, space.map(0, bit(44) - k4K, k4K, 2), kRange);
	EXPECT_EQ(t, space.map(0, -k4K, k4K, 2), kRange);
	EXPECT_EQ(t, space.map(0, 0, k4K, bit(52)), kRange);
	EXPECT_EQ(t, space.map(42, 0, k4K, 2), kInvalid);
	EXPECT_EQ(t, space.map(0, 42, k4K, 2), kInvalid);
	EXPECT_EQ(t, space.map(0, 0, k4K, 2, kCache), kInvalid);
	EXPECT_EQ(t, machine.tables(), 1u);
	EXPECT_EQ(t, space.unmap(bit(40), k4K), 0u);
	EXPECT_EQ(t, space.unmap(0, k4K | k2M), 0u);
	EXPECT_EQ(t, space.unmap(k4K, k2M), 0u);
	EXPECT_EQ(t, space.unmap(42, k4K, 2), 0u);
	EXPECT_EQ(t, space.unmap(0, k4K, 0), 0u);
	EXPECT_EQ(t, space.unmap(bit(40) - k4K, k4K, 2), 0u);
}

void what_is_mapped_stays(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(4 * k4K, 0x1000'0000, k4K), 0);
	EXPECT_EQ(t, space.map(0, 0x2000'0000, k4K, 8), kExists);
	EXPECT_EQ(t, space.mapped, 0u);
	EXPECT(t, space.empty(0) && space.maps(4 * k4K, 0x1000'0000));
	EXPECT_EQ(t, space.map(0, 0, k2M), kExists);
	EXPECT(t, space.maps(4 * k4K, 0x1000'0000));
	EXPECT_EQ(t, space.map(k2M, k2M, k2M), 0);
	EXPECT_EQ(t, space.map(k2M + k4K, 0, k4K), kExists);
	EXPECT_EQ(t, space.map(0, 0, k1G), kExists);
}

// Wherever it is in a run of 16, 4 or 1, nothing of the table is changed.
void one_page_in_the_way_refuses_all(Case& t)
{
	constexpr u64 kPages = 41;
	Machine machine;
	Space<One> space(t, machine, {});
	for (u64 at = 0; at < kPages; at++) {
		EXPECT_EQ(t, space.map(at * k4K, k2M, k4K), 0);
		EXPECT_EQ(t, space.map(0, 0, k4K, kPages), kExists);
		EXPECT_EQ(t, space.mapped, 0u);
		for (u64 i = 0; i < kPages; i++)
			EXPECT_EQ(t, space.empty(i * k4K), i != at);
		EXPECT(t, space.maps(at * k4K, k2M));
		EXPECT_EQ(t, space.unmap(at * k4K, k4K), k4K);
	}
}

// What was entered in earlier tables is said, so that the caller can undo it.
void an_error_in_a_later_table_says_how_far_it_came(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(k2M, 0, k4K), 0);
	EXPECT_EQ(t, space.map(k2M - 2 * k4K, 0x4000'0000, k4K, 4), kExists);
	EXPECT_EQ(t, space.mapped, 2 * k4K);
	EXPECT(t, space.maps(k2M - k4K, 0x4000'1000) && space.empty(k2M + k4K));
}

void an_empty_table_gives_way_to_a_block(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(k2M, 0, k4K, 1), 0);
	EXPECT_EQ(t, space.unmap(k2M, k4K), k4K);
	const u32 tables = machine.tables();
	EXPECT_EQ(t, space.map(0, 0x4000'0000, k2M, 2), 0);
	EXPECT_EQ(t, machine.tables(), tables - 1);
	EXPECT(t, space.maps(k2M, 0x4000'0000 + k2M));
	EXPECT_EQ(t, machine.invalidations, 1u);
	EXPECT(t, machine.last_invalidation.iova == k2M && machine.last_invalidation.size == k2M);
	// The same with tables below tables.
	EXPECT_EQ(t, space.map(k1G + 5 * k2M, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(k1G + 5 * k2M, k4K), k4K);
	EXPECT_EQ(t, space.map(k1G, k1G, k1G), 0);
	EXPECT_EQ(t, machine.tables(), tables - 1);
}

// Walkers that are not coherent can't find the table any more when their caches are invalidated.
void a_replaced_table_is_out_of_reach_before_the_invalidation(Case& t)
{
	struct Seen {
		Space<One>* space;
		int level;
	};
	Machine machine;
	Space<One> space(t, machine, {.coherent = false});
	Seen seen{&space, -1};
	EXPECT_EQ(t, space.map(k2M, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(k2M, k4K), k4K);
	EXPECT_EQ(t, space.walk(k2M).level, 3);
	machine.context = &seen;
	machine.on_invalidate = [](void* context, u64 iova, u64) {
		auto& at = *static_cast<Seen*>(context);
		at.level = at.space->walk(iova).level;
	};
	EXPECT_EQ(t, space.map(k2M, k1G, k2M), 0);
	machine.on_invalidate = nullptr;
	EXPECT_EQ(t, seen.level, 2);
	EXPECT(t, space.maps(k2M, k1G));
}

// Another CPU acts while this one allocates.
struct Busy : Machine {
	void* allocate(size_t bytes, u32 gfp)
	{
		if (auto* const act = std::exchange(meanwhile, nullptr))
			act(context);
		return Machine::allocate(bytes, gfp);
	}
	void (*meanwhile)(void* context) = nullptr;
};

// The other CPU installs the table, empties it, and reclaim() condemns it.
void a_spare_that_is_not_needed_is_released(Case& t)
{
	using Space = Table<One, Busy>;
	constexpr auto kMap = [](Space& space, u64 iova) {
		u64 mapped = 0;
		return !!map_pages(space, {iova, iova, k4K, 1, kRead}, Machine::kSleeps, mapped);
	};
	Busy machine;
	Space space(machine, {});
	ASSERT(t, space.create(Machine::kSleeps));
	EXPECT(t, kMap(space, 0));
	const u32 before = machine.tables();
	machine.context = &space;
	machine.meanwhile = [](void* context) {
		auto& other = *static_cast<Space*>(context);
		test::Tables none(other.platform(), One::kTableBytes);
		u64 mapped = 0;
		(void)map_pages(other, {k2M + k4K, 0, k4K, 1, kRead}, Machine::kSleeps, mapped);
		(void)unmap_pages(other, k2M + k4K, k4K, 1, none);
		auto* const at = other.first_entry(0);
		auto* const level1 = other.below(at->load_relaxed(), 0, 1);
		auto* const level2 = other.below(level1->load_relaxed(), k2M, 2);
		level2->store_relaxed(level2->load_relaxed() | kCondemned);
	};
	EXPECT(t, kMap(space, k2M));
	EXPECT_EQ(t, machine.tables(), before + 1);
	u64 pa = 0;
	EXPECT(t, look_up(space, k2M, pa) && pa == k2M);
	space.destroy();
	EXPECT_EQ(t, machine.tables(), 0u);
}

// No memory at each table in turn: what was mapped is said, nothing leaks, and the same call
// succeeds later.
void each_allocation_may_fail(Case& t)
{
	test::each_format([&]<class F>() {
		for (u32 nth = 1;; nth++) {
			Machine machine;
			Space<F> space(t, machine,
				       {.input_bits = F::kMaxBits, .output_bits = F::kMaxBits});
			ASSERT(t, space.created);
			const u64 page = F::kTableBytes, start = F::size(2) - page;
			test_fail_alloc(nth);
			const int result = space.map(start, start, page, 2);
			const bool failed = test_alloc_failed();
			test_fail_alloc(0);
			EXPECT_EQ(t, result, failed ? kNoMemory : 0);
			for (u64 i = 0; i < 2; i++)
				EXPECT_EQ(t, space.maps(start + i * page, start + i * page),
					  i < space.mapped / page);
			if (!failed)
				break;
			const u64 done = space.mapped;
			EXPECT_EQ(t, space.map(start + done, start + done, page, 2 - done / page),
				  0);
		}
	});
}

void contiguous_runs_are_marked(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Space<F> space(t, machine,
			       {.input_bits = F::kMaxBits,
				.output_bits = F::kMaxBits,
				.bbml = Bbml::k1,
				.contiguous = true});
		const u64 page = F::kTableBytes, run = F::contiguous(3);
		// Two pages, two runs, one page.
		const u64 start = F::size(2) + (run - 2) * page,
			  pa = 2 * F::size(2) + (run - 2) * page;
		EXPECT_EQ(t, space.map(start, pa, page, 2 + 2 * run + 1), 0);
		for (u64 i = 0; i < 2 + 2 * run + 1; i++) {
			EXPECT(t, space.maps(start + i * page, pa + i * page));
			EXPECT_EQ(t, space.meaning(start + i * page).contiguous,
				  i >= 2 && i < 2 + 2 * run);
		}
		// A map of one run, in a table that exists.
		EXPECT_EQ(t, space.map(8 * F::size(2) + 2 * run * page, 0, page), 0);
		EXPECT_EQ(t, space.map(8 * F::size(2), 8 * F::size(2), page, run), 0);
		EXPECT(t, space.meaning(8 * F::size(2)).contiguous);
		EXPECT(t, space.meaning(8 * F::size(2) + (run - 1) * page).contiguous);
		// Addresses that differ in the run have none, be it by half of it.
		const u64 half = run / 2 * page;
		EXPECT_EQ(t, space.map(10 * F::size(2), 12 * F::size(2) + half, page, 2 * run), 0);
		for (u64 i = 0; i < 2 * run; i++)
			EXPECT(t, !space.meaning(10 * F::size(2) + i * page).contiguous);
		EXPECT_EQ(t, space.map(4 * F::size(2), 6 * F::size(2) + page, page, 2 * run), 0);
		for (u64 i = 0; i < 2 * run; i++)
			EXPECT(t, !space.meaning(4 * F::size(2) + i * page).contiguous);
	});
}

void contiguous_blocks_are_marked(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {.bbml = Bbml::k2, .contiguous = true});
	EXPECT_EQ(t, space.map(0, k1G, k2M, 17), 0);
	EXPECT(t, space.meaning(0).contiguous && space.meaning(15 * k2M).contiguous);
	EXPECT(t, !space.meaning(16 * k2M).contiguous);
}

void nothing_is_marked_without_the_option(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {.bbml = Bbml::k2});
	EXPECT_EQ(t, space.map(0, 0, k4K, 16), 0);
	EXPECT(t, !space.meaning(0).contiguous);
}

void ns_is_in_tables_and_pages(Case& t)
{
	Machine machine;
	Space<Lpae<Stage::k1>> space(
		t, machine, {.input_bits = 32, .output_bits = 40, .variant = {.ns = true}});
	EXPECT_EQ(t, space.map(0x1234'5000, 0x8'0000'0000, k4K), 0);
	EXPECT(t, space.meaning(0x1234'5000).ns);
	u32 tables = 0;
	trace_walk(space.table, 0x1234'5000,
		   [&](int level, u64 descriptor) { tables += level < 3 && descriptor >> 63; });
	EXPECT_EQ(t, tables, 2u);
}

}  // namespace

TEST_SUITE(pgtable_map, TEST_CASE(each_size_is_found_by_a_walk), TEST_CASE(every_shape_is_walked),
	   TEST_CASE(a_range_goes_on_in_the_next_table), TEST_CASE(wrong_arguments_are_refused),
	   TEST_CASE(what_is_mapped_stays), TEST_CASE(one_page_in_the_way_refuses_all),
	   TEST_CASE(an_error_in_a_later_table_says_how_far_it_came),
	   TEST_CASE(an_empty_table_gives_way_to_a_block),
	   TEST_CASE(a_replaced_table_is_out_of_reach_before_the_invalidation),
	   TEST_CASE(a_spare_that_is_not_needed_is_released), TEST_CASE(each_allocation_may_fail),
	   TEST_CASE(contiguous_runs_are_marked), TEST_CASE(contiguous_blocks_are_marked),
	   TEST_CASE(nothing_is_marked_without_the_option), TEST_CASE(ns_is_in_tables_and_pages));
