// SPDX-License-Identifier: GPL-2.0-only
// Dumps of contexts and page tables.
#include <bit>

#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

constexpr u64 k4K = 0x1000, k2M = 0x20'0000;

void each_stage(const auto& test)
{
	for (u32 stage : {IPMMU_STAGE_1, IPMMU_STAGE_2})
		test(stage);
}

ipmmu_context_use use_of(IpmmuBoard& b, u32 context)
{
	ipmmu_context_use use;
	ipmmu_core_read_context(b.units[0].core, context, &use);
	return use;
}

u32 end_of_contexts(IpmmuBoard& b)
{
	const ipmmu_info* info = ipmmu_core_info(b.units[0].core);
	return info->first_context + info->contexts;
}

// The contexts that domain `n` uses.
u32 contexts_of(IpmmuBoard& b, u32 n)
{
	u32 bits = 0;
	for (u32 context = 0; context < end_of_contexts(b); context++)
		if (use_of(b, context).domain == b.spaces[n].domain)
			bits |= 1u << context;
	return bits;
}

void a_context_shows_its_domain_and_devices(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	const u32 bits = contexts_of(b, 0);
	ASSERT(t, std::has_single_bit(bits));
	const u32 context = static_cast<u32>(std::countr_zero(bits));
	EXPECT(t, use_of(b, context).taken);
	EXPECT_EQ(t, use_of(b, context).devices, 1u);
	EXPECT_EQ(t, use_of(b, context).table_bytes, b.table_bytes(0));
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT_EQ(t, use_of(b, context).devices, 0u);
	u32 blocked = 0;
	for (u32 n = 0; n < end_of_contexts(b); n++)
		blocked += use_of(b, n).taken && !use_of(b, n).domain && use_of(b, n).devices == 1;
	EXPECT_EQ(t, blocked, 1u);
	b.destroy_domain(0);
	EXPECT(t, !use_of(b, context).taken);
}

void the_ranges_are_those_of_the_domain(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start_attached(b, IPMMU_R8A77965, stage));
		EXPECT_EQ(t, b.map_pages(0, kIova + k4K, kPa + k4K, k4K, 2), 0);
		ipmmu_core* root = b.units[0].core;
		ipmmu_domain* domain = b.spaces[0].domain;
		const u32 context = static_cast<u32>(std::countr_zero(contexts_of(b, 0)));
		u64 iova = 0;
		os_range range{};
		const auto scan = [&](u32 of, ipmmu_domain* wanted) {
			range = {};
			return ipmmu_core_scan_context(root, of, wanted, &iova, &range);
		};
		EXPECT_EQ(t, scan(context, nullptr), OS_SCAN_END);
		EXPECT_EQ(t, scan(context + 1, domain), OS_SCAN_END);
		EXPECT_EQ(t, scan(context, domain), OS_SCAN_RANGE);
		EXPECT(t, range.iova == kIova && range.pa == kPa && range.bytes == 3 * k4K);
		EXPECT_EQ(t, scan(context, domain), OS_SCAN_END);
	});
}

void a_walk_ends_at_the_entry_that_maps_nothing(test::Case& t)
{
	each_stage([&](u32 stage) {
		IpmmuBoard b(t);
		ASSERT(t, start_attached(b, IPMMU_R8A77965, stage));
		ipmmu_domain* domain = b.spaces[0].domain;
		os_walk walk;
		ipmmu_core_trace_walk(domain, kIova, &walk);
		EXPECT(t, walk.first_level == 1 && walk.count == 3);
		EXPECT_EQ(t, walk.descriptors[2] & 0xff'ffff'f000, kPa);
		ipmmu_core_trace_walk(domain, kIova + k2M, &walk);
		EXPECT(t, walk.count == 2 && !walk.descriptors[1]);
	});
}

// No register is read, which the model would report.
void a_suspended_ipmmu_is_shown(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT(t, b.suspend_all());
	const u32 context = static_cast<u32>(std::countr_zero(contexts_of(b, 0)));
	u64 iova = 0;
	os_range range{};
	EXPECT_EQ(t,
		  ipmmu_core_scan_context(b.units[0].core, context, b.spaces[0].domain, &iova,
					  &range),
		  OS_SCAN_RANGE);
	EXPECT(t, range.iova == kIova && range.pa == kPa);
	ASSERT(t, b.resume_all());
}

}  // namespace

TEST_SUITE(ipmmu_inspect, TEST_CASE(a_context_shows_its_domain_and_devices),
	   TEST_CASE(the_ranges_are_those_of_the_domain),
	   TEST_CASE(a_walk_ends_at_the_entry_that_maps_nothing),
	   TEST_CASE(a_suspended_ipmmu_is_shown));
