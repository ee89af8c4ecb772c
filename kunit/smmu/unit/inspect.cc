// SPDX-License-Identifier: GPL-2.0-only
// Dumps of streams and page tables.
#include "arm-smmu-v3/core.h"

#include "arm-smmu-v3/domain.hpp"
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"

using test::Board;
using test::Case;
using test::Device;
using test::Space;

namespace {

constexpr u32 kSid = 7, kOther = 0x1234;
constexpr u64 kPage = 4096, kBlock = 2 << 20, kIova = 0x12'3000, kPa = 0x7654'3000;

smmu_stream read(const Device& device, u32 sid, const Space* space = nullptr)
{
	smmu_stream stream;
	smmu_core_read_stream(device.master, sid, space ? space->domain : nullptr, &stream);
	return stream;
}

bool is(const char* name, const char* expected)
{
	return __builtin_strcmp(name, expected) == 0;
}

void a_stream_is_shown_as_it_is_attached(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {kSid, kOther});
	EXPECT(t, is(read(device, kSid).config, "abort"));
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT(t, is(read(device, kOther).config, "bypass"));
	EXPECT(t, !read(device, kSid).has_cd && !read(device, kSid).tag_name);
	EXPECT_EQ(t, device.attach(space), 0);
	for (u32 sid : {kSid, kOther}) {
		EXPECT(t, !read(device, sid).has_cd);
		const smmu_stream stream = read(device, sid, &space);
		EXPECT(t, is(stream.config, "stage 1") && stream.has_cd);
		EXPECT(t, is(stream.tag_name, "ASID"));
		EXPECT_EQ(t, stream.ttb, space.table().ttb);
		EXPECT_EQ(t, stream.input_bits, 64u - space.table().tsz);
		EXPECT_EQ(t, stream.tag, stream.cd[0] >> 48);
		EXPECT_EQ(t, stream.ste[0] & 0xf, 0xbu);
	}
	EXPECT_EQ(t, device.attach_blocked(), 0);
	EXPECT(t, is(read(device, kSid, &space).config, "abort"));
	EXPECT(t, !read(device, kSid, &space).has_cd);
}

void a_stage_2_stream_has_a_vmid_and_no_cd(Case& t)
{
	Board board(t);
	board.up();
	Space space(board, SMMU_STAGE_2);
	Device device(board, {kSid});
	EXPECT_EQ(t, device.attach(space), 0);
	const smmu_stream stream = read(device, kSid, &space);
	EXPECT(t, is(stream.config, "stage 2") && !stream.has_cd);
	EXPECT(t, is(stream.tag_name, "VMID"));
	EXPECT_EQ(t, stream.ttb, space.table().ttb);
	EXPECT_EQ(t, stream.tag, stream.ste[2] & 0xffff);
	EXPECT(t, stream.tag != 0);
}

void what_is_mapped_is_shown_as_ranges(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	EXPECT(t, space.map(kBlock - kPage, kBlock - kPage, kPage));
	EXPECT(t, space.map(kBlock, kBlock, kBlock));
	EXPECT(t, space.map(8 * kBlock, kPa, kPage));
	u64 iova = 0;
	os_range range{};
	EXPECT_EQ(t, smmu_core_scan_range(space.domain, &iova, &range), OS_SCAN_RANGE);
	EXPECT(t, range.iova == kBlock - kPage && range.bytes == kBlock + kPage);
	EXPECT_EQ(t, range.prot, 3u);
	range = {};
	EXPECT_EQ(t, smmu_core_scan_range(space.domain, &iova, &range), OS_SCAN_RANGE);
	EXPECT(t, range.iova == 8 * kBlock && range.pa == kPa && range.bytes == kPage);
	range = {};
	EXPECT_EQ(t, smmu_core_scan_range(space.domain, &iova, &range), OS_SCAN_END);
	EXPECT_EQ(t, smmu_core_domain_table_bytes(space.domain),
		  smmu3::Domain::from(space.domain).memory().bytes());
}

void a_walk_ends_at_the_entry_that_maps_nothing(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	EXPECT(t, space.map(kIova, kPa, kPage));
	os_walk walk;
	smmu_core_trace_walk(space.domain, kIova, &walk);
	EXPECT_EQ(t, walk.first_level + static_cast<s32>(walk.count) - 1, 3);
	EXPECT_EQ(t, walk.descriptors[walk.count - 1] & 0xffff'ffff'f000, kPa);
	smmu_core_trace_walk(space.domain, kIova + kPage, &walk);
	EXPECT_EQ(t, walk.first_level + static_cast<s32>(walk.count) - 1, 3);
	EXPECT_EQ(t, walk.descriptors[walk.count - 1], 0u);
	smmu_core_trace_walk(space.domain, kIova + kBlock, &walk);
	EXPECT_EQ(t, walk.first_level + static_cast<s32>(walk.count) - 1, 2);
	EXPECT_EQ(t, walk.descriptors[walk.count - 1], 0u);
}

// The tables are in memory: no register is read, which the model would report.
void a_suspended_smmu_is_shown(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {kSid});
	EXPECT_EQ(t, device.attach(space), 0);
	EXPECT(t, space.map(kIova, kPa, kPage));
	EXPECT_EQ(t, smmu_core_suspend(board.core), 0);
	board.smmu.power_off();
	EXPECT(t, read(device, kSid, &space).has_cd);
	u64 iova = 0;
	os_range range{};
	EXPECT_EQ(t, smmu_core_scan_range(space.domain, &iova, &range), OS_SCAN_RANGE);
	os_walk walk;
	smmu_core_trace_walk(space.domain, kIova, &walk);
	EXPECT_EQ(t, walk.count, 4u);
	board.smmu.power_on();
	EXPECT_EQ(t, smmu_core_resume(board.core), 0);
}

}  // namespace

TEST_SUITE(inspect, TEST_CASE(a_stream_is_shown_as_it_is_attached),
	   TEST_CASE(a_stage_2_stream_has_a_vmid_and_no_cd),
	   TEST_CASE(what_is_mapped_is_shown_as_ranges),
	   TEST_CASE(a_walk_ends_at_the_entry_that_maps_nothing),
	   TEST_CASE(a_suspended_smmu_is_shown));
