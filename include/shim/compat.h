/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for both drivers, and nothing else. */
#ifndef SHIM_COMPAT_H
#define SHIM_COMPAT_H

#include <linux/iommu.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "Linux 6.12 is needed: this kernel is older and its IOMMU interface is another one."
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "Linux 6.12 is supported: this kernel is newer, its differences have to be entered here."
#endif

/* Exported by the kernel, but declared in a header that only its own tree has. */
#ifdef CONFIG_IOMMU_DMA
void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list);
#else
static inline void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list)
{
}
#endif

/* Whether iommu_set_fault_handler() was called. */
static inline bool shim_has_fault_handler(const struct iommu_domain *domain)
{
	return domain->handler;
}

#endif
