// SPDX-License-Identifier: GPL-2.0-only
/* Page tables, which io-pgtable allocates and writes. */
#include <linux/dma-mapping.h>

#include "paging.h"

/* ---- invalidations by io-pgtable; any context ---- */

/* Also called by free_io_pgtable_ops(), after the core has flushed the domain: @core is NULL then. */
static void smmu_tlb_flush_all(void *cookie)
{
	struct smmu_paging *paging = cookie;

	if (paging->core)
		smmu_core_flush_domain(paging->core);
}

static void smmu_tlb_flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	struct smmu_paging *paging = cookie;

	smmu_core_flush_range(paging->core, iova, size, granule, SMMU_LEVELS_ALL);
}

/* Pages are gathered by smmu_paging_unmap(). */
static const struct iommu_flush_ops smmu_tlb_ops = {
	.tlb_flush_all	= smmu_tlb_flush_all,
	.tlb_flush_walk	= smmu_tlb_flush_walk,
};

/* ---- a domain before its first attach ---- */

static int smmu_no_map(struct io_pgtable_ops *table, unsigned long iova, phys_addr_t pa,
		       size_t size, size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	return -ENODEV;
}

static size_t smmu_no_unmap(struct io_pgtable_ops *table, unsigned long iova, size_t size,
			    size_t count, struct iommu_iotlb_gather *gather)
{
	return 0;
}

static phys_addr_t smmu_no_address(struct io_pgtable_ops *table, unsigned long iova)
{
	return 0;
}

struct io_pgtable_ops smmu_no_table = {
	.map_pages	= smmu_no_map,
	.unmap_pages	= smmu_no_unmap,
	.iova_to_phys	= smmu_no_address,
};

/* ---- called by the core ---- */

static void smmu_answer_stage1(struct smmu_pgtable *pgtable, const struct io_pgtable_cfg *cfg)
{
	pgtable->ttb  = cfg->arm_lpae_s1_cfg.ttbr;
	pgtable->mair = cfg->arm_lpae_s1_cfg.mair;
	pgtable->tsz  = cfg->arm_lpae_s1_cfg.tcr.tsz;
	pgtable->tg   = cfg->arm_lpae_s1_cfg.tcr.tg;
	pgtable->sh   = cfg->arm_lpae_s1_cfg.tcr.sh;
	pgtable->orgn = cfg->arm_lpae_s1_cfg.tcr.orgn;
	pgtable->irgn = cfg->arm_lpae_s1_cfg.tcr.irgn;
	pgtable->ips  = cfg->arm_lpae_s1_cfg.tcr.ips;
}

static void smmu_answer_stage2(struct smmu_pgtable *pgtable, const struct io_pgtable_cfg *cfg)
{
	pgtable->ttb  = cfg->arm_lpae_s2_cfg.vttbr;
	pgtable->tsz  = cfg->arm_lpae_s2_cfg.vtcr.tsz;
	pgtable->tg   = cfg->arm_lpae_s2_cfg.vtcr.tg;
	pgtable->sh   = cfg->arm_lpae_s2_cfg.vtcr.sh;
	pgtable->orgn = cfg->arm_lpae_s2_cfg.vtcr.orgn;
	pgtable->irgn = cfg->arm_lpae_s2_cfg.vtcr.irgn;
	pgtable->ips  = cfg->arm_lpae_s2_cfg.vtcr.ps;
	pgtable->sl   = cfg->arm_lpae_s2_cfg.vtcr.sl;
}

/**
 * smmu_shim_pgtable_alloc - allocate the page table of a domain
 * @shim: the argument of smmu_core_domain_create()
 * @dev: the SMMU, which will walk the table
 * @pgtable: the parameters and the result; @ias and @oas are reduced to what the granule supports
 *
 * Context: process context.
 * Return: 0, or -ENOMEM, also if io-pgtable does not support such a table.
 */
int smmu_shim_pgtable_alloc(void *shim, struct device *dev, struct smmu_pgtable *pgtable)
{
	bool stage1 = pgtable->stage == SMMU_STAGE_1;
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap	= pgtable->pgsize_bitmap,
		.ias		= pgtable->ias,
		.oas		= pgtable->oas,
		.coherent_walk	= pgtable->coherent_walk,
		.tlb		= &smmu_tlb_ops,
		.iommu_dev	= dev,
	};
	struct smmu_paging *paging = shim;
	struct io_pgtable_ops *table;

	table = alloc_io_pgtable_ops(stage1 ? ARM_64_LPAE_S1 : ARM_64_LPAE_S2, &cfg, paging);
	if (!table)
		return -ENOMEM;
	paging->table = table;
	/* io-pgtable cleans tables by it, and other SMMUs may walk them when this one has gone. */
	paging->walker = get_device(dev);

	if (stage1)
		smmu_answer_stage1(pgtable, &cfg);
	else
		smmu_answer_stage2(pgtable, &cfg);
	pgtable->pgsize_bitmap = cfg.pgsize_bitmap;
	pgtable->ias = cfg.ias;
	pgtable->oas = cfg.oas;

	paging->domain.pgsize_bitmap = cfg.pgsize_bitmap;
	paging->domain.geometry.aperture_end = DMA_BIT_MASK(cfg.ias);
	paging->domain.geometry.force_aperture = true;
	return 0;
}

/**
 * smmu_shim_pgtable_free - release the page table of a domain
 * @shim: the argument of smmu_core_domain_create()
 *
 * Context: process context.
 */
void smmu_shim_pgtable_free(void *shim)
{
	struct smmu_paging *paging = shim;

	free_io_pgtable_ops(paging->table);
	paging->table = &smmu_no_table;
	put_device(paging->walker);
	paging->walker = NULL;
}
