// SPDX-License-Identifier: GPL-2.0-only
// Faults, from the registers of a context to the shim's report.
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

void the_fault_of_a_shared_context_has_no_client(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, 4), 0);
	ASSERT_EQ(t, b.attach(1, 0), 0);
	EXPECT(t, b.faults(1, 4, 0x9000));
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, !b.reports.last_client);
	EXPECT_EQ(t, b.reports.last_fault.masters, 2);
}

void a_fault_handler_may_unmap(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.reports.on_fault = [](void* ctx) { static_cast<IpmmuBoard*>(ctx)->unmap(0, kIova); };
	b.reports.ctx = &b;
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	EXPECT(t, b.faults(1, 3, 0x9000));
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, b.faults(1, 3, kIova));
}

void every_kind_of_fault_is_decoded(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.units[0].model.inject_fault(1, 0x10, 0x1000);
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core) && b.reports.last_fault.multiple_hits);
	b.units[0].model.inject_fault(1, 0x04, 0x1000);
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core) && b.reports.last_fault.walk_abort);
	b.units[0].model.inject_fault(1, 0x02, 0x1000);
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core) && b.reports.last_fault.permission);
	b.units[0].model.inject_fault(1, 0x08, 0x1000);
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
	EXPECT_EQ(t, b.reports.faults, 3);
}

}  // namespace

TEST_SUITE(ipmmu_faults, TEST_CASE(the_fault_of_a_shared_context_has_no_client),
	   TEST_CASE(a_fault_handler_may_unmap), TEST_CASE(every_kind_of_fault_is_decoded));
