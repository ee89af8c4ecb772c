/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver's tests begin and end with. */
#ifndef KUNIT_LINUX_SMMU_BENCH_H
#define KUNIT_LINUX_SMMU_BENCH_H

#include <linux/iommu.h>
#include <linux/sizes.h>

#include "kunit/linux/common/expect.h"
#include "kunit/linux/common/parameter.h"
#include "kunit/linux/common/uml.h"
#include "kunit/linux/common/wait.h"
#include "kunit/linux/smmu/board.h"
#include "kunit/linux/smmu/model.h"

/* Architected numbers (IHI 0070, chapters 4, 6 and 7), apart from the driver's. */
#define CR0			0x20
#define CR0_SMMUEN		BIT(0)
#define GBPA			0x44
#define GBPA_ABORT		BIT(20)
#define IDR0_S1P		BIT(1)
#define IDR0_S2P		BIT(0)
#define IDR0_COHACC		BIT(4)
#define IDR0_HYP		BIT(9)
#define IDR0_MSI		BIT(13)
#define IDR0_ST_LEVEL		GENMASK(28, 27)
#define IDR0_STALL_MODEL	GENMASK(25, 24)
#define IDR1_SIDSIZE		GENMASK(5, 0)
#define F_TRANSLATION		0x10
#define F_PERMISSION		0x13
#define CERROR_ILL		1
#define OP_TLBI_NH_VA		0x12
#define OP_TLBI_S2_IPA		0x2a
#define OP_PRI_RESP		0x41

/* An input address that is no memory's. */
#define IOVA			0x7654340000UL

/* A client in a paging domain, and a page to map. */
struct bench {
	struct test_run *t;
	struct device *client;
	struct iommu_domain *domain;
	struct page *page;
};

/* The board with the SMMU as the model makes it; false after a failed expectation. */
bool bench_start(struct test_run *t);

/* The same with an SMMU whose CMDQ_CONS is polled, so that smmu_model_break() moves the clock. */
bool bench_start_polled(struct test_run *t);

/* The same with the SMMU in a power domain that takes its power. */
bool bench_start_in_domain(struct test_run *t);

/* The same with PASIDs of client A, five bits. */
bool bench_start_with_pasids(struct test_run *t);

/* The board after smmu_model_create() and board_create(). */
bool bench_populate(struct test_run *t);

/* The end of it, with no rule of the architecture broken. */
void bench_stop(struct test_run *t);

bool bench_attach(struct bench *bench, enum board_client which);
void bench_detach(struct bench *bench);

/* Map the first @size bytes behind the page, which must be of that size if it is to be used. */
int bench_map(struct bench *bench, unsigned long iova, size_t size, int prot);

/*
 * One round of what the PM core does for suspend-to-RAM: @asleep when every device is suspended, @waking
 * after the noirq phase of resume; either may be NULL.  An errno when suspend was given up.
 */
int bench_sleep(struct test_run *t, void (*asleep)(struct test_run *t),
		void (*waking)(struct test_run *t));

/* The same for suspend-to-idle. */
int bench_sleep_to_idle(struct test_run *t, void (*asleep)(struct test_run *t));

/* Whether the first SMMU has no power. */
bool bench_is_off(void);

/* Clients A and B, of the first SMMU, sleep; they sleep, and it is off; they wake up. */
void bench_put_clients(void);
bool bench_suspend_clients(struct test_run *t);
void bench_resume_clients(struct test_run *t);

/* Faults are reported when the driver's worker has seen that the IOMMU core has the handle of the attach. */
void bench_await_reports(void);

/* What a device gets at @iova: what is at @pa; nothing. */
bool bench_reaches(u32 sid, u64 iova, u64 pa);
bool bench_aborts(u32 sid, u64 iova);

#endif
