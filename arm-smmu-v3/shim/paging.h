/* SPDX-License-Identifier: GPL-2.0-only */
/* A paging domain, as domain.c, pgtable.c and report.c see it. */
#ifndef ARM_SMMU_V3_SHIM_PAGING_H
#define ARM_SMMU_V3_SHIM_PAGING_H

#include <linux/io-pgtable.h>

#include "shim/faults.h"
#include "shim.h"

/**
 * struct smmu_paging - a paging domain
 * @domain: the domain of the IOMMU core
 * @table: its page table; smmu_no_table until the SMMU is known
 * @core: its core object; NULL until the SMMU is known, and again when it is being destroyed
 * @walker: the SMMU that @table was made for, with a reference; NULL while there is no table
 * @stage: the stage that enable_nesting() has selected
 * @lock: serialises the creation of @core
 * @faults: its pending faults
 */
struct smmu_paging {
	struct iommu_domain	domain;
	struct io_pgtable_ops	*table;
	struct smmu_domain	*core;
	struct device		*walker;
	enum smmu_stage		stage;
	struct mutex		lock;	/* @core is made once */
	struct shim_faults	faults;
};

/* Of a domain before its first attach: mapping fails, nothing is mapped. */
extern struct io_pgtable_ops smmu_no_table;

/* Whether @domain is a struct smmu_paging. */
static inline bool smmu_is_paging(const struct iommu_domain *domain)
{
	return domain->type & __IOMMU_DOMAIN_PAGING;
}

static inline struct smmu_paging *to_smmu_paging(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_paging, domain);
}

#endif
