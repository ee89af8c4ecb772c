/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process without the kernel's part of SVA: a page table as arm64 writes it, four levels of 4K, with one page.  The
 * driver finds it by kunit/linux/smmu/process.h.
 */
#ifndef KUNIT_LINUX_SMMU_USER_PROCESS_H
#define KUNIT_LINUX_SMMU_USER_PROCESS_H

#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/process.h"
#include "arm-smmu-v3/core.h"

#define USER_PROCESS_VA		0x123456789000UL
#define USER_PROCESS_LEVELS	4

extern struct user_process {
	struct mm_struct *mm;
	struct page *tables[USER_PROCESS_LEVELS];	/* from the first to the last */
	struct page *page;		/* at USER_PROCESS_VA */
	struct mmu_notifier *notifier;
	bool put;			/* the notifier, which may still be called */
	struct smmu_process_tables use;
	int refusal;			/* of a notifier */
	bool exits;			/* in the next attach */
	bool exited_in_attach, exits_later;
} user_process;

/* With the page mapped; false after a failed expectation.  After the last board that knows it: destroy. */
bool user_process_make(struct test_run *t);
void user_process_destroy(void);

/* The descriptor of the page, or of the table for it at a smaller @level. */
u64 *user_process_entry(u32 level);
void user_process_map(void);
/* As the kernel does it: the notifier is called. */
void user_process_unmap(void);
/* The call of the notifier for @bytes from the page on. */
void user_process_invalidate(size_t bytes);

void user_process_exit(void);
/* What SRCU calls after a grace period. */
void user_process_end_notifier(void);

/* What iommu_sva_bind_device() allocates for client A. */
struct iommu_domain *user_process_domain(void);

#endif
