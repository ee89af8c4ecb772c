// SPDX-License-Identifier: GPL-2.0-only
/* io-pgtable-arm.c under other names.  What it warns about are the errors that the tests compare. */
#include <linux/bug.h>
#include <linux/iommu.h>

#include "kunit/linux/pgtable/intree.h"

void (*pgtable_intree_record)(unsigned long iova, unsigned long size);

#undef pr_fmt
#undef WARN_ON
#define WARN_ON(condition) ({ bool found = !!(condition); unlikely(found); })
#define iommu_dirty_bitmap_record(dirty, iova, size) pgtable_intree_record(iova, size)
#define io_pgtable_arm_32_lpae_s1_init_fns pgtable_intree_32_s1
#define io_pgtable_arm_32_lpae_s2_init_fns pgtable_intree_32_s2
#define io_pgtable_arm_64_lpae_s1_init_fns pgtable_intree_64_s1
#define io_pgtable_arm_64_lpae_s2_init_fns pgtable_intree_64_s2
#define io_pgtable_arm_mali_lpae_init_fns pgtable_intree_mali
#include <io-pgtable-arm.c>

struct io_pgtable_ops *pgtable_intree_create(enum io_pgtable_fmt format, struct io_pgtable_cfg *cfg)
{
	struct io_pgtable *table;

	switch (format) {
	case ARM_32_LPAE_S1:
		table = arm_32_lpae_alloc_pgtable_s1(cfg, NULL);
		break;
	case ARM_64_LPAE_S1:
		table = arm_64_lpae_alloc_pgtable_s1(cfg, NULL);
		break;
	default:
		table = arm_64_lpae_alloc_pgtable_s2(cfg, NULL);
		break;
	}
	if (!table)
		return NULL;
	table->fmt = format;
	table->cfg = *cfg;
	return &table->ops;
}

void pgtable_intree_destroy(struct io_pgtable_ops *ops)
{
	arm_lpae_free_pgtable(io_pgtable_ops_to_pgtable(ops));
}

u64 pgtable_intree_leaf(struct io_pgtable_ops *ops, unsigned long iova)
{
	struct arm_lpae_io_pgtable *data = io_pgtable_ops_to_data(ops);
	arm_lpae_iopte *table = data->pgd;

	for (int level = data->start_level; level < ARM_LPAE_MAX_LEVELS; level++) {
		arm_lpae_iopte pte = table[ARM_LPAE_LVL_IDX(iova, level, data)];

		if (!pte || iopte_leaf(pte, level, data->iop.fmt))
			return pte;
		table = iopte_deref(pte, data);
	}
	return 0;
}
