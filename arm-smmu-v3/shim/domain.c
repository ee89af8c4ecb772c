// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paging domains: address spaces with a page table, which the core makes and writes.  It is made for the SMMU of the
 * device that the domain was allocated for, or else of the first device attached to it.  Devices behind other SMMUs
 * can be attached, too, if those can use such a page table.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "paging.h"

static const struct iommu_domain_ops smmu_table_ops[SMMU_NR_FORMATS];

/* ---- allocation and attachment ---- */

static int smmu_paging_create_table(struct smmu_paging *paging, struct smmu *smmu)
{
	const struct smmu_pgtable *table;
	int ret;

	ret = smmu_core_domain_create(smmu->core, paging->stage, paging->dirty,
				      &paging->head.core);
	if (ret)
		return ret;
	table = smmu_core_domain_pgtable(paging->head.core);
	paging->domain.pgsize_bitmap = table->pgsize_bitmap;
	paging->domain.geometry.aperture_end = DMA_BIT_MASK(table->ias);
	paging->domain.geometry.force_aperture = true;
	paging->domain.ops = &smmu_table_ops[table->format];
	if (paging->dirty)
		paging->domain.dirty_ops = &smmu_dirty_ops;
	return 0;
}

/**
 * smmu_paging_finalise - make the page table of a domain
 * @paging: the domain
 * @smmu: the SMMU of the first device
 *
 * Context: process context.
 * Return: 0, also if there is one; -EINVAL if the SMMU does not offer the stage; -ENOMEM.
 */
int smmu_paging_finalise(struct smmu_paging *paging, struct smmu *smmu)
{
	int ret = 0;

	mutex_lock(&paging->lock);
	if (!paging->head.core)
		ret = smmu_paging_create_table(paging, smmu);
	mutex_unlock(&paging->lock);
	return ret;
}

static struct iommu_domain *smmu_paging_create(struct device *dev, bool dirty)
{
	struct smmu_paging *paging = kzalloc(sizeof(*paging), GFP_KERNEL);
	int ret;

	if (!paging)
		return ERR_PTR(-ENOMEM);
	mutex_init(&paging->lock);
	shim_faults_start(&paging->faults, &paging->domain);
	paging->stage = SMMU_STAGE_ANY;
	paging->dirty = dirty;

	if (dev) {
		struct smmu_client *client = dev_iommu_priv_get(dev);

		ret = smmu_paging_finalise(paging, client->smmu);
		if (ret) {
			kfree(paging);
			return ERR_PTR(ret);
		}
	}
	__module_get(THIS_MODULE);	/* a domain may outlive its devices */
	return &paging->domain;
}

/**
 * smmu_paging_alloc - iommu_ops.domain_alloc_paging: allocate a domain
 * @dev: the device it is for, or NULL if that is known at the first attach
 *
 * Context: process context.
 * Return: the domain, or an ERR_PTR().
 */
struct iommu_domain *smmu_paging_alloc(struct device *dev)
{
	return smmu_paging_create(dev, false);
}

/* Whether a domain of @dev may have @flags.  PASIDs need stage 1, which is chosen where there is one. */
static bool smmu_offers(struct device *dev, u32 flags)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (flags & ~(u32)(IOMMU_HWPT_ALLOC_DIRTY_TRACKING | SMMU_ALLOC_PASID))
		return false;
	if (flags & SMMU_ALLOC_PASID && !smmu_core_info(client->smmu->core)->has_stage1)
		return false;
	return !(flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING) || smmu_tracks_dirty(dev);
}

/**
 * smmu_paging_alloc_flags - allocate a domain for iommufd, or one for PASIDs for the IOMMU core
 * @dev: the device it is for
 * @flags: IOMMU_HWPT_ALLOC_DIRTY_TRACKING, IOMMU_HWPT_ALLOC_PASID, both or none
 *
 * Context: process context.
 * Return: the domain, or an ERR_PTR(): -EOPNOTSUPP for other flags, for dirty tracking if the SMMU does not record
 * writes, and for PASIDs if it has no stage 1.
 */
struct iommu_domain *smmu_paging_alloc_flags(struct device *dev, u32 flags)
{
	struct iommu_domain *domain;

