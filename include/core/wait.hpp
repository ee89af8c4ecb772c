// SPDX-License-Identifier: GPL-2.0-only
// Waiting with a timeout.
#pragma once

#include "core/barrier.hpp"
#include "core/result.hpp"
#include "os/os.h"

namespace core {

constexpr u64 kNsPerUs = 1000;
constexpr u64 kNsPerMs = 1000 * kNsPerUs;

// Calls `done` until it returns true or `timeout_ns` have passed.  The last call is after the
// deadline, so that a caller that was preempted does not time out wrongly.  Busy-waits, for
// microseconds to a second.  Any context.
template <typename Done>
Result<> poll_until(Done done, u64 timeout_ns)
{
	// Most waits end within a few calls, before the clock is read.
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
