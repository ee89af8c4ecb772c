/* SPDX-License-Identifier: GPL-2.0-only */
/* What a test suite is, to the runner (the host's or KUnit's); suites are written in C++ over test.hpp. */
#ifndef KUNIT_TEST_H
#define KUNIT_TEST_H

#include "os/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A running case.  The runner owns it; @failures counts what test_fail() was told. */
struct test_run {
	void	*runner;
	u32	failures;
};

struct test_case {
	const char *name;
	void (*run)(struct test_run *run);
};

struct test_suite {
	const char *name;
	const struct test_case *cases;
	size_t count;
};

/* Record a failed expectation; the case goes on. */
void test_fail(struct test_run *run, const char *file, int line, const char *what, u64 left,
	       u64 right);

#ifdef __cplusplus
}
#endif

#endif
