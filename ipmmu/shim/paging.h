/* SPDX-License-Identifier: GPL-2.0-only */
/* A paging domain, as domain.c and report.c see it. */
#ifndef IPMMU_SHIM_PAGING_H
#define IPMMU_SHIM_PAGING_H

#include "shim/faults.h"
#include "shim.h"

/**
 * struct ipmmu_paging - a paging domain
 * @domain: the domain of the IOMMU core
 * @core: its core object, with the page table; NULL until the IPMMU is known, and again when it is being destroyed
 * @root: the root that reads the page table, with a reference: it may be unbound earlier; NULL without @core
 * @lock: serialises the creation of @core
 * @faults: its pending faults
 */
struct ipmmu_paging {
	struct iommu_domain	domain;
	struct ipmmu_domain	*core;
	struct device		*root;
	struct mutex		lock;	/* @core is made once */
	struct shim_faults	faults;
};

static inline struct ipmmu_paging *to_ipmmu_paging(struct iommu_domain *domain)
{
	return container_of(domain, struct ipmmu_paging, domain);
}

#endif
