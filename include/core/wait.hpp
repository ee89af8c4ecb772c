// SPDX-License-Identifier: GPL-2.0-only
// Waiting, always with a bound.
#pragma once

#include "core/barrier.hpp"
#include "core/result.hpp"
#include "os/os.h"

namespace core {

constexpr u64 kNsPerUs = 1000;
constexpr u64 kNsPerMs = 1000 * kNsPerUs;

// Call `done` until it is true or `timeout_ns` have passed; the last look comes after the deadline, so
// a caller that was preempted does not time out on something that happened.  Busy: for microseconds
// to a second, in any context.
template <typename Done>
Result<> poll_until(Done done, u64 timeout_ns)
{
	// Most waits end in a few looks; the clock is read only for the others.
	for (int spin = 0; spin < 16; spin++) {
		if (done())
			return {};
		cpu_relax();
	}

	const u64 deadline = os_now_ns() + timeout_ns;
	for (u32 pause_us = 1;; pause_us = pause_us < 64 ? pause_us * 2 : 64) {
		const bool last_look = os_now_ns() >= deadline;
		if (done())
			return {};
		if (last_look)
			return error(Errno::kTimedOut);
		os_udelay(pause_us);
	}
}

}  // namespace core
