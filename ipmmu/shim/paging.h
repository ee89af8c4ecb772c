/* SPDX-License-Identifier: GPL-2.0-only */
/* A paging domain, as domain.c, pgtable.c and report.c see it. */
#ifndef IPMMU_SHIM_PAGING_H
#define IPMMU_SHIM_PAGING_H

#include <linux/io-pgtable.h>

#include "shim/faults.h"
#include "shim.h"

/**
 * struct ipmmu_paging - a paging domain
 * @domain: the domain of the IOMMU core
 * @table: its page table; NULL until the IPMMU is known
 * @limit: the first input address beyond @table; 0 while there is none
 * @core: its core object; NULL until the IPMMU is known, and again when it is being destroyed
 * @walker: the device that reads @table, with a reference: it may be unbound earlier
 * @lock: serialises the creation of @core
 * @faults: its pending faults
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
