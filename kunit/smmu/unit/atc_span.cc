// SPDX-License-Identifier: GPL-2.0-only
// CMD_ATC_INV and its span, by the manual's words (4.5.1).
#include "arm-smmu-v3/atc_span.hpp"

#include "kunit/smmu/fixture/words.hpp"

namespace {

using namespace smmu3;

bool covers(const AtcSpan& span, u64 first, u64 last)
{
	const u64 bytes = u64{4096} << span.size;
	return span.address <= first && last - span.address < bytes;
}

// Whether a span of half the size, aligned to it, covers the range.
bool half_is_enough(const AtcSpan& span, u64 first, u64 last)
{
	if (!span.size)
		return false;
	const u64 half = u64{4096} << (span.size - 1);
	return first / half == last / half;
}

void check_span(test::Case& t, u64 first, u64 last)
{
	const AtcSpan span = atc_span(first, last);
	if (!covers(span, first, last) || half_is_enough(span, first, last) ||
	    span.address % (u64{4096} << span.size))
		EXPECT_EQ(t, first, last);  // names the range
}

// Every range of up to 128 pages, at low addresses and across the middle of a large space.
void span_is_the_smallest_aligned_one_for_every_range(test::Case& t)
{
	for (u64 base : {u64{0}, (u64{1} << 47) - 64 * 4096})
		for (u64 from = 0; from < 128; from++)
			for (u64 to = from; to < 128; to++)
				check_span(t, base + from * 4096, base + to * 4096 + 4095);
}

void span_of_each_single_power_of_two_is_exact(test::Case& t)
{
	for (u32 size = 0; size < 51; size++) {
		const u64 bytes = u64{4096} << size;
		const AtcSpan span = atc_span(bytes, 2 * bytes - 1);
		EXPECT_EQ(t, span.address, bytes);
		EXPECT_EQ(t, span.size, size);
	}
}

// Bytes within a page do not matter, and 52 means everything.
void span_ends_are_pages(test::Case& t)
{
	EXPECT_EQ(t, atc_span(0x1fff, 0x1fff).size, 0u);
	EXPECT_EQ(t, atc_span(0x1fff, 0x1fff).address, 0x1000);
	EXPECT_EQ(t, atc_span(0x1fff, 0x2000).size, 2u);
	EXPECT_EQ(t, atc_span(0x1fff, 0x2000).address, 0);
	EXPECT_EQ(t, atc_span(0, ~u64{0}).size, 52u);
	EXPECT_EQ(t, atc_span(0, ~u64{0}).address, 0);
}

void command_names_stream_substream_and_span(test::Case& t)
{
	const Command one = in_span(atc_inv(Sid(0x12345678), Ssid(0xabcde)), {0xabcd'e000, 1});
	EXPECT_EQ(t, one.words[0], 0x12345678'abcde840);
	EXPECT_EQ(t, one.words[1], 0xabcde001);
	const Command all = in_span(atc_inv(Sid(5), {}), kWholeAtc);
	EXPECT_EQ(t, all.words[0], 0x00000005'00000040);
	EXPECT_EQ(t, all.words[1], 52u);
}

}  // namespace

TEST_SUITE(atc_span, TEST_CASE(span_is_the_smallest_aligned_one_for_every_range),
	   TEST_CASE(span_of_each_single_power_of_two_is_exact), TEST_CASE(span_ends_are_pages),
	   TEST_CASE(command_names_stream_substream_and_span));
