// SPDX-License-Identifier: GPL-2.0-only
// Invalidation commands, decoded again from their raw words.
#include "arm-smmu-v3/tlb.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

using World = TlbTag::World;

constexpr TlbTag kEl1Tag{World::kEl1, Asid(0x1234), {}};
constexpr TlbTag kEl2Tag{World::kEl2, Asid(0x1234), {}};
constexpr TlbTag kStage2Tag{World::kStage2, {}, Vmid(0x5678)};

// A batch that keeps what it is given, and refuses when it is full.
struct Recorder {
	static constexpr u32 kCapacity = 1024;

	u32 count = 0;
	u32 limit = kCapacity;
	u64 words[kCapacity][2] = {};

	core::Result<> add(const Command& command)
	{
		if (count == limit)
			return core::error(core::Errno::kTimedOut);
		words[count][0] = command.words[0];
		words[count++][1] = command.words[1];
		return {};
	}
};

constinit Recorder recorder;

Recorder& fresh(u32 limit = Recorder::kCapacity)
{
	recorder.count = 0;
	recorder.limit = limit;
	return recorder;
}

// A command as the manual lays it out (4.4.1.1).
struct Said {
	u64 op, num, scale, vmid, asid, leaf, ttl, tg, address;

	explicit Said(const u64 (&w)[2])
		: op(w[0] & 0xff),
		  num(w[0] >> 12 & 31),
		  scale(w[0] >> 20 & 31),
		  vmid(w[0] >> 32 & 0xffff),
		  asid(w[0] >> 48),
		  leaf(w[1] & 1),
		  ttl(w[1] >> 8 & 3),
		  tg(w[1] >> 10 & 3),
		  address(w[1] & ~0xfffull)
	{
	}
	u64 bytes(u32 page_shift) const { return (num + 1) << scale << page_shift; }
};

void a_whole_address_space_is_one_command(test::Case& t)
{
	EXPECT_EQ(t, tlbi_all(kEl1Tag).words[0], 0x1234000000000011);
	EXPECT_EQ(t, tlbi_all(kEl2Tag).words[0], 0x1234000000000021);
	EXPECT_EQ(t, tlbi_all(kStage2Tag).words[0], 0x0000567800000028);
	for (const TlbTag& tag : {kEl1Tag, kEl2Tag, kStage2Tag})
		EXPECT_EQ(t, tlbi_all(tag).words[1], 0);
}

void one_page_without_ranges_is_spelt_as_the_manual_does(test::Case& t)
{
	const TlbRange range{0x0000'7fff'ffff'f000, 0x1000, Leaves(0x1000), 12, Levels::kLeaf};
	EXPECT(t, add_entries(fresh(), tlbi_by_address(kEl1Tag), range));
	ASSERT_EQ(t, recorder.count, 1);
	EXPECT_EQ(t, recorder.words[0][0], 0x1234000000000012);
	EXPECT_EQ(t, recorder.words[0][1], 0x00007ffffffff001);

	EXPECT(t, add_entries(fresh(), tlbi_by_address(kEl2Tag), range));
	EXPECT_EQ(t, recorder.words[0][0], 0x1234000000000022);
	EXPECT_EQ(t, recorder.words[0][1], 0x00007ffffffff001);

	const TlbRange tables{0x8000'0000, 0x1000, Leaves(0x1000), 12, Levels::kAll};
	EXPECT(t, add_entries(fresh(), tlbi_by_address(kStage2Tag), tables));
	EXPECT_EQ(t, recorder.words[0][0], 0x000056780000002a);
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000080000000);
}

void eight_pages_are_one_range(test::Case& t)
{
	const TlbRange range{0x10'0000, 0x8000, Leaves(0x1000), 12, Levels::kLeaf};
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kEl1Tag), range)));
	ASSERT_EQ(t, recorder.count, 1);
	EXPECT_EQ(t, recorder.words[0][0], 0x1234000000300012);  // NUM 0, SCALE 3
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000000100401);  // TG 4 KiB, Leaf

	const TlbRange block{0x4000'0000, 0x40'0000, Leaves(0x20'0000), 12, Levels::kLeaf};
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kStage2Tag), block)));
	ASSERT_EQ(t, recorder.count, 1);
	EXPECT_EQ(t, recorder.words[0][0], 0x0000567800a0002a);  // NUM 0, SCALE 10
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000040000401);  // TG 4 KiB, Leaf
}

