// SPDX-License-Identifier: GPL-2.0-only
// The clock, real or moved by hand.
#include <atomic>
#include <chrono>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

namespace {

constexpr u64 kLookNs = 100;

std::atomic<bool> fake{false};
std::atomic<u64> fake_ns{0};

u64 real_ns()
{
	const auto now = std::chrono::steady_clock::now().time_since_epoch();
	return static_cast<u64>(std::chrono::nanoseconds(now).count());
}

}  // namespace

void host::reset_clock()
{
	fake = false;
}

void test_clock_fake(bool on)
{
	fake_ns = real_ns();
	fake = on;
}

void test_clock_advance(u64 ns)
{
	fake_ns += ns;
}

u64 os_now_ns()
{
	return fake ? fake_ns += kLookNs : real_ns();
}

void os_udelay(u32 us)
{
	if (us > 1000)
		host::die("os_udelay(%u): 1000 is the most", us);
	if (fake) {
		fake_ns += u64{us} * 1000;
		return;
	}
	for (const u64 end = real_ns() + u64{us} * 1000; real_ns() < end;) {
	}
}
