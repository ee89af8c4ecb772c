/* SPDX-License-Identifier: GPL-2.0-only */
/* What is the same for a device behind any IOMMU. */
#ifndef SHIM_CLIENT_H
#define SHIM_CLIENT_H

#include <linux/slab.h>

#include "shim/compat.h"

/* Where devices see their MSI doorbell; the same place on every Arm machine. */
#define OS_MSI_IOVA_BASE	0x8000000
#define OS_MSI_IOVA_LENGTH	0x100000

/**
 * os_unique_ids - the IDs of a device, each once
 * @dev: a device with an iommu_fwspec; bridged PCI devices may have an ID twice in it
 * @count: how many there are
 *
 * Context: process context.
 * Return: the IDs, for kfree(); or NULL for -ENOMEM.
 */
static inline u32 *os_unique_ids(struct device *dev, u32 *count)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	u32 *ids = kmalloc_array(fwspec->num_ids, sizeof(*ids), GFP_KERNEL);
	unsigned int i, j;

	*count = 0;
	for (i = 0; ids && i < fwspec->num_ids; i++) {
		for (j = 0; j < *count && ids[j] != fwspec->ids[i]; j++)
			;
		if (j == *count)
			ids[(*count)++] = fwspec->ids[i];
	}
	return ids;
}

/**
 * os_get_resv_regions - iommu_ops.get_resv_regions: which input addresses are taken
 * @dev: the device
 * @head: the list to add to
 *
 * Context: process context.
 */
static inline void os_get_resv_regions(struct device *dev, struct list_head *head)
{
	struct iommu_resv_region *msi;

	msi = iommu_alloc_resv_region(OS_MSI_IOVA_BASE, OS_MSI_IOVA_LENGTH,
				      IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO,
				      IOMMU_RESV_SW_MSI, GFP_KERNEL);
	if (!msi)
		return;
	list_add_tail(&msi->list, head);
	iommu_dma_get_resv_regions(dev, head);
}

#endif
