/* SPDX-License-Identifier: GPL-2.0-only */
/* Expectations of tests in C; test.hpp has those of C++. */
#ifndef KUNIT_LINUX_COMMON_EXPECT_H
#define KUNIT_LINUX_COMMON_EXPECT_H

#include "kunit/base/test.h"	/* <kunit/test.h> is the kernel's */

#define EXPECT(t, holds)                                                             \
	({                                                                           \
		bool holds_ = (holds);                                               \
		if (!holds_)                                                         \
			test_fail(t, __FILE__, __LINE__, #holds, 0, 1);              \
		holds_;                                                              \
	})

#define EXPECT_EQ(t, left, right)                                                    \
	({                                                                           \
		u64 left_ = (left), right_ = (right);                                \
		if (left_ != right_)                                                 \
			test_fail(t, __FILE__, __LINE__, #left " == " #right, left_, \
				  right_);                                           \
		left_ == right_;                                                     \
	})

#define TEST_CASE(function) { #function, function }
#define TEST_SUITE(suite, ...)                                                       \
	extern const struct test_suite suite##_suite;                                \
	static const struct test_case suite##_cases[] = { __VA_ARGS__ };             \
	const struct test_suite suite##_suite = { #suite, suite##_cases,             \
						  ARRAY_SIZE(suite##_cases) }

#endif
