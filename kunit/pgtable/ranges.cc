// SPDX-License-Identifier: GPL-2.0-only
// Tables as ranges.
#include "kunit/pgtable/machine.hpp"
#include "pgtable/ranges.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Space;

using One = Granule4K<Stage::k1>;
constexpr u64 k4K = 4096, k2M = 2 << 20, k1G = 1 << 30;

template <class F>
struct Dump {
	Space<F>& space;
	u64 iova = 0;
	u32 calls = 0;
	os_range range{};

	bool next()
	{
		range = {};
		for (;;) {
			const os_scan scan = next_range(space.table, iova, range);
			calls++;
			if (scan != OS_SCAN_MORE)
				return scan == OS_SCAN_RANGE;
		}
	}
	bool next_is(u64 start, u64 pa, u64 bytes, u32 prot = Space<F>::kReadWrite)
	{
		return next() && range.iova == start && range.pa == pa && range.bytes == bytes &&
		       range.prot == prot;
	}
};

void adjacent_pages_and_blocks_are_one_range(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(k2M - 3 * k4K, k1G - 3 * k4K, k4K, 3), 0);
	EXPECT_EQ(t, space.map(k2M, k1G, k2M, 2), 0);
	EXPECT_EQ(t, space.map(3 * k2M, k1G + 2 * k2M, k4K, 2), 0);
	Dump<One> dump{space};
	EXPECT(t, dump.next_is(k2M - 3 * k4K, k1G - 3 * k4K, 2 * k2M + 5 * k4K));
	EXPECT(t, !dump.next());
	EXPECT_EQ(t, dump.iova, bit(48));
}

void holes_addresses_and_flags_end_a_range(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, k1G, k4K), 0);
	EXPECT_EQ(t, space.map(k4K, 2 * k1G, k4K), 0);
	EXPECT_EQ(t, space.map(2 * k4K, 2 * k1G + k4K, k4K, 1, kRead), 0);
	EXPECT_EQ(t, space.map(4 * k4K, 2 * k1G + 2 * k4K, k4K, 1, kRead), 0);
	EXPECT_EQ(t, space.map(bit(48) - k4K, 0, k4K, 1, kWrite | kMmio | kNoExec | kPriv), 0);
	Dump<One> dump{space};
	EXPECT(t, dump.next_is(0, k1G, k4K));
	EXPECT(t, dump.next_is(k4K, 2 * k1G, k4K));
	EXPECT(t, dump.next_is(2 * k4K, 2 * k1G + k4K, k4K, kRead));
	EXPECT(t, dump.next_is(4 * k4K, 2 * k1G + 2 * k4K, k4K, kRead));
	EXPECT(t, dump.next_is(bit(48) - k4K, 0, k4K, kRead | kWrite | kMmio | kNoExec | kPriv));
	EXPECT(t, !dump.next());
	EXPECT(t, !dump.next());
}

void one_call_looks_at_a_bounded_part(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	const u64 pages = 3 * Ranges<One, Machine>::kMostEntries;
	EXPECT_EQ(t, space.map(k1G, 0, k4K, pages), 0);
	Dump<One> dump{space};
	EXPECT(t, dump.next_is(k1G, 0, pages * k4K));
	EXPECT(t, dump.calls > 3);
	EXPECT(t, !dump.next());
}

void each_format_is_shown_to_its_end(Case& t)
{
	test::each_format([&]<class F>() {
		for (unsigned input : {F::kMinBits, F::kMaxBits}) {
			Machine machine;
			Space<F> space(t, machine,
				       {.input_bits = input, .output_bits = F::kMaxBits});
			const u64 page = F::kTableBytes, last = bit(input) - 2 * page;
			EXPECT_EQ(t, space.map(0, page, page, 2), 0);
			EXPECT_EQ(t, space.map(last, bit(F::kMaxBits) - 2 * page, page, 2), 0);
			Dump<F> dump{space};
			EXPECT(t, dump.next_is(0, page, 2 * page));
			EXPECT(t, dump.next_is(last, bit(F::kMaxBits) - 2 * page, 2 * page));
			EXPECT(t, !dump.next());
		}
	});
}

void an_empty_table_has_no_range(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(0, k4K), k4K);
	Dump<One> dump{space};
	EXPECT(t, !dump.next());
}

void the_flags_are_those_of_the_map(Case& t)
{
	test::each_format([&]<class F>() {
		constexpr bool kStage1 = F::kStage == Stage::k1;
		for (u32 prot = 0; prot <= kProtMask; prot++)
			for (bool dirty : {false, true}) {
				u32 expected = prot & ~(prot & kMmio ? kCache : 0);
				expected = kStage1 ? expected | kRead : expected & ~kPriv;
				const u64 page = attributes<F>(prot, {.dirty = dirty});
				EXPECT_EQ(t, prot_of<F>(page), expected);
				if (is_dirty<F>(page))
					EXPECT_EQ(t, prot_of<F>(cleaned<F>(page)), expected);
			}
		const u64 forced = attributes<F>(kRead | kCache, {.fwb = !kStage1});
		EXPECT_EQ(t, prot_of<F>(forced), kRead | kCache);
	});
}

}  // namespace

TEST_SUITE(pgtable_ranges, TEST_CASE(adjacent_pages_and_blocks_are_one_range),
	   TEST_CASE(holes_addresses_and_flags_end_a_range),
	   TEST_CASE(one_call_looks_at_a_bounded_part), TEST_CASE(each_format_is_shown_to_its_end),
	   TEST_CASE(an_empty_table_has_no_range), TEST_CASE(the_flags_are_those_of_the_map));