// The level is that of every entry that the TLB may hold, so a page alone is a range, too.
void level_is_given_if_it_is_known(test::Case& t)
{
	const TlbRange page{0x10'0000, 0x1000, Leaves(0x1000, 3), 12, Levels::kLeaf};
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kEl1Tag), page)));
	ASSERT_EQ(t, recorder.count, 1);
	EXPECT_EQ(t, recorder.words[0][0], 0x1234000000000012);  // NUM 0, SCALE 0
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000000100701);  // TG 4 KiB, TTL 3, Leaf

	const TlbRange blocks{0x4000'0000, 0x60'0000, Leaves(0x20'0000, 2), 12, Levels::kLeaf};
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kStage2Tag), blocks)));
	ASSERT_EQ(t, recorder.count, 1);
	const Said said(recorder.words[0]);
	EXPECT_EQ(t, said.ttl, 2);
	EXPECT_EQ(t, said.tg, 1);
	EXPECT_EQ(t, said.bytes(12), 0x60'0000);

	// Without ranges there is no field for it.
	EXPECT(t, add_entries(fresh(), tlbi_by_address(kEl1Tag), page));
	ASSERT_EQ(t, recorder.count, 1);
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000000100001);  // Leaf
}

void size_and_level_share_a_word(test::Case& t)
{
	for (u64 size : {0x1000ull, 0x4000ull, 0x1'0000ull, 0x20'0000ull, 1ull << 42})
		for (u32 ttl = 0; ttl <= 3; ttl++) {
			const Leaves leaves = Leaves::from_word(Leaves(size, ttl).word());
			EXPECT_EQ(t, leaves.size(), size);
			EXPECT_EQ(t, leaves.ttl(), ttl);
		}
}

// The page may be a part of a block that was split: a level would be a promise that it was none.
void unknown_level_is_not_given_and_a_page_alone_is_no_range(test::Case& t)
{
	const TlbRange page{0x10'0000, 0x1000, Leaves(0x1000), 12, Levels::kLeaf};
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kEl1Tag), page)));
	ASSERT_EQ(t, recorder.count, 1);
	EXPECT_EQ(t, recorder.words[0][0], 0x1234000000000012);
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000000100001);  // Leaf

	const TlbRange pages{0x10'0000, 0x2'1000, Leaves(0x1000), 12, Levels::kLeaf};
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kEl1Tag), pages)));
	ASSERT_EQ(t, recorder.count, 2);
	EXPECT_EQ(t, recorder.words[0][1], 0x0000000000100001);  // Leaf
	EXPECT_EQ(t, recorder.words[1][0], 0x1234000000500012);  // NUM 0, SCALE 5
	EXPECT_EQ(t, recorder.words[1][1], 0x0000000000101401);  // TG 4 KiB, Leaf
}

void entries_cover_the_range_exactly(test::Case& t)
{
	for (u64 granule : {0x1000ull, 0x4000ull, 0x10000ull, 0x200000ull}) {
		for (u64 entries = 1; entries <= 512; entries += entries < 8 ? 1 : 63) {
			const TlbRange range{0xabcd'e000'0000, entries * granule, Leaves(granule),
					     12, Levels::kLeaf};
			EXPECT(t, add_entries(fresh(), tlbi_by_address(kEl1Tag), range));
			EXPECT_EQ(t, recorder.count, entries);
			for (u32 i = 0; i < recorder.count; i++) {
				const Said said(recorder.words[i]);
				EXPECT_EQ(t, said.address, 0xabcd'e000'0000 + i * granule);
				EXPECT_EQ(t, said.tg | said.ttl | said.num | said.scale, 0);
			}
		}
	}
}

