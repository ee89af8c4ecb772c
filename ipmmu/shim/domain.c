// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paging domains: address spaces with a page table.  A domain belongs to one root: that of the device it
 * was allocated for, or else of the first device attached to it.  Leaves of a root share it.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "paging.h"

/* ---- allocation and attachment ---- */

/* Excludes the destruction of a root, which orphans its domains, from that of a domain. */
static DEFINE_MUTEX(ipmmu_lives);

/**
 * ipmmu_lock_lives - prevent the destruction of roots and domains
 *
 * Context: process context.
 */
void ipmmu_lock_lives(void)
{
	mutex_lock(&ipmmu_lives);
}

/**
 * ipmmu_unlock_lives - undo ipmmu_lock_lives()
 *
 * Context: process context.
 */
void ipmmu_unlock_lives(void)
{
	mutex_unlock(&ipmmu_lives);
}

static void ipmmu_paging_describe(struct ipmmu_paging *paging, struct ipmmu *ipmmu)
{
	const struct ipmmu_info *info = ipmmu_core_info(ipmmu->core);

	paging->root = get_device(ipmmu->root->dev);
	paging->domain.pgsize_bitmap = ipmmu_core_page_sizes(paging->core);
	paging->domain.geometry.aperture_end = DMA_BIT_MASK(info->ias);
	paging->domain.geometry.force_aperture = true;
}

/* Without power the result is the same, or -ENOSPC. */
static int ipmmu_paging_create(struct ipmmu_paging *paging, struct ipmmu *ipmmu)
{
	const bool needs_power = ipmmu_core_flush_is_unread(ipmmu->core);
	int ret;

	if (needs_power)
		shim_power_get(&ipmmu->power);
	ret = ipmmu_core_domain_create(ipmmu->core, paging, &paging->core);
	if (needs_power)
		shim_power_put(&ipmmu->power);
	if (!ret)
		ipmmu_paging_describe(paging, ipmmu);
	return ret;
}

static int ipmmu_paging_finalise(struct ipmmu_paging *paging, struct ipmmu *ipmmu)
{
	int ret = 0;

	mutex_lock(&paging->lock);
	if (!paging->core)
		ret = ipmmu_paging_create(paging, ipmmu);
	mutex_unlock(&paging->lock);
	return ret;
}

/**
 * ipmmu_paging_alloc - iommu_ops.domain_alloc_paging: allocate a domain
 * @dev: the device it is for, or NULL if that is known at the first attach
 *
 * Context: process context.
 * Return: the domain, or an ERR_PTR().
 */
struct iommu_domain *ipmmu_paging_alloc(struct device *dev)
{
	struct ipmmu_paging *paging = kzalloc(sizeof(*paging), GFP_KERNEL);
	int ret;

	if (!paging)
		return ERR_PTR(-ENOMEM);
	mutex_init(&paging->lock);
	shim_faults_start(&paging->faults, &paging->domain);

	if (dev) {
		struct ipmmu_client *client = dev_iommu_priv_get(dev);

		ret = ipmmu_paging_finalise(paging, client->ipmmu);
		if (ret) {
			kfree(paging);
			return ERR_PTR(ret);
		}
	}
	__module_get(THIS_MODULE);	/* a domain may outlive its devices */
	return &paging->domain;
}

/**
 * ipmmu_paging_free - iommu_domain_ops.free: free a domain without devices
 * @domain: the domain
 *
 * Context: process context, not in the domain's fault handler.
 */
static void ipmmu_paging_free(struct iommu_domain *domain)
{
	struct ipmmu_paging *paging = to_ipmmu_paging(domain);
	struct ipmmu_domain *core = paging->core;

	shim_faults_stop(&paging->faults);
	WRITE_ONCE(paging->core, NULL);
	if (core) {
		ipmmu_lock_lives();
		ipmmu_core_domain_destroy(core);
		ipmmu_unlock_lives();
	}
	put_device(paging->root);
	kfree(paging);
	module_put(THIS_MODULE);
}

