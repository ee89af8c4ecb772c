// SPDX-License-Identifier: GPL-2.0-only
// A lock that was tried is released on every path.
// error: spinlock 'lock' is not held on every path
#include "core/spinlock.hpp"

void service();

void keep(core::SpinLock& lock, bool in_a_hurry)
{
	if (!lock.try_lock())
		return;
	service();
	if (in_a_hurry)
		return;
	lock.unlock();
}
