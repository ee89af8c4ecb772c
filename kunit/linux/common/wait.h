/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts come with the timer tick, and threads run after that: wait for two seconds at most. */
#ifndef KUNIT_LINUX_COMMON_WAIT_H
#define KUNIT_LINUX_COMMON_WAIT_H

#include <linux/types.h>

/* Whether @done() is true in time. */
bool wait_for(bool (*done)(void));

/* Whether @count lines with @text are in the log in time. */
bool wait_for_log(const char *text, u32 count);

#endif
