/* SPDX-License-Identifier: GPL-2.0-only */
/* A function with ATS and PRI: client A. */
#ifndef KUNIT_LINUX_SMMU_PRI_FUNCTION_H
#define KUNIT_LINUX_SMMU_PRI_FUNCTION_H

#include "kunit/linux/smmu/ats_function.h"

/* The function, and what the driver has done to it. */
extern struct pri_function {
	struct device *(*pf)(void);	/* of a VF, or NULL */
	u32 capacity;
	int error;		/* of enabling it */
	u32 credits;		/* granted last */
	u32 enables, disables;
	struct device *enabled;	/* whose capability was written last */
} pri_function;

/* A bench as by ats_start_by(), of which client A has PRI.  False: ats_stop(). */
bool pri_start(struct bench *bench, struct test_run *t, bool (*board)(struct test_run *t));

#endif
