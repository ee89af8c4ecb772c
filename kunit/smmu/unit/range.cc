// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/range.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

// Split `pages` as an invalidation does.  The number of pieces, or 0 when they don't add up.
u32 pieces_of(u64 pages)
{
	u32 pieces = 0;
	u64 covered = 0;
	for (u64 left = pages; left; pieces++) {
		const RangePiece piece = next_piece(left);
		// What the command can say: NUM and SCALE of five bits each.
		if (piece.num > 31 || piece.scale > 31)
			return 0;
		const u64 here = (u64{piece.num} + 1) << piece.scale;
		if (here > left || here != piece.pages())
			return 0;
		covered += here;
		left -= here;
	}
	return covered == pages ? pieces : 0;
}

void pieces_cover_exactly_and_are_at_most_four_below_a_million_pages(test::Case& t)
{
	u32 most = 0;
	for (u64 pages = 1; pages < 1u << 20; pages++) {
		const u32 pieces = pieces_of(pages);
		if (!pieces || pieces > 4)
			EXPECT_EQ(t, pages, 0);
		most = pieces > most ? pieces : most;
	}
	EXPECT_EQ(t, most, 4);
}

void pieces_cover_exactly_beyond_a_million_pages(test::Case& t)
{
	for (u64 pages = (1u << 20) - 64; pages <= (1u << 20) + 64; pages++) {
		const u32 pieces = pieces_of(pages);
		EXPECT(t, pieces >= 1 && pieces <= (pages < 1u << 20 ? 4u : 5u));
	}
	for (u32 shift = 0; shift <= 36; shift++)
		EXPECT_EQ(t, pieces_of(1ull << shift), 1);
	for (u64 pages :
	     {0xfffffffffull, 0x800000001ull, 0x842108421ull, 0x100000000ull, 0x300000000ull})
		EXPECT(t, pieces_of(pages) >= 1 && pieces_of(pages) <= 8);
}

// 52-bit addresses have 2^40 pages of 4K.
void pieces_cover_every_address_space(test::Case& t)
{
	for (u32 shift = 37; shift <= 40; shift++) {
		EXPECT_EQ(t, pieces_of(1ull << shift), 1u << (shift - 36));
		EXPECT(t, pieces_of((1ull << shift) - 1) > 0);
		EXPECT(t, pieces_of((1ull << shift) - (1ull << 31)) > 0);
	}
}

void pieces_begin_with_the_smallest(test::Case& t)
{
	const RangePiece first = next_piece(0b1'01101'000000);  // 13 << 6, then 1 << 11
	EXPECT_EQ(t, first.scale, 6);
	EXPECT_EQ(t, first.num, 12);
	EXPECT_EQ(t, next_piece(1).num, 0);
	EXPECT_EQ(t, next_piece(1).scale, 0);
	EXPECT_EQ(t, next_piece(31).num, 30);
	EXPECT_EQ(t, next_piece(512).num, 0);
	EXPECT_EQ(t, next_piece(512).scale, 9);
	EXPECT_EQ(t, next_piece(33).num, 0);
	EXPECT_EQ(t, next_piece(33).scale, 0);
}

void scale_stays_within_its_five_bits(test::Case& t)
{
	for (u64 pages = 1ull << 31; pages < 1ull << 36; pages <<= 1) {
		const RangePiece piece = next_piece(pages);
		EXPECT_EQ(t, piece.scale, 31);
		EXPECT_EQ(t, (u64{piece.num} + 1) << 31, pages);
	}
}

void granules_have_the_manuals_codes(test::Case& t)
{
	EXPECT_EQ(t, translation_granule(12), 1);
	EXPECT_EQ(t, translation_granule(14), 2);
	EXPECT_EQ(t, translation_granule(16), 3);
}

}  // namespace

TEST_SUITE(range, TEST_CASE(pieces_cover_exactly_and_are_at_most_four_below_a_million_pages),
	   TEST_CASE(pieces_cover_exactly_beyond_a_million_pages),
	   TEST_CASE(pieces_cover_every_address_space), TEST_CASE(pieces_begin_with_the_smallest),
	   TEST_CASE(scale_stays_within_its_five_bits), TEST_CASE(granules_have_the_manuals_codes));
