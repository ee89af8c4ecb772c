/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for both drivers, and nothing else.  Kbuild.kernels says which kernels were tried. */
#ifndef SHIM_COMPAT_H
#define SHIM_COMPAT_H

#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "Linux 6.12 or later is needed: the IOMMU interface of this kernel is another one."
#endif

/*
 * SHIM_DEFINE_ATTACH_DEV - define op_dev(), an iommu_domain_ops.attach_dev, from op(domain, dev)
 *
 * Since 6.19 the IOMMU core passes the domain before.  Both drivers record it themselves.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define SHIM_DEFINE_ATTACH_DEV(op)							\
static int op##_dev(struct iommu_domain *domain, struct device *dev,			\
		    struct iommu_domain *old)						\
{											\
	return op(domain, dev);								\
}
#else
#define SHIM_DEFINE_ATTACH_DEV(op)							\
static int op##_dev(struct iommu_domain *domain, struct device *dev)			\
{											\
	return op(domain, dev);								\
}
#endif

/* Page sizes are each domain's own.  Until 6.15, iommu_ops has them as well: -1 stands for "see there". */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define SHIM_IOMMU_OPS_COMMON	.owner = THIS_MODULE
#else
#define SHIM_IOMMU_OPS_COMMON	.owner = THIS_MODULE, .pgsize_bitmap = -1UL
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
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	/* The handler shares its place with the cookie of a DMA domain. */
	return domain->cookie_type == IOMMU_COOKIE_FAULT_HANDLER;
#else
	return domain->handler;
#endif
}

#endif