/**
 * ipmmu_paging_attach - iommu_domain_ops.attach_dev: attach a device to a domain
 * @domain: the domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0; -EINVAL if the domain belongs to another root; or the core's errno.  After an error the device keeps
 * its previous domain.
 */
static int ipmmu_paging_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	struct ipmmu_paging *paging = to_ipmmu_paging(domain);
	int ret;

	ret = ipmmu_paging_finalise(paging, client->ipmmu);
	if (ret)
		return ret;
	ret = ipmmu_core_attach(client->master, paging->core, dev->iommu_group);
	ipmmu_note_use(client, ret, domain->type & __IOMMU_DOMAIN_DMA_API ? IPMMU_DMA : IPMMU_OWNED);
	return ipmmu_client_attached(client, &paging->faults, ret);
}

/* ---- mappings ---- */

/**
 * ipmmu_paging_map - iommu_domain_ops.map_pages: map pages of one size
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
 * Return: 0, -ENODEV before the first attach, or an errno of ipmmu_core_map().
 */
static int ipmmu_paging_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa,
			    size_t size, size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	struct ipmmu_domain *core = to_ipmmu_paging(domain)->core;

	if (unlikely(!core))
		return -ENODEV;
	return ipmmu_core_map(core, iova, pa, size, count, prot, gfp, mapped);
}

/**
 * ipmmu_paging_unmap - iommu_domain_ops.unmap_pages: unmap pages of one size
 * @domain: the domain
 * @iova: input address, a multiple of @size
 * @size: bytes of a page
 * @count: number of pages
 * @gather: not changed
 *
 * Context: any.
 * Return: bytes that were unmapped.
 */
static size_t ipmmu_paging_unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
				 size_t count, struct iommu_iotlb_gather *gather)
{
	struct ipmmu_domain *core = to_ipmmu_paging(domain)->core;

	/* Nothing is gathered: a flush covers the whole context, and ipmmu_paging_sync() does it unconditionally. */
	if (unlikely(!core))
		return 0;
	return ipmmu_core_unmap(core, iova, size, count);
}

/**
 * ipmmu_paging_flush_all - iommu_domain_ops.flush_iotlb_all: invalidate all translations of a domain
 * @domain: the domain
 *
 * Context: any.
 */
static void ipmmu_paging_flush_all(struct iommu_domain *domain)
{
	struct ipmmu_domain *core = to_ipmmu_paging(domain)->core;

	if (core)
		ipmmu_core_flush(core);
}

/**
 * ipmmu_paging_sync - iommu_domain_ops.iotlb_sync: invalidate what has been unmapped
 * @domain: the domain
 * @gather: unused, the hardware has no range invalidation
 *
 * Context: any.
 */
static void ipmmu_paging_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	ipmmu_paging_flush_all(domain);
}

/**
 * ipmmu_paging_iova_to_phys - iommu_domain_ops.iova_to_phys: translate an address
 * @domain: the domain
 * @iova: input address
 *
 * Context: any.
 * Return: the physical address, 0 if nothing is mapped.
 */
static phys_addr_t ipmmu_paging_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct ipmmu_domain *core = to_ipmmu_paging(domain)->core;

	return core ? ipmmu_core_iova_to_phys(core, iova) : 0;
}

SHIM_DEFINE_ATTACH_DEV(ipmmu_paging_attach)

const struct iommu_domain_ops ipmmu_paging_ops = {
	.attach_dev		= ipmmu_paging_attach_dev,
	.map_pages		= ipmmu_paging_map,
	.unmap_pages		= ipmmu_paging_unmap,
	.flush_iotlb_all	= ipmmu_paging_flush_all,
	.iotlb_sync		= ipmmu_paging_sync,
	.iova_to_phys		= ipmmu_paging_iova_to_phys,
	.free			= ipmmu_paging_free,
};