// How the pieces must fit together; `extra` pages may be taken beyond the range.
void check_ranges(test::Case& t, const TlbRange& range, u64 tg, u64 extra)
{
	EXPECT(t, add_ranges(fresh(), RangeCommands(tlbi_by_address(kEl1Tag), range)));
	u64 next = range.iova;
	for (u32 i = 0; i < recorder.count; i++) {
		const Said said(recorder.words[i]);
		EXPECT_EQ(t, said.address, next);
		EXPECT_EQ(t, said.tg, said.num || said.scale ? tg : 0);  // otherwise CERROR_ILL
		EXPECT(t, said.tg || range.levels == Levels::kLeaf);
		EXPECT_EQ(t, said.ttl, 0);
		EXPECT_EQ(t, said.leaf, range.levels == Levels::kLeaf);
		next += said.bytes(range.page_shift);
	}
	EXPECT_EQ(t, next, range.iova + range.size + (extra << range.page_shift));
	EXPECT(t, recorder.count <= 4);
}

void ranges_cover_exactly_for_each_granule_and_leaf(test::Case& t)
{
	const struct {
		u32 page_shift, leaf_shift;
		u64 tg;
	} kinds[] = {
		{12, 12, 1}, {12, 21, 1}, {12, 30, 1}, {14, 14, 2},
		{14, 25, 2}, {16, 16, 3}, {16, 29, 3}, {16, 42, 3},
	};
	for (const auto& kind : kinds) {
		for (u64 leaves = 1; leaves <= 70; leaves++) {
			const u64 granule = 1ull << kind.leaf_shift;
			const TlbRange range{granule, leaves * granule, Leaves(granule),
					     kind.page_shift, Levels::kLeaf};
			check_ranges(t, range, kind.tg, 0);
		}
	}
}

void above_the_leaves_an_odd_page_is_never_alone(test::Case& t)
{
	for (u32 page_shift : {12u, 14u, 16u}) {
		for (u64 pages = 1; pages <= 4096; pages++) {
			const u64 granule = 1ull << page_shift;
			const TlbRange range{granule * 3, pages * granule, Leaves(granule),
					     page_shift, Levels::kAll};
			check_ranges(t, range, (page_shift - 10) / 2, pages % 32 == 1 ? 1 : 0);
		}
	}
}

void too_big_is_as_many_entries_as_one_table_has(test::Case& t)
{
	const struct {
		u32 page_shift;
		u64 entries;
	} tables[] = {{12, 512}, {14, 2048}, {16, 8192}};
	for (const auto& table : tables) {
		const u64 page = 1ull << table.page_shift;
		EXPECT(t, !too_big_for_entries({0, (table.entries - 1) * page, Leaves(page),
						table.page_shift, Levels::kLeaf}));
		EXPECT(t, too_big_for_entries({0, table.entries * page, Leaves(page),
					       table.page_shift, Levels::kLeaf}));
	}
	// Blocks count as one entry each.
	EXPECT(t, !too_big_for_entries({0, 511ull << 21, Leaves(1u << 21), 12, Levels::kLeaf}));
	EXPECT(t, too_big_for_entries({0, 512ull << 21, Leaves(1u << 21), 12, Levels::kLeaf}));
}

void a_batch_that_fails_ends_it_with_its_error(test::Case& t)
{
	const TlbRange range{0, 3 * 0x1000, Leaves(0x1000), 12, Levels::kLeaf};
	const auto entries = add_entries(fresh(2), tlbi_by_address(kEl1Tag), range);
	ASSERT(t, !entries);
	EXPECT(t, entries.error() == core::Errno::kTimedOut);
	EXPECT_EQ(t, recorder.count, 2);

	const auto ranges = add_ranges(fresh(0), RangeCommands(tlbi_by_address(kEl1Tag), range));
	ASSERT(t, !ranges);
	EXPECT(t, ranges.error() == core::Errno::kTimedOut);
}

}  // namespace

TEST_SUITE(tlb, TEST_CASE(a_whole_address_space_is_one_command),
	   TEST_CASE(one_page_without_ranges_is_spelt_as_the_manual_does),
	   TEST_CASE(eight_pages_are_one_range), TEST_CASE(level_is_given_if_it_is_known),
	   TEST_CASE(size_and_level_share_a_word),
	   TEST_CASE(unknown_level_is_not_given_and_a_page_alone_is_no_range),
	   TEST_CASE(entries_cover_the_range_exactly),
	   TEST_CASE(ranges_cover_exactly_for_each_granule_and_leaf),
	   TEST_CASE(above_the_leaves_an_odd_page_is_never_alone),
	   TEST_CASE(too_big_is_as_many_entries_as_one_table_has),
	   TEST_CASE(a_batch_that_fails_ends_it_with_its_error));
