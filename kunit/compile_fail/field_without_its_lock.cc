// SPDX-License-Identifier: GPL-2.0-only
// A field is used by the holder of its lock.
// error: writing variable 'count' requires holding spinlock 'counter.lock'
#include "core/spinlock.hpp"

struct Counter {
	core::SpinLock lock;
	u32 count GUARDED_BY(lock) = 0;
};

void count(Counter& counter)
{
	counter.count++;
}
