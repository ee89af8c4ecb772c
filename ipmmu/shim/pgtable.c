// SPDX-License-Identifier: GPL-2.0-only
/* Page tables, which io-pgtable allocates and writes. */
#include <linux/dma-mapping.h>

#include "paging.h"

/* ---- invalidations by io-pgtable; any context ---- */

/* Also called by free_io_pgtable_ops(), after the core has flushed the domain: @core is NULL then. */
static void ipmmu_tlb_flush_all(void *cookie)
{
	struct ipmmu_paging *paging = cookie;

	if (paging->core)
		ipmmu_core_flush(paging->core);
}

static void ipmmu_tlb_flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	ipmmu_tlb_flush_all(cookie);
}

/* No tlb_add_page, which would be called for each page: ipmmu_paging_sync() flushes the whole context. */
static const struct iommu_flush_ops ipmmu_tlb_ops = {
	.tlb_flush_all	= ipmmu_tlb_flush_all,
	.tlb_flush_walk	= ipmmu_tlb_flush_walk,
};

/* ---- called by the core ---- */

/**
 * ipmmu_shim_pgtable_alloc - allocate the page table of a domain
 * @shim: the argument of ipmmu_core_domain_create()
 * @dev: the root, which will walk the table
 * @pgtable: the parameters and the result
 *
 * Stage 1 tables have the NS bits set: without them the hardware makes Secure accesses.
 *
 * Context: process context.
 * Return: 0, or -ENOMEM, also if io-pgtable does not support such a table.
 */
int ipmmu_shim_pgtable_alloc(void *shim, struct device *dev, struct ipmmu_pgtable *pgtable)
{
	bool stage1 = pgtable->stage == IPMMU_STAGE_1;
	struct io_pgtable_cfg cfg = {
		.quirks		= stage1 ? IO_PGTABLE_QUIRK_ARM_NS : 0,
		.pgsize_bitmap	= pgtable->pgsize_bitmap,
		.ias		= pgtable->ias,
		.oas		= pgtable->oas,
		.tlb		= &ipmmu_tlb_ops,
		.iommu_dev	= dev,
	};
	struct ipmmu_paging *paging = shim;

	paging->table = alloc_io_pgtable_ops(stage1 ? ARM_32_LPAE_S1 : ARM_64_LPAE_S2, &cfg,
					     paging);
	if (!paging->table)
		return -ENOMEM;
	paging->walker = get_device(dev);

	if (stage1) {
		pgtable->ttb  = cfg.arm_lpae_s1_cfg.ttbr;
		pgtable->mair = cfg.arm_lpae_s1_cfg.mair;
	} else {
		pgtable->ttb = cfg.arm_lpae_s2_cfg.vttbr;
		pgtable->sl  = cfg.arm_lpae_s2_cfg.vtcr.sl;
	}

	paging->domain.pgsize_bitmap = cfg.pgsize_bitmap;
	paging->limit = BIT_ULL(cfg.ias);
	paging->domain.geometry.aperture_end = DMA_BIT_MASK(cfg.ias);
	paging->domain.geometry.force_aperture = true;
	return 0;
}

/**
 * ipmmu_shim_pgtable_free - release the page table of a domain
 * @shim: the argument of ipmmu_core_domain_create()
 *
 * Context: process context.
 */
void ipmmu_shim_pgtable_free(void *shim)
{
	struct ipmmu_paging *paging = shim;

	free_io_pgtable_ops(paging->table);
	paging->table = NULL;
	paging->limit = 0;
	put_device(paging->walker);
	paging->walker = NULL;
}
