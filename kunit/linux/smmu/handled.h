/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain of client A with a handler of page faults, which keeps them as iommufd does; a test answers them. */
#ifndef KUNIT_LINUX_SMMU_HANDLED_H
#define KUNIT_LINUX_SMMU_HANDLED_H

#include "kunit/linux/common/compat_domains.h"
#include "kunit/linux/smmu/bench.h"

/* Faults without an answer, as the SMMU has no larger STALL_MAX. */
#define UNANSWERED_MAX	64
#define KEPT_MAX	(UNANSWERED_MAX + 2)

/* What the handler has kept since kept_forget(), and what it returns instead of keeping. */
extern struct kept_faults {
	struct iopf_group *groups[KEPT_MAX];
	u32 number;
	int refusal;
} kept;

void kept_forget(void);
int kept_keep(struct iopf_group *group);
bool kept_come(u32 number);
void kept_answer(u32 which, enum iommu_page_response_code code);

/* The domain, and the handles by which the IOMMU core finds it. */
struct handled {
	struct bench bench;
	struct iommu_attach_handle handle, pasid_handle;
	u16 stag;	/* of the last stall, if a test makes one */
};

/* With a page, and not attached. */
bool handled_make(struct handled *handled);
void handled_free(struct handled *handled);

/* Attached, and its faults are reported. */
bool handled_enter(struct handled *handled);
void handled_leave(struct handled *handled);

#endif
