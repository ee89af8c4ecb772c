/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of kunit/user, which is a part of this kernel: run as a process of its own. */
#ifndef KUNIT_LINUX_SMMU_PROGRAM_H
#define KUNIT_LINUX_SMMU_PROGRAM_H

#include <linux/types.h>

/*
 * Run the program's case @name, with character device @accelerator, and wait for its end: 0 if it has passed, its wait
 * status or an errno.
 */
int program_run(const char *name, dev_t accelerator);

#endif
