// SPDX-License-Identifier: GPL-2.0-only
// A lock for a few instructions, taken with interrupts off: registers written in pairs, in any context.
#pragma once

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "core/irq_section.hpp"
#include "core/thread_safety.hpp"

namespace core {

class CAPABILITY("spinlock") SpinLock {
public:
	// Held while it lives, by whoever has turned interrupts off.
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

	// Interrupts off, and held, while it lives.
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

	// ORDER: fetch_or() is fully ordered, so what the last holder did comes before; pairs with unlock().  It
	// writes when it fails, too, and the holder's unlock comes after that (ordering.rst, claim 23).
	bool try_lock() TRY_ACQUIRE(true) { return !held_.fetch_or(1); }
	void unlock() RELEASE() { held_.store_release(0); }

private:
	Atomic<u32> held_;
};

}  // namespace core
