/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SVA without the kernel's part of it: what the driver asks about processes is asked of user_process.c, whose process
 * has a page table of the architecture.  Its notifier is called by the tests.
 */
#ifndef KUNIT_LINUX_SMMU_PROCESS_H
#define KUNIT_LINUX_SMMU_PROCESS_H

#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>

/* The driver's process.h, which this comes before. */
#define ARM_SMMU_V3_SHIM_PROCESS_H

#define SMMU_KERNEL_HAS_SVA	1
#define SMMU_OPS_SVA		.domain_alloc_sva = smmu_sva_alloc,

struct smmu_process_tables;
bool smmu_describe_processes(struct smmu_process_tables *tables);
u64 smmu_process_pgd(struct mm_struct *mm);

void smmu_sva_flush(void);

int test_notifier_register(struct mmu_notifier *notifier, struct mm_struct *mm);
void test_notifier_put(struct mmu_notifier *notifier);
bool test_mmget_not_zero(struct mm_struct *mm);
void test_mmput(struct mm_struct *mm);
void test_mmput_async(struct mm_struct *mm);
#define mmu_notifier_register	test_notifier_register
#define mmu_notifier_put	test_notifier_put
#define mmget_not_zero		test_mmget_not_zero
#define mmput			test_mmput
#define mmput_async		test_mmput_async

#endif
