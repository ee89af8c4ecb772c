/* SPDX-License-Identifier: GPL-2.0-only */
/* A function with ATS: client A, behind a root complex that supports it. */
#ifndef KUNIT_LINUX_SMMU_ATS_FUNCTION_H
#define KUNIT_LINUX_SMMU_ATS_FUNCTION_H

#include "kunit/linux/smmu/bench.h"

/* The function, and what the driver has done to it. */
extern struct ats_function {
	bool supported;		/* has the capability */
	bool b_too;		/* so has client B, whose ATC is always empty */
	bool required;		/* does not work without ATS */
	bool declared;		/* its root complex supports ATS, says firmware */
	int error;		/* of enabling it */
	int stu;
	u32 enables, disables;
	void (*wakes)(void);	/* in runtime_resume */
} ats_function;

/* A bench, with power domains if asked for.  False: stop.  A function that requires ATS has PASIDs, too. */
bool ats_start(struct bench *bench, struct test_run *t, bool power_domain);
/* The same as @board starts it, with a value of the parameter smmuv3.ats. */
bool ats_start_by(struct bench *bench, struct test_run *t, const char *parameter,
		  bool (*board)(struct test_run *t));
bool ats_start_with_pasids(struct bench *bench, struct test_run *t);
bool ats_start_required(struct bench *bench, struct test_run *t);
void ats_stop(struct test_run *t);

/* Attach the function, and map the bench's page at IOVA. */
bool ats_attach(struct bench *bench);

/* What a translation request for IOVA gives. */
bool ats_uses_the_page(struct bench *bench);
bool ats_is_refused(void);

#endif
