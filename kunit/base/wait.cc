// SPDX-License-Identifier: GPL-2.0-only
// Bounded waits, on a clock moved by hand.
#include "core/wait.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using core::kNsPerMs;
using core::kNsPerUs;
using core::poll_until;

void what_is_done_already_is_looked_at_once(test::Case& t)
{
	test_clock_fake(true);
	const u64 start = os_now_ns();
	u32 looks = 0;
	EXPECT(t, poll_until([&] { return ++looks > 0; }, 0));
	EXPECT_EQ(t, looks, 1);
	EXPECT(t, os_now_ns() - start < kNsPerUs);
}

void what_comes_in_a_few_looks_costs_no_clock(test::Case& t)
{
	test_clock_fake(true);
	const u64 start = os_now_ns();
	u32 looks = 0;
	EXPECT(t, poll_until([&] { return ++looks == 16; }, kNsPerMs));
	EXPECT_EQ(t, os_now_ns() - start, 100);  // this look's
}

void what_comes_in_time_is_waited_for(test::Case& t)
{
	test_clock_fake(true);
	const u64 due = os_now_ns() + 900 * kNsPerMs;
	EXPECT(t, poll_until([&] { return os_now_ns() >= due; }, 1000 * kNsPerMs));
	EXPECT(t, os_now_ns() < due + kNsPerMs);
}

void what_never_comes_ends_in_time(test::Case& t)
{
	for (u64 timeout : {u64{0}, kNsPerUs, 100 * kNsPerUs, 1000 * kNsPerMs}) {
		test_clock_fake(true);
		const u64 start = os_now_ns();
		const auto waited = poll_until([] { return false; }, timeout);
		const u64 passed = os_now_ns() - start;
		ASSERT(t, !waited);
		EXPECT(t, waited.error() == core::Errno::kTimedOut);
		EXPECT(t, passed >= timeout);
		EXPECT(t, passed <= timeout + 100 * kNsPerUs);
	}
}

// A waiter that was kept off its CPU: the deadline is long over, and so is what it waited for.
void the_last_look_comes_after_the_deadline(test::Case& t)
{
	test_clock_fake(true);
	u32 looks = 0;
	const auto waited = poll_until(
		[&] {
			if (++looks == 17)
				test_clock_advance(5000 * kNsPerMs);
			return looks == 18;
		},
		kNsPerMs);
	EXPECT(t, waited);
	EXPECT_EQ(t, looks, 18);
}

void pauses_grow_but_stay_short(test::Case& t)
{
	test_clock_fake(true);
	u64 before = 0, longest = 0;
	const auto waited = poll_until(
		[&] {
			const u64 now = os_now_ns();
			if (before && now - before > longest)
				longest = now - before;
			before = now;
			return false;
		},
		10 * kNsPerMs);
	EXPECT(t, !waited);
	EXPECT(t, longest >= 64 * kNsPerUs && longest < 65 * kNsPerUs);
}

}  // namespace

TEST_SUITE(wait, TEST_CASE(what_is_done_already_is_looked_at_once),
	   TEST_CASE(what_comes_in_a_few_looks_costs_no_clock),
	   TEST_CASE(what_comes_in_time_is_waited_for), TEST_CASE(what_never_comes_ends_in_time),
	   TEST_CASE(the_last_look_comes_after_the_deadline),
	   TEST_CASE(pauses_grow_but_stay_short));
