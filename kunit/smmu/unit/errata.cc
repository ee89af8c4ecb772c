// SPDX-License-Identifier: GPL-2.0-only
// Each erratum on both sides of its boundaries, by raw IIDR: ProductID, Variant, Revision, Implementer.
#include "arm-smmu-v3/features.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

Features after(u32 iidr)
{
	Features features{};
	features.sev = true;
	apply_errata(IIDR::from_raw(iidr), features);
	return features;
}

void mmu_600_has_no_event_on_sync_up_to_r0p2(test::Case& t)
{
	EXPECT(t, !after(0x4830043b).sev);  // r0p0
	EXPECT(t, !after(0x4830143b).sev);  // r0p1
	EXPECT(t, !after(0x4830243b).sev);  // r0p2
	EXPECT(t, after(0x4830343b).sev);   // r0p3
	EXPECT(t, after(0x4831043b).sev);   // r1p0
	EXPECT(t, after(0x4831243b).sev);   // r1p2
	EXPECT(t, after(0x4832043b).sev);   // r2p0
}

void mmu_700_needs_syncs_before_r1p1(test::Case& t)
{
	for (u32 iidr : {0x4870043bu, 0x4870143bu, 0x4870f43bu, 0x4871043bu}) {
		EXPECT(t, after(iidr).sync_before_full_batch);
		EXPECT(t, after(iidr).sev);
	}
	for (u32 iidr : {0x4871143bu, 0x4871243bu, 0x4872043bu}) {
		EXPECT(t, !after(iidr).sync_before_full_batch);
	}
}

void other_products_and_makers_are_left_alone(test::Case& t)
{
	for (u32 iidr : {0x0u, 0xffffffffu, 0x4810043bu, 0x4850043bu, 0x4840043bu, 0x4880043bu,
			 0x48300000u, 0x4830043au, 0x4870036bu, 0x48700c3bu}) {
		EXPECT(t, after(iidr).sev);
		EXPECT(t, !after(iidr).sync_before_full_batch);
	}
}

void mmu_600_batches_need_no_syncs(test::Case& t)
{
	EXPECT(t, !after(0x4830043b).sync_before_full_batch);
}

}  // namespace

TEST_SUITE(errata, TEST_CASE(mmu_600_has_no_event_on_sync_up_to_r0p2),
	   TEST_CASE(mmu_700_needs_syncs_before_r1p1),
	   TEST_CASE(other_products_and_makers_are_left_alone),
	   TEST_CASE(mmu_600_batches_need_no_syncs));
