/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the IPMMU driver share. */
#ifndef KUNIT_LINUX_IPMMU_BENCH_H
#define KUNIT_LINUX_IPMMU_BENCH_H

#include <linux/iommu.h>
#include <linux/sizes.h>

#include "kunit/linux/common/expect.h"
#include "kunit/linux/common/parameter.h"
#include "kunit/linux/common/wait.h"
#include "kunit/linux/ipmmu/board.h"

/* A page's, and the micro-TLBs that ipmmu.dtso gives the clients. */
#define IOVA		0x12340000UL
#define UTLB_A		3
#define UTLB_B		4
#define UTLB_BD		47
#define UTLB_C		9

struct ipmmu_space {
	struct iommu_domain *domain;
	struct iommu_group *group;
	struct page *page;
};

/* The board with its clients probed; ipmmu_stop() in any case. */
bool ipmmu_start(struct test_run *t);
void ipmmu_stop(struct test_run *t);

/* An address space of its own for a client's group; and a page, to be mapped. */
bool ipmmu_attach(struct test_run *t, struct ipmmu_space *space, enum ipmmu_client_name which);
void ipmmu_detach(struct ipmmu_space *space);
int ipmmu_map(struct ipmmu_space *space, unsigned long iova, size_t size);

/* What a device on a micro-TLB gets: the page, a fault, memory without translation. */
bool ipmmu_reads(u32 unit, u32 utlb, u64 iova, struct ipmmu_space *space);
bool ipmmu_faults(u32 unit, u32 utlb, u64 iova);
bool ipmmu_bypassed(u32 unit, u32 utlb);

/* wait_for() this. */
bool ipmmu_root_is_off(void);
bool ipmmu_leaf2_is_off(void);

/* All of them, and wait until the root has no power; wake them. */
void ipmmu_clients_sleep(void);
void ipmmu_clients_wake(struct test_run *t);

#endif
