// SPDX-License-Identifier: GPL-2.0-only
// A domain: what it translates, and how long it lives.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

void translates_stage1(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT(t, b.map(0, 0xfffff000, kPa + 0x1000, false));
	EXPECT(t, b.reads(1, 3, kIova + 0x123, kPa + 0x123));
	EXPECT(t, b.write(1, 3, kIova).ok());
	EXPECT(t, b.reads(1, 3, 0xfffff000, kPa + 0x1000));
	EXPECT(t, !b.write(1, 3, 0xfffff000).ok());
	EXPECT(t, b.faults(1, 3, 0x1'0001'0000));
}

void translates_stage2_with_40_bits(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b, IPMMU_R8A77965, IPMMU_STAGE_2));
	EXPECT_EQ(t, ipmmu_core_info(b.units[0].core)->ias, 40);
	ASSERT(t, b.map(0, 0xff'ffff'f000, 0x7'0000'0000));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	EXPECT(t, b.reads(1, 3, 0xff'ffff'ffff, 0x7'0000'0fff));
	EXPECT(t, b.faults(1, 3, 0x80'0000'0000));
	EXPECT(t, b.faults(1, 3, 0x100'0001'0000));
}

void unmapped_is_forgotten(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	// Without a flush the old translation stays in force: the model is worth asking.
	ASSERT(t, b.unmap_pages(0, kIova, 4096, 1));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	ipmmu_core_flush(b.spaces[0].domain);
	EXPECT(t, b.faults(1, 3, kIova));
}

void leaves_share_a_context(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7796, 2));
	ASSERT_EQ(t, b.create_domain(0, 1), 0);
	for (u32 leaf : {1, 2}) {
		ASSERT_EQ(t, b.add_master(leaf, leaf, 9), 0);
		ASSERT_EQ(t, b.attach(leaf, 0), 0);
	}
	ASSERT(t, b.map(0, kIova, kPa));
	EXPECT(t, b.reads(1, 9, kIova, kPa) && b.reads(2, 9, kIova, kPa));
	b.unmap(0, kIova);
	EXPECT(t, b.faults(1, 9, kIova) && b.faults(2, 9, kIova));
	EXPECT_EQ(t, b.attach_identity(1), 0);
	EXPECT(t, is_bypassed(b, 1, 9));
	EXPECT(t, b.faults(2, 9, kIova));
}

void a_domain_outlives_its_root(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.remove_master(0);
	b.unbind(1);
	b.unbind(0);
	b.clear_trace();
	ipmmu_core_flush(b.spaces[0].domain);
	b.destroy_domain(0);
	EXPECT_EQ(t, b.trace.writes, 0);
}

void a_domain_without_memory_says_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	test_fail_alloc(1);
	EXPECT_EQ(t, b.create_domain(0), kNoMemory);
	EXPECT_EQ(t, test_log_count("failed to allocate a domain"), 0);
	for (u32 n = 0; n < 6; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	EXPECT_EQ(t, b.create_domain(7), kNoSpace);
	EXPECT_EQ(t, test_log_count("failed to allocate a domain"), 1);
}

}  // namespace

TEST_SUITE(ipmmu_domain, TEST_CASE(translates_stage1), TEST_CASE(translates_stage2_with_40_bits),
	   TEST_CASE(unmapped_is_forgotten), TEST_CASE(leaves_share_a_context),
	   TEST_CASE(a_domain_outlives_its_root), TEST_CASE(a_domain_without_memory_says_nothing));
