// SPDX-License-Identifier: GPL-2.0-only
// A lock for a few instructions, taken with interrupts off: registers written in pairs, in any context.
#pragma once

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "os/os.h"

namespace core {

class SpinLock {
public:
	// Held while it lives.
	class Guard {
	public:
		explicit Guard(SpinLock& lock)
			: lock_(lock),
			  flags_(os_irq_save())
		{
			while (!lock_.try_lock())
				cpu_relax();
		}
		~Guard()
		{
			lock_.unlock();
			os_irq_restore(flags_);
		}
		Guard(const Guard&) = delete;
		Guard& operator=(const Guard&) = delete;

	private:
		SpinLock& lock_;
		unsigned long flags_;
	};

	// ORDER: fetch_or() is fully ordered, so what the last holder did comes before; pairs with unlock().  It
	// writes when it fails, too, and the holder's unlock comes after that (ordering.rst, claim 23).
	bool try_lock() { return !held_.fetch_or(1); }
	void unlock() { held_.store_release(0); }

private:
	Atomic<u32> held_;
};

}  // namespace core
