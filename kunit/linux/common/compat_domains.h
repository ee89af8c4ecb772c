/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for tests of IOMMU domains, and nothing else. */
#ifndef KUNIT_LINUX_COMMON_COMPAT_DOMAINS_H
#define KUNIT_LINUX_COMMON_COMPAT_DOMAINS_H

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/version.h>

#include "iommu-priv.h"

/* In 6.12 a domain may be allocated without a device, and gets its page table when it is attached. */
#define TEST_ATTACHING_ALLOCATES_TABLES	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0))

/* Of a domain that PASIDs can be attached to; such a flag is not needed before 6.14. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define TEST_ALLOC_PASID	IOMMU_HWPT_ALLOC_PASID
#else
#define TEST_ALLOC_PASID	0
#endif

/* As iommufd allocates a domain.  @data: of user space. */
static inline struct iommu_domain *test_domain_alloc_user(struct device *dev, u32 flags,
							  const struct iommu_user_data *data)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
	struct iommu_domain *domain = dev_iommu_ops(dev)->domain_alloc_paging_flags(dev, flags, data);
#else
	struct iommu_domain *domain = dev_iommu_ops(dev)->domain_alloc_user(dev, flags, NULL, data);
#endif

	if (!IS_ERR(domain))
		domain->owner = dev_iommu_ops(dev);
	return domain;
}

/* As the IOMMU core attaches one device of a group. */
static inline int test_attach_dev(const struct iommu_domain_ops *ops, struct iommu_domain *domain,
				  struct device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	return ops->attach_dev(domain, dev, NULL);
#else
	return ops->attach_dev(domain, dev);
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
/* A domain has a device from its allocation on. */
static inline struct iommu_domain *test_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(dev);

	return IS_ERR(domain) ? NULL : domain;
}

static inline int test_replace_domain(struct iommu_group *group, struct iommu_domain *domain)
{
	static struct iommu_attach_handle handle;

	return iommu_replace_group_handle(group, domain, &handle);
}

static inline void test_detach_replaced(struct iommu_group *group, struct iommu_domain *domain)
{
	iommu_detach_group_handle(domain, group);
}
#else
/* The first attach selects the IOMMU. */
static inline struct iommu_domain *test_domain_alloc(struct device *dev)
{
	return iommu_domain_alloc(dev->bus);
}

static inline int test_replace_domain(struct iommu_group *group, struct iommu_domain *domain)
{
	return iommu_group_replace_domain(group, domain);
}

static inline void test_detach_replaced(struct iommu_group *group, struct iommu_domain *domain)
{
	iommu_detach_group(domain, group);
}
#endif

#endif
