/* SPDX-License-Identifier: GPL-2.0-only */
/* A function with ATS and PRI: client A.  Its PRI may be that of another function, of which it is a VF. */
#ifndef KUNIT_LINUX_SMMU_PRI_FUNCTION_H
#define KUNIT_LINUX_SMMU_PRI_FUNCTION_H

#include "kunit/linux/smmu/ats_function.h"

/* The PF of client A: itself, client B, or a device that is not behind the SMMU. */
enum pri_pf { PRI_PF_A, PRI_PF_B, PRI_PF_STRANGER, PRI_PFS };

/* The function, and what the driver has done to it. */
extern struct pri_function {
	enum pri_pf pf;
	u32 capacity;
	bool gone;		/* reads give all ones */
	u32 late;		/* how often its status is read before it has the last response; -1 for ever */
	bool stuck;		/* a reset does not end its wait for responses */
	u32 credits;		/* granted last */
	u32 enables, disables;
	u32 forgotten;		/* resets while it waited for responses */
} pri_function;

/* Whether the PCI core takes the PRI of client A, or of its PF, for enabled. */
bool pri_is_noted(void);

/* A bench as by ats_start_by(), of which client A has PRI, possibly that of its PF.  False: ats_stop(). */
bool pri_start_as_vf(struct bench *bench, struct test_run *t, enum pri_pf pf,
		     bool (*board)(struct test_run *t));
bool pri_start(struct bench *bench, struct test_run *t, bool (*board)(struct test_run *t));

#endif
