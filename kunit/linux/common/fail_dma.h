/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains and mappings of either driver when memory runs out, at each allocation in turn. */
#ifndef KUNIT_LINUX_COMMON_FAIL_DMA_H
#define KUNIT_LINUX_COMMON_FAIL_DMA_H

#include "kunit/linux/common/fail_nth.h"

/**
 * struct fail_view - a device whose domain changes, as its DMA sees it
 * @iommu: what has its domains: the SMMU, or the root of its IPMMU
 * @client: the device; its default domain is the identity
 * @attach_allocs: the least allocations of an attach of a domain that has a page table
 * @reaches: whether what it does at @iova arrives at @pa
 * @stops: whether what it does at @iova is stopped
 * @others_work: whether a device that is not concerned goes on with its identity
 */
struct fail_view {
	struct device *iommu;
	struct device *client;
	u32 attach_allocs;
	bool (*reaches)(u64 iova, u64 pa);
	bool (*stops)(u64 iova);
	bool (*others_work)(void);
};

/* Making a domain; attaching one. */
void fail_attaching(struct test_run *t, const struct fail_view *view);

/* Attaching another one, while one is in use. */
void fail_replacing(struct test_run *t, const struct fail_view *view);

/* A page; pages of four tables. */
void fail_mapping(struct test_run *t, const struct fail_view *view);

/* Unmapping a part of a block. */
void fail_unmapping(struct test_run *t, const struct fail_view *view);

#endif
