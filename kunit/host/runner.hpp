// SPDX-License-Identifier: GPL-2.0-only
// Running cases in processes of their own: a case that crashes or hangs is a failed case and no more.
#pragma once

#include <vector>

#include "kunit/base/test.h"

namespace host {

struct Totals {
	u32 passed = 0, failed = 0;
};

// Some cases of a suite.
struct Selected {
	const test_suite* suite;
	std::vector<const test_case*> cases;
};

// One after the other.
Totals run_suite(const Selected& some);

// `jobs` at a time, each with its output in one piece.
Totals run_suites(const std::vector<Selected>& all, unsigned jobs);

}  // namespace host
