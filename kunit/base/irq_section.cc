// SPDX-License-Identifier: GPL-2.0-only
#include "core/irq_section.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using core::IrqSection;

void interrupts_stay_off_until_the_outer_section_ends(test::Case& t)
{
	{
		const IrqSection outer;
		{
			const IrqSection inner;
			EXPECT(t, !test_preemptible());
		}
		EXPECT(t, !test_preemptible());
	}
	EXPECT(t, test_preemptible());
}

void a_section_goes_on_after_a_breath(test::Case& t)
{
	{
		IrqSection section;
		section.breathe();
		EXPECT(t, !test_preemptible());
		section.breathe();
		EXPECT(t, !test_preemptible());
	}
	EXPECT(t, test_preemptible());
}

}  // namespace

TEST_SUITE(irq_section, TEST_CASE(interrupts_stay_off_until_the_outer_section_ends),
	   TEST_CASE(a_section_goes_on_after_a_breath));
