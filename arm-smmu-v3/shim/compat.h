/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that differs between kernels and configurations, and nothing else. */
#ifndef ARM_SMMU_V3_SHIM_COMPAT_H
#define ARM_SMMU_V3_SHIM_COMPAT_H

#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "smmuv3 needs Linux 6.12: this kernel is older and its IOMMU interface is another one."
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "smmuv3 supports Linux 6.12: this kernel is newer, its differences have to be entered here."
#endif

#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>

static inline bool smmu_kernel_has_vhe(void)
{
	return cpus_have_cap(ARM64_HAS_VIRT_HOST_EXTN);
}

#define SMMU_VA_BITS	VA_BITS
#else
static inline bool smmu_kernel_has_vhe(void)
{
	return false;
}

#define SMMU_VA_BITS	48
#endif

/* log2 of the largest coherent allocation that is aligned to its own size */
#ifdef CONFIG_CMA_ALIGNMENT
#define SMMU_MAX_DMA_SHIFT	(PAGE_SHIFT + CONFIG_CMA_ALIGNMENT)
#else
#define SMMU_MAX_DMA_SHIFT	(PAGE_SHIFT + MAX_PAGE_ORDER)
#endif

/* Exported by the kernel, but declared in a header that only its own tree has. */
#ifdef CONFIG_IOMMU_DMA
void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list);
#else
static inline void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list)
{
}
#endif

#endif
