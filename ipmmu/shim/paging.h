/* SPDX-License-Identifier: GPL-2.0-only */
/* A paging domain, as domain.c, pgtable.c and report.c see it. */
#ifndef IPMMU_SHIM_PAGING_H
#define IPMMU_SHIM_PAGING_H

#include <linux/io-pgtable.h>

#include "shim/faults.h"
#include "shim.h"

/**
 * struct ipmmu_paging - an address space
 * @domain: what the IOMMU core sees
 * @table: its page table; NULL until the IPMMU is known
 * @limit: the first input address beyond @table; 0 while there is none
 * @core: the core's half; NULL until the IPMMU is known, and again when it is being destroyed
 * @walker: the device that reads @table, with a reference: it may be unbound earlier
 * @lock: serialises the making of @core
 * @faults: those that wait for the owner's fault handler
 */
struct ipmmu_paging {
	struct iommu_domain	domain;
	struct io_pgtable_ops	*table;
	u64			limit;
	struct ipmmu_domain	*core;
	struct device		*walker;
	struct mutex		lock;	/* @core is made once */
	struct shim_faults	faults;
};

static inline struct ipmmu_paging *to_ipmmu_paging(struct iommu_domain *domain)
{
	return container_of(domain, struct ipmmu_paging, domain);
}

#endif
