/* SPDX-License-Identifier: GPL-2.0-only */
/* Only the types that libc++ names even without a clock. */
#ifndef CXX_TIME_H
#define CXX_TIME_H

#include <stddef.h>

typedef long clock_t;
typedef long time_t;

struct timespec {
	time_t	tv_sec;
	long	tv_nsec;
};

struct tm;

#endif
