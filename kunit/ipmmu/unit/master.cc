// SPDX-License-Identifier: GPL-2.0-only
// Which device is attached to what: micro-TLBs, groups that share them, identity, blocking.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

// In the words of the kernel's own driver.
void an_attached_device_names_its_context(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	for (u32 n = 0; n < 3; n++)
		ASSERT_EQ(t, b.add_master(n, 1, n), 0);
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	for (u32 n = 0; n < 3; n++)
		ASSERT_EQ(t, b.attach(n, n / 2), 0);
	EXPECT_EQ(t, test_log_count("Using IPMMU context 1"), 1);
	EXPECT_EQ(t, test_log_count("Reusing IPMMU context 1"), 1);
	EXPECT_EQ(t, test_log_count("Using IPMMU context 2"), 1);
}

void a_shared_utlb_stays_on_until_its_last_device_goes(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, 3), 0);
	EXPECT(t, ipmmu_core_masters_share(b.masters[1], b.masters[0]));
	// Another group, the same domain: both keep their translations.
	ASSERT_EQ(t, b.attach(1, 0), 0);
	EXPECT_EQ(t, b.attach_identity(0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	b.remove_master(0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	b.remove_master(1);
	EXPECT(t, is_bypassed(b, 1, 3));
}

void devices_on_other_utlbs_share_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, std::array<u32, 2>{2, 4}), 0);
	EXPECT(t, !ipmmu_core_masters_share(b.masters[0], b.masters[1]));
	ASSERT_EQ(t, b.add_master(2, 1, std::array<u32, 2>{5, 4}), 0);
	EXPECT(t, ipmmu_core_masters_share(b.masters[2], b.masters[1]));
	EXPECT(t, !ipmmu_core_masters_share(b.masters[2], b.masters[0]));
}

void devices_behind_other_leaves_share_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 2));
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.add_master(n, 1 + n, 3), 0);
	EXPECT(t, !ipmmu_core_masters_share(b.masters[0], b.masters[1]));
}

void a_utlb_of_another_group_is_refused(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	const std::array<u32, 2> utlbs{8, 3};
	ASSERT_EQ(t, b.add_master(1, 1, utlbs), 0);
	ASSERT_EQ(t, b.create_domain(1), 0);
	EXPECT_EQ(t, b.attach(1, 1), kBusy);
	EXPECT_EQ(t, b.attach_blocked(1), kBusy);
	EXPECT_EQ(t, test_log_count("another group uses the same micro-TLB"), 2);
	// Nothing has changed, not even for the micro-TLB that was free.
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	EXPECT(t, is_bypassed(b, 1, 8));
	EXPECT_EQ(t, b.attach_identity(0), 0);
	EXPECT_EQ(t, b.attach(1, 1), 0);
}

void a_group_moves_together(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	const char group = 0;
	for (u32 n = 0; n < 2; n++) {
		ASSERT_EQ(t, b.create_domain(n), 0);
		ASSERT(t, b.map(n, kIova, kPa + n * 0x1000));
		ASSERT_EQ(t, b.add_master(n, 1, 3), 0);
	}
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.attach(n, 0, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	// The first that moves takes the micro-TLB along, the second finds it there.
	ASSERT_EQ(t, b.attach(0, 1, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	ASSERT_EQ(t, b.attach(1, 1, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	// The last that wants no translation turns it off.
	ASSERT_EQ(t, b.attach_identity(0, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	ASSERT_EQ(t, b.attach_identity(1, &group), 0);
	EXPECT(t, is_bypassed(b, 1, 3));
}

void blocked_devices_reach_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT(t, b.faults(1, 3, kIova));
	EXPECT(t, b.faults(1, 3, 0));
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, !b.reports.last_shim && b.reports.last_client == b.master_device(0));
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	// The context of blocked devices is free again.
	for (u32 n = 1; n < 6; n++)
		EXPECT_EQ(t, b.create_domain(n), 0);
}

void stage2_blocks_too(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b, IPMMU_RCAR_GEN4, IPMMU_STAGE_2));
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT(t, b.faults(1, 3, kIova));
	EXPECT(t, b.faults(1, 3, 0x80'0000'0000));
}

void a_utlb_that_does_not_exist_is_refused(test::Case& t)
{
	constexpr struct {
		u32 soc, utlbs;
	} kSocs[] = {{IPMMU_VMSA, 32}, {IPMMU_R8A774E1, 48}, {IPMMU_R8A779A0, 64}};
	for (const auto& soc : kSocs) {
		IpmmuBoard b(t);
		ASSERT(t, b.start(soc.soc, soc.soc == IPMMU_VMSA ? 0 : 1));
		const u32 unit = b.placed - 1;
		EXPECT_EQ(t, b.add_master(0, unit, soc.utlbs), kInvalid);
		EXPECT_EQ(t, b.add_master(0, unit, 0xffffffff), kInvalid);
		EXPECT_EQ(t, test_log_count("is out of range"), 2);
		EXPECT_EQ(t, b.add_master(0, unit, soc.utlbs - 1), 0);
		test_log_clear();
	}
}

void a_domain_of_another_root_is_refused(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_VMSA, 0);
	b.place(1, IPMMU_VMSA, 1);
	ASSERT_EQ(t, b.probe(0), 0);
	ASSERT_EQ(t, b.probe(1), 0);
	ASSERT_EQ(t, b.create_domain(0, 0), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 1), 0);
	EXPECT_EQ(t, b.attach(0, 0), kInvalid);
	EXPECT(t, is_bypassed(b, 1, 1));
}

// The context of a Gen2 stays on after the last device has left it: it is the root's own.
void a_gen2_translates_again_after_its_last_detach(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.add_master(0, 0, 3), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT(t, b.map(0, kIova, kPa));
	for (u32 round = 0; round < 2; round++) {
		ASSERT_EQ(t, b.attach(0, 0), 0);
		EXPECT(t, b.reads(0, 3, kIova, kPa));
		ASSERT_EQ(t, b.attach_identity(0), 0);
		EXPECT(t, is_bypassed(b, 0, 3));
	}
}

}  // namespace

TEST_SUITE(ipmmu_master, TEST_CASE(an_attached_device_names_its_context),
	   TEST_CASE(a_shared_utlb_stays_on_until_its_last_device_goes),
	   TEST_CASE(devices_on_other_utlbs_share_nothing),
	   TEST_CASE(devices_behind_other_leaves_share_nothing),
	   TEST_CASE(a_utlb_of_another_group_is_refused), TEST_CASE(a_group_moves_together),
	   TEST_CASE(blocked_devices_reach_nothing), TEST_CASE(stage2_blocks_too),
	   TEST_CASE(a_utlb_that_does_not_exist_is_refused),
	   TEST_CASE(a_domain_of_another_root_is_refused),
	   TEST_CASE(a_gen2_translates_again_after_its_last_detach));
