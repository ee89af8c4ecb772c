/* SPDX-License-Identifier: GPL-2.0-only */
/* A paging domain, as domain.c, dirty.c, attach.c and others see it. */
#ifndef ARM_SMMU_V3_SHIM_PAGING_H
#define ARM_SMMU_V3_SHIM_PAGING_H

#include "shim/faults.h"
#include "shim.h"

/**
 * struct smmu_paging - a paging domain
 * @head: its core object; NULL until the SMMU is known
 * @domain: the domain of the IOMMU core, behind @head, where the core's operations look for it
 * @stage: the stage that enable_nesting() has selected
 * @dirty: whether it has dirty tracking
 * @lock: serialises the creation of the core object
 * @faults: its pending faults
 */
struct smmu_paging {
	struct smmu_domain_head	head;
	struct iommu_domain	domain;
	enum smmu_stage		stage;
	bool			dirty;
	struct mutex		lock;	/* the core object is made once */
	struct shim_faults	faults;
};

/* dirty.c */
extern const struct iommu_dirty_ops smmu_dirty_ops;

static_assert(offsetof(struct smmu_paging, domain) == sizeof(struct smmu_domain_head));

/* Whether @domain is a struct smmu_paging. */
static inline bool smmu_is_paging(const struct iommu_domain *domain)
{
	return domain->type & __IOMMU_DOMAIN_PAGING;
}

static inline struct smmu_paging *to_smmu_paging(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_paging, domain);
}

/* The core object of a paging or SVA domain: both have it in front. */
static inline struct smmu_domain *smmu_core_of(struct iommu_domain *domain)
{
	return to_smmu_paging(domain)->head.core;
}

/* domain.c */
int smmu_paging_finalise(struct smmu_paging *paging, struct smmu *smmu);

#endif
