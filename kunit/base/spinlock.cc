// SPDX-License-Identifier: GPL-2.0-only
#include "core/spinlock.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

// Tries what is held.
NO_THREAD_SAFETY_ANALYSIS void a_spinlock_has_one_holder(test::Case& t)
{
	core::SpinLock lock;
	{
		const core::SpinLock::Guard guard(lock);
		EXPECT(t, !lock.try_lock());
	}
	EXPECT(t, lock.try_lock());
	EXPECT(t, !lock.try_lock());
	lock.unlock();
	EXPECT(t, lock.try_lock());
}

void interrupts_are_off_while_a_guard_lives(test::Case& t)
{
	core::SpinLock lock;
	{
		const core::SpinLock::Guard guard(lock);
		EXPECT(t, !test_preemptible());
	}
	EXPECT(t, test_preemptible());
}

}  // namespace

TEST_SUITE(spinlock, TEST_CASE(a_spinlock_has_one_holder),
	   TEST_CASE(interrupts_are_off_while_a_guard_lives));