	if (!smmu_offers(dev, flags))
		return ERR_PTR(-EOPNOTSUPP);
	domain = smmu_paging_create(dev, flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	if (!IS_ERR(domain))
		domain->type = IOMMU_DOMAIN_UNMANAGED;
	return domain;
}

/**
 * smmu_paging_free - iommu_domain_ops.free: free a domain without devices
 * @domain: the domain
 *
 * Context: process context, not in the domain's fault handler.
 */
static void smmu_paging_free(struct iommu_domain *domain)
{
	struct smmu_paging *paging = to_smmu_paging(domain);

	shim_faults_stop(&paging->faults);
	if (paging->head.core)
		smmu_core_domain_destroy(paging->head.core);
	kfree(paging);
	module_put(THIS_MODULE);
}

/**
 * smmu_paging_attach - iommu_domain_ops.attach_dev: attach a device to a domain
 * @domain: the domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0; -EINVAL if the SMMU of @dev can't use the page table, -ENOSPC or -ENOMEM, and the device keeps its
 * previous domain; -EBUSY likewise if the domain has stage 2 and the device has PASIDs attached; or -ETIMEDOUT, see
 * smmu_attach_result().
 */
static int smmu_paging_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	struct smmu_paging *paging = to_smmu_paging(domain);
	int ret;

	ret = smmu_paging_finalise(paging, client->smmu) ?: smmu_iopf_enter(client, domain);
	if (ret)
		return ret;
	shim_power_get(&client->smmu->power);	/* an attach works without power, see attach.c */
	smmu_ats_stop(dev);
	ret = smmu_core_attach(client->master, paging->head.core);
	if (ret != -ETIMEDOUT)	/* also in the previous domain */
		smmu_ats_start(dev);
	shim_power_put(&client->smmu->power);
	return smmu_attach_result(dev, domain, ret);
}

/**
 * smmu_paging_enable_nesting - iommu_domain_ops.enable_nesting: select stage 2
 * @domain: a domain
 *
 * Context: process context.
 * Return: 0, or -EPERM if the page table has been allocated.
 */
static int __maybe_unused smmu_paging_enable_nesting(struct iommu_domain *domain)
{
	struct smmu_paging *paging = to_smmu_paging(domain);
	int ret = 0;

	mutex_lock(&paging->lock);
	if (paging->head.core)
		ret = -EPERM;
	else
		paging->stage = SMMU_STAGE_2;
	mutex_unlock(&paging->lock);
	return ret;
}

/* ---- a domain before its first attach ---- */

static int smmu_no_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa, size_t size,
		       size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	return -ENODEV;
}

static size_t smmu_no_unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
			    size_t count, struct iommu_iotlb_gather *gather)
{
	return 0;
}

static phys_addr_t smmu_no_address(struct iommu_domain *domain, dma_addr_t iova)
{
	return 0;
}

/* ---- operations ---- */

/* The core accesses them as struct smmu_gather. */
#define SMMU_ASSERT_SAME_PLACE(field)							\
	static_assert(offsetof(struct smmu_gather, field) ==				\
		      offsetof(struct iommu_iotlb_gather, field));			\
	static_assert(sizeof_field(struct smmu_gather, field) ==			\
		      sizeof_field(struct iommu_iotlb_gather, field))
SMMU_ASSERT_SAME_PLACE(start);
SMMU_ASSERT_SAME_PLACE(end);
SMMU_ASSERT_SAME_PLACE(pgsize);
SMMU_ASSERT_SAME_PLACE(freelist);
SMMU_ASSERT_SAME_PLACE(queued);

/**
 * smmu_paging_flush_all - iommu_domain_ops.flush_iotlb_all: invalidate all translations of a domain
 * @domain: the domain
 *
 * Context: any.
 */
static void smmu_paging_flush_all(struct iommu_domain *domain)
{
	smmu_core_flush_domain(to_smmu_paging(domain)->head.core);
}

SHIM_DEFINE_ATTACH_DEV(smmu_paging_attach)

/* Of a domain whose page table is not made yet. */
const struct iommu_domain_ops smmu_paging_ops = {
	.attach_dev	= smmu_paging_attach_dev,
	SMMU_OPS_SET_DEV_PASID(smmu_pasid_attach)
	.map_pages	= smmu_no_map,
	.unmap_pages	= smmu_no_unmap,
	.iova_to_phys	= smmu_no_address,
	.free		= smmu_paging_free,
	SMMU_OPS_ENABLE_NESTING
};

/* Map, unmap, look up and sync are functions of the core (mappings.cc): a shim would be a call more for each. */
#define SMMU_TABLE_OPS(NAME, name)							\
	[SMMU_FORMAT_##NAME] = {							\
		.attach_dev		= smmu_paging_attach_dev,			\
		SMMU_OPS_SET_DEV_PASID(smmu_pasid_attach)				\
		.map_pages		= smmu_map_##name,				\
		.unmap_pages		= smmu_unmap_##name,				\
		.flush_iotlb_all	= smmu_paging_flush_all,			\
		.iotlb_sync		= smmu_iotlb_sync,				\
		.iova_to_phys		= smmu_iova_to_phys_##name,			\
		.free			= smmu_paging_free,				\
		SMMU_OPS_ENABLE_NESTING							\
	},

static const struct iommu_domain_ops smmu_table_ops[SMMU_NR_FORMATS] = {
	SMMU_FORMATS(SMMU_TABLE_OPS)
};
