// SPDX-License-Identifier: GPL-2.0-only
// A lock that is held is not taken again.
// error: acquiring spinlock 'lock' that is already held
#include "core/spinlock.hpp"

void take_twice(core::SpinLock& lock)
{
	const core::SpinLock::Guard outer(lock);
	const core::SpinLock::Held inner(lock);
}
