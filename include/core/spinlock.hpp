// SPDX-License-Identifier: GPL-2.0-only
// A spinlock for short sections, held with interrupts off, in any context.
#pragma once

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "core/irq_section.hpp"
#include "core/thread_safety.hpp"

namespace core {

class CAPABILITY("spinlock") SpinLock {
public:
	// Holds the lock for its lifetime.  Interrupts must be off.
	class SCOPED_CAPABILITY Held {
	public:
		explicit Held(SpinLock& lock) ACQUIRE(lock)
			: lock_(lock)
		{
			while (!lock_.try_lock())
				cpu_relax();
		}
		~Held() RELEASE() { lock_.unlock(); }
		Held(const Held&) = delete;
		Held& operator=(const Held&) = delete;

	private:
		SpinLock& lock_;
	};

	// Disables interrupts and holds the lock for its lifetime.
	class SCOPED_CAPABILITY Guard {
	public:
		explicit Guard(SpinLock& lock) ACQUIRE(lock)
			: held_(lock)
		{
		}
		~Guard() RELEASE() = default;
		Guard(const Guard&) = delete;
		Guard& operator=(const Guard&) = delete;

	private:
		IrqSection section_;
		Held held_;
	};

	// ORDER: fully ordered, after the accesses of the last holder; pairs with unlock().  An
	// attempt that fails writes, too, and the unlock of the holder comes after that write
	// (ordering.rst, claim 23).
	bool try_lock() TRY_ACQUIRE(true) { return !held_.fetch_or(1); }
	void unlock() RELEASE() { held_.store_release(0); }

private:
	Atomic<u32> held_;
};

}  // namespace core
