// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paging domains: address spaces with a page table.  The page table is made for the SMMU of the device that
 * the domain was allocated for, or else of the first device attached to it.  Devices behind other SMMUs can be
 * attached, too, if those can use such a page table.
 */
#include <linux/slab.h>

#include "paging.h"

/* ---- allocation and attachment ---- */

static int smmu_paging_finalise(struct smmu_paging *paging, struct smmu *smmu)
{
	int ret = 0;

	mutex_lock(&paging->lock);
	if (!paging->core)
		ret = smmu_core_domain_create(smmu->core, paging->stage, paging, &paging->core);
	mutex_unlock(&paging->lock);
	return ret;
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
	struct smmu_paging *paging = kzalloc(sizeof(*paging), GFP_KERNEL);
	int ret;

	if (!paging)
		return ERR_PTR(-ENOMEM);
	mutex_init(&paging->lock);
	shim_faults_start(&paging->faults, &paging->domain);
	paging->stage = SMMU_STAGE_ANY;
	paging->table = &smmu_no_table;

	if (dev) {
		struct smmu_client *client = dev_iommu_priv_get(dev);

		ret = smmu_paging_finalise(paging, client->smmu);
		if (ret) {
			kfree(paging);
			return ERR_PTR(ret);
		}
	}
	return &paging->domain;
}

/**
 * smmu_paging_free - iommu_domain_ops.free: free a domain without devices
 * @domain: the domain
 *
 * Context: process context.
 */
static void smmu_paging_free(struct iommu_domain *domain)
{
	struct smmu_paging *paging = to_smmu_paging(domain);
	struct smmu_domain *core = paging->core;

	paging->core = NULL;
	if (core)
		smmu_core_domain_destroy(core);
	put_device(paging->walker);	/* set if the page table was leaked */
	shim_faults_stop(&paging->faults);
	kfree(paging);
}

/**
 * smmu_paging_attach - iommu_domain_ops.attach_dev: attach a device to a domain
 * @domain: the domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0; -EINVAL if the SMMU of @dev can't use the page table, -ENOSPC or -ENOMEM, and the device keeps its
 * previous domain; or -ETIMEDOUT, see smmu_attach_result().
 */
static int smmu_paging_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	struct smmu_paging *paging = to_smmu_paging(domain);
	int ret;

	ret = smmu_paging_finalise(paging, client->smmu);
	if (ret)
		return ret;
	shim_power_get(&client->smmu->power);	/* an attach works without power, see attach.c */
	smmu_ats_stop(dev);
	ret = smmu_core_attach(client->master, paging->core);
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
	if (paging->core)
		ret = -EPERM;
	else
		paging->stage = SMMU_STAGE_2;
	mutex_unlock(&paging->lock);
	return ret;
}

/* ---- mappings ---- */

/**
 * smmu_paging_map - iommu_domain_ops.map_pages: map pages of one size
 * @domain: the domain
 * @iova: input address, a multiple of @size
 * @pa: physical address, a multiple of @size
 * @size: bytes of a page
 * @count: number of pages
 * @prot: IOMMU_READ, IOMMU_WRITE, …
 * @gfp: how to allocate tables
 * @mapped: incremented by the bytes that are mapped
 *
 * Context: any, as @gfp says.
 * Return: 0, -ENODEV before the first attach, or io-pgtable's errno.
 */
static int smmu_paging_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa,
			   size_t size, size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	struct io_pgtable_ops *table = to_smmu_paging(domain)->table;

	return table->map_pages(table, iova, pa, size, count, prot, gfp, mapped);
}

/*
 * Gathers all pages at once: io-pgtable's tlb_add_page would be called for each.  Not inlined, so that unmapping for
 * a flush queue saves no registers in smmu_paging_unmap().
 */
static noinline size_t smmu_paging_unmap_and_gather(struct iommu_domain *domain, unsigned long iova,
						    size_t size, size_t count,
						    struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *table = to_smmu_paging(domain)->table;
	size_t bytes = table->unmap_pages(table, iova, size, count, gather);

	if (!bytes)
		return 0;
	/* An invalidation has one range and one page size. */
	if ((gather->pgsize && gather->pgsize != size) ||
	    iommu_iotlb_gather_is_disjoint(gather, iova, bytes))
		iommu_iotlb_sync(domain, gather);
	gather->pgsize = size;
	iommu_iotlb_gather_add_range(gather, iova, bytes);
	return bytes;
}

/**
 * smmu_paging_unmap - iommu_domain_ops.unmap_pages: unmap pages of one size
 * @domain: the domain
 * @iova: input address, a multiple of @size
 * @size: bytes of a page
 * @count: number of pages
 * @gather: the range to invalidate before the pages may be reused
 *
 * Context: any.
 * Return: bytes that were unmapped.
 */
static size_t smmu_paging_unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
				size_t count, struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *table = to_smmu_paging(domain)->table;

	if (gather->queued)
		return table->unmap_pages(table, iova, size, count, gather);
	return smmu_paging_unmap_and_gather(domain, iova, size, count, gather);
}

/**
 * smmu_paging_flush_all - iommu_domain_ops.flush_iotlb_all: invalidate all translations of a domain
 * @domain: the domain
 *
 * Context: any.
 */
static void smmu_paging_flush_all(struct iommu_domain *domain)
{
	struct smmu_domain *core = to_smmu_paging(domain)->core;

	if (core)
		smmu_core_flush_domain(core);
}

/**
 * smmu_paging_sync - iommu_domain_ops.iotlb_sync: invalidate what has been unmapped
 * @domain: the domain
 * @gather: the range that has been unmapped; may be empty
 *
 * Context: any.
 */
static void smmu_paging_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	if (!gather->pgsize)
		return;
	smmu_core_flush_range(to_smmu_paging(domain)->core, gather->start,
			      gather->end - gather->start + 1, gather->pgsize,
			      SMMU_LEVELS_LEAF);
}

/**
 * smmu_paging_iova_to_phys - iommu_domain_ops.iova_to_phys: translate an address
 * @domain: the domain
 * @iova: input address
 *
 * Context: any.
 * Return: the physical address, 0 if nothing is mapped.
 */
static phys_addr_t smmu_paging_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct io_pgtable_ops *table = to_smmu_paging(domain)->table;

	return table->iova_to_phys(table, iova);
}

SHIM_DEFINE_ATTACH_DEV(smmu_paging_attach)

const struct iommu_domain_ops smmu_paging_ops = {
	.attach_dev		= smmu_paging_attach_dev,
	.map_pages		= smmu_paging_map,
	.unmap_pages		= smmu_paging_unmap,
	.flush_iotlb_all	= smmu_paging_flush_all,
	.iotlb_sync		= smmu_paging_sync,
	.iova_to_phys		= smmu_paging_iova_to_phys,
	.free			= smmu_paging_free,
	SMMU_OPS_ENABLE_NESTING
};
