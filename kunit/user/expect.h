/* SPDX-License-Identifier: GPL-2.0-only */
/* Expectations of the program; those that fail are in the kernel's log. */
#ifndef KUNIT_USER_EXPECT_H
#define KUNIT_USER_EXPECT_H

#include "kunit/user/sys.h"

extern int failures;	/* of this process; each process exits with 1 if it has any */

void fail(const char *file, int line, const char *what, long left, long right);

#define EXPECT(holds)                                                         \
	({                                                                    \
		int holds_ = !!(holds);                                       \
		if (!holds_)                                                  \
			fail(__FILE__, __LINE__, #holds, 0, 1);               \
		holds_;                                                       \
	})

#define EXPECT_EQ(left, right)                                                       \
	({                                                                           \
		long left_ = (long)(left), right_ = (long)(right);                   \
		if (left_ != right_)                                                 \
			fail(__FILE__, __LINE__, #left " == " #right, left_, right_); \
		left_ == right_;                                                     \
	})

#endif
