// SPDX-License-Identifier: GPL-2.0-only
// Page requests in raw doublewords (IHI 0070 8).
#include "arm-smmu-v3/page_request.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

smmu_page_request decode(u64 low, u64 high)
{
	PageRequest request;
	request.words = {low, high};
	return decode_page_request(request);
}

u32 flags_of(u64 low)
{
	const smmu_page_request r = decode(low, 0);
	return u32{r.privileged} | u32{r.execute} << 1 | u32{r.read} << 2 | u32{r.write} << 3 |
	       u32{r.last} << 4 | u32{r.has_ssid} << 5;
}

void flags_are_bits_58_to_63(test::Case& t)
{
	for (u32 bit = 0; bit < 6; bit++) {
		EXPECT_EQ(t, flags_of(1ull << (58 + bit)), 1u << bit);
		EXPECT_EQ(t, flags_of(~(1ull << (58 + bit))), 0x3fu & ~(1u << bit));
	}
	EXPECT_EQ(t, flags_of(0x03ffffffffffffff), 0);
}

void stream_substream_group_and_address_lie_apart(test::Case& t)
{
	const smmu_page_request stream = decode(0x00000000ffffffff, 0);
	EXPECT_EQ(t, stream.sid, 0xffffffff);
	EXPECT_EQ(t, stream.ssid, 0);

	const smmu_page_request substream = decode(0x000fffff00000000, 0);
	EXPECT_EQ(t, substream.sid, 0);
	EXPECT_EQ(t, substream.ssid, 0xfffff);
	EXPECT_EQ(t, decode(0x03f0000000000000, 0).ssid, 0);

	const smmu_page_request page = decode(0, 0xfedcba9876543fff);
	EXPECT_EQ(t, page.address, 0xfedcba9876543000);
	EXPECT_EQ(t, page.group, 0x1ff);
	EXPECT_EQ(t, decode(0, 0xe00).group, 0);
	EXPECT_EQ(t, decode(0, 0xe00).address, 0);
}

}  // namespace

TEST_SUITE(page_request, TEST_CASE(flags_are_bits_58_to_63),
	   TEST_CASE(stream_substream_group_and_address_lie_apart));
