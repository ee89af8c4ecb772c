/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for the tests outside of IOMMU domains, and nothing else. */
#ifndef KUNIT_LINUX_COMMON_COMPAT_H
#define KUNIT_LINUX_COMMON_COMPAT_H

#include <linux/pm_domain.h>
#include <linux/version.h>

#include "kunit/linux/common/uml.h"

/* Newer kernels keep a power domain that was found on until the sync_state() of its provider. */
#ifdef GENPD_FLAG_NO_STAY_ON
#define TEST_GENPD_FLAGS	GENPD_FLAG_NO_STAY_ON
#else
#define TEST_GENPD_FLAGS	0
#endif

/* The io-pgtable of newer kernels refuses to unmap a part of a block, and warns. */
#define TEST_BLOCKS_ARE_SPLIT	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0))

/* When an IOMMU is registered, newer kernels add all devices without a driver, and then allocate their domains. */
#define TEST_DEVICES_COME_BEFORE_DOMAINS	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0))

/* Whether ATS is a capability, and whether a device has it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#define TEST_KERNEL_ASKS_FOR_ATS	true
#define test_ats_capable(dev)	device_iommu_capable(dev, IOMMU_CAP_PCI_ATS_SUPPORTED)
#else
#define TEST_KERNEL_ASKS_FOR_ATS	false
#define test_ats_capable(dev)	((void)(dev), false)
#endif

/*
 * Newer kernels add a device that had no memory for the IDs of its IOMMU when its driver is bound, which the IOMMU core
 * warns about.
 */
static inline u32 test_log_late_probes(void)
{
	return test_log_count("late IOMMU probe at driver bind");
}

#endif
