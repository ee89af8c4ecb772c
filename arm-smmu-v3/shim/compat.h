/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that differs between kernels and configurations, and nothing else. */
#ifndef ARM_SMMU_V3_SHIM_COMPAT_H
#define ARM_SMMU_V3_SHIM_COMPAT_H

#include <linux/mm.h>
#include <linux/pci.h>

#include "shim/compat.h"

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

/* Until 6.12, the owner of a domain chooses stage 2 by enable_nesting(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define SMMU_OPS_ENABLE_NESTING	.enable_nesting = smmu_paging_enable_nesting,
#else
#define SMMU_OPS_ENABLE_NESTING
#endif

/* Until 6.13, iommu_ops detaches a PASID; since 6.14, it is attached to the blocking domain. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define SMMU_OPS_REMOVE_DEV_PASID	.remove_dev_pasid = smmu_pasid_remove,
#else
#define SMMU_OPS_REMOVE_DEV_PASID
#endif

/*
 * SMMU_OPS_IOPF - the members of iommu_ops for page faults
 * SMMU_DEFINE_FEATURES - until 6.15, page faults are enabled by name_iopf_enable() before a domain with a handler is
 *	attached, and SVA by name_sva_enable() before a process is bound
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define SMMU_DEFINE_FEATURES(name)							\
static int name##_enable_feature(struct device *dev, enum iommu_dev_features feature)	\
{											\
	return feature == IOMMU_DEV_FEAT_SVA ? name##_sva_enable(dev) :			\
	       feature == IOMMU_DEV_FEAT_IOPF ? name##_iopf_enable(dev) : -EINVAL;	\
}											\
											\
static int name##_disable_feature(struct device *dev, enum iommu_dev_features feature)	\
{											\
	return 0;									\
}

#define SMMU_OPS_FEATURES	.dev_enable_feat = smmu_enable_feature,			\
				.dev_disable_feat = smmu_disable_feature,
#else
#define SMMU_DEFINE_FEATURES(name)
#define SMMU_OPS_FEATURES
#endif

#ifdef CONFIG_IOMMU_IOPF
#define SMMU_OPS_IOPF		.page_response = smmu_iopf_respond, SMMU_OPS_FEATURES
#else
#define SMMU_OPS_IOPF		SMMU_OPS_FEATURES
#endif

/*
 * SMMU_DEFINE_SET_DEV_PASID - define op_short(), which calls op() without a domain before
 * SMMU_OPS_SET_DEV_PASID - the member of iommu_domain_ops: op(), or op_short() for the 6.12 without that argument
 */
#define SMMU_DEFINE_SET_DEV_PASID(op)							\
int op##_short(struct iommu_domain *domain, struct device *dev, ioasid_t pasid)		\
{											\
	return op(domain, dev, pasid, NULL);						\
}

