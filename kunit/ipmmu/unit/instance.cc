// SPDX-License-Identifier: GPL-2.0-only
// Probe and remove of one IPMMU, root or leaf, and what is refused there.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

void an_unknown_soc_is_refused(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_NR_SOCS, 0);
	EXPECT_EQ(t, b.probe(0), kNoDevice);
	EXPECT_EQ(t, test_log_count("unknown SoC"), 1);
	EXPECT_EQ(t, b.trace.writes, 0);
}

void too_few_registers_are_refused(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_RCAR_GEN4, 0);
	ipmmu_platform platform{};
	platform.base = b.units[0].base;
	platform.size = 0x1000;
	platform.soc = IPMMU_RCAR_GEN4;
	EXPECT_EQ(t, ipmmu_core_create(test_device(), &platform, &b.units[0].core), kInvalid);
	EXPECT_EQ(t, test_log_count("too small"), 1);
}

void a_leaf_needs_a_root_with_power(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	b.place(1, IPMMU_R8A7795, 0);
	ASSERT_EQ(t, b.probe(0), 0);
	ASSERT_EQ(t, b.suspend(0), 0);
	EXPECT_EQ(t, b.probe(1), kBusy);
	ASSERT_EQ(t, b.resume(0), 0);
	EXPECT_EQ(t, b.probe(1), 0);
	// A leaf is no root, and Gen2 has neither.
	b.place(2, IPMMU_R8A7795, 1);
	EXPECT_EQ(t, b.probe(2), kInvalid);
	b.place(3, IPMMU_VMSA, 0);
	EXPECT_EQ(t, b.probe(3), kInvalid);
}

void units_may_be_bound_again(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.remove_master(0);
	b.unbind(1);
	ASSERT_EQ(t, b.probe(1), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 3), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
}

// Every step that allocates, once for each allocation that fails.
int everything(IpmmuBoard& b)
{
	b.place(0, IPMMU_R8A7795, 0);
	b.place(1, IPMMU_R8A7795, 0);
	for (u32 n = 0; n < 2; n++)
		if (const int ret = b.probe(n))
			return ret;
	if (const int ret = b.create_domain(0))
		return ret;
	if (const int ret = b.add_master(0, 1, 3))
		return ret;
	return b.attach(0, 0);
}

void every_allocation_may_fail(test::Case& t)
{
	u32 nth = 1;
	for (;; nth++) {
		IpmmuBoard b(t);
		test_fail_alloc(nth);
		const int ret = everything(b);
		if (!test_alloc_failed()) {
			EXPECT_EQ(t, ret, 0);
			break;
		}
		EXPECT_EQ(t, ret, kNoMemory);
	}
	test_fail_alloc(0);
	EXPECT(t, nth > 8);
}

}  // namespace

TEST_SUITE(ipmmu_instance, TEST_CASE(an_unknown_soc_is_refused),
	   TEST_CASE(too_few_registers_are_refused), TEST_CASE(a_leaf_needs_a_root_with_power),
	   TEST_CASE(units_may_be_bound_again), TEST_CASE(every_allocation_may_fail));