#define SMMU_OPS_SET_DEV_PASID(op)							\
	.set_dev_pasid = __builtin_choose_expr(						\
		__builtin_types_compatible_p(						\
			typeof_member(struct iommu_domain_ops, set_dev_pasid),		\
			int (*)(struct iommu_domain *, struct device *, ioasid_t)),	\
		op##_short, op),

/*
 * SMMU_DEFINE_ALLOC_FLAGS - define op_user(), which allocates a domain for iommufd, from op(dev, flags)
 * SMMU_OPS_ALLOC_FLAGS - its place in iommu_ops
 *
 * It has no data of user space: there are no nested domains.  In 6.13 iommufd gets no dirty tracking.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define SMMU_DEFINE_ALLOC_FLAGS(op)							\
static struct iommu_domain *op##_user(struct device *dev, u32 flags,			\
				      struct iommu_domain *parent,			\
				      const struct iommu_user_data *data)		\
{											\
	return parent || data ? ERR_PTR(-EOPNOTSUPP) : op(dev, flags);			\
}

#define SMMU_OPS_ALLOC_FLAGS(op)	.domain_alloc_user = op##_user,
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define SMMU_DEFINE_ALLOC_FLAGS(op)							\
static struct iommu_domain *op##_user(struct device *dev, u32 flags,			\
				      const struct iommu_user_data *data)		\
{											\
	return data ? ERR_PTR(-EOPNOTSUPP) : op(dev, flags);				\
}

#define SMMU_OPS_ALLOC_FLAGS(op)	.domain_alloc_paging_flags = op##_user,
#else
#define SMMU_DEFINE_ALLOC_FLAGS(op)
#define SMMU_OPS_ALLOC_FLAGS(op)
#endif

/* Since 6.14 the IOMMU core and iommufd may ask for a domain that PASIDs can be attached to, too. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define SMMU_ALLOC_PASID	IOMMU_HWPT_ALLOC_PASID
#else
#define SMMU_ALLOC_PASID	0
#endif

/* Without IOMMUFD_DRIVER iommu_dirty_bitmap_record() does nothing, and iommufd would take each page for clean. */
#define SMMU_DIRTY_REACHES_IOMMUFD							\
	(!IS_ENABLED(CONFIG_IOMMUFD) || IS_ENABLED(CONFIG_IOMMUFD_DRIVER))

/* Of iova_bitmap_set(), by which dirty pages are reported. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define SMMU_IMPORT_IOMMUFD	MODULE_IMPORT_NS("IOMMUFD")
#else
#define SMMU_IMPORT_IOMMUFD	MODULE_IMPORT_NS(IOMMUFD)
#endif

/* In an attach: the domain that the IOMMU core takes the device for attached to when the attach fails. */
static inline struct iommu_domain *smmu_domain_after_error(struct device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
	return iommu_driver_get_domain_for_dev(dev);
#else
	return iommu_get_domain_for_dev(dev);
#endif
}

/* Since 7.2, ATS is a capability. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#define smmu_kernel_asks_for_ats(cap)	((cap) == IOMMU_CAP_PCI_ATS_SUPPORTED)
#else
#define smmu_kernel_asks_for_ats(cap)	false
#endif

/*
 * Of the devices that do not work without ATS, those that use the protocol of CXL.cache without saying so in config
 * space: NVIDIA's GB20B and the NVLink-C2C function of ConnectX-10.
 */
static inline bool smmu_ats_required_by_id(u16 vendor, u16 device)
{
	return (vendor == PCI_VENDOR_ID_NVIDIA && device >= 0x2e00 && device <= 0x2e3f) ||
	       (vendor == PCI_VENDOR_ID_MELLANOX && device == 0x2101);
}

/*
 * Since 7.2 the PCI core knows the devices that do not work without ATS.  Before, the others are found by their DVSEC
 * (CXL 3.1, 8.1.3.1); a VF needs what its PF does.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#define smmu_kernel_ats_required(pci)	pci_ats_required(pci)
#elif defined(CONFIG_PCI)
#define SMMU_CXL_DVSEC_DEVICE		0
#define SMMU_CXL_DVSEC_CAPABILITY	0xa
#define SMMU_CXL_CACHE_CAPABLE		BIT(0)

static inline bool smmu_has_cxl_cache(struct pci_dev *pci)
{
	const u16 dvsec = pci_find_dvsec_capability(pci, PCI_VENDOR_ID_CXL, SMMU_CXL_DVSEC_DEVICE);
	u16 capability;

	return dvsec && !pci_read_config_word(pci, dvsec + SMMU_CXL_DVSEC_CAPABILITY, &capability) &&
	       capability & SMMU_CXL_CACHE_CAPABLE;
}

static inline bool smmu_kernel_ats_required(struct pci_dev *pci)
{
	struct pci_dev *const pf = pci_physfn(pci);

	return smmu_ats_required_by_id(pf->vendor, pf->device) || smmu_has_cxl_cache(pf);
}
#else
#define smmu_kernel_ats_required(pci)	false
#endif

/* log2 of the largest coherent allocation that is aligned to its own size */
#ifdef CONFIG_CMA_ALIGNMENT
#define SMMU_MAX_DMA_SHIFT	(PAGE_SHIFT + CONFIG_CMA_ALIGNMENT)
#else
#define SMMU_MAX_DMA_SHIFT	(PAGE_SHIFT + MAX_PAGE_ORDER)
#endif

#endif
