// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own driver, from its own source, under another name: for comparison on the same model. */
#include <linux/platform_device.h>

#undef builtin_platform_driver
#define builtin_platform_driver(driver)
#include <ipmmu-vmsa.c>

#include "kunit/linux/ipmmu/intree.h"

/* Its own would crash: it unregisters roots that were never registered, and leaves after their sysfs entry. */
static void remove(struct platform_device *pdev)
{
	struct ipmmu_vmsa_device *mmu = platform_get_drvdata(pdev);

	if (ipmmu_is_root(mmu))
		return;
	iommu_device_unregister(&mmu->iommu);
	iommu_device_sysfs_remove(&mmu->iommu);
}

int ipmmu_intree_register(void)
{
	ipmmu_driver.driver.name = "ipmmu-vmsa-intree";
	ipmmu_driver.remove = remove;
	return platform_driver_register(&ipmmu_driver);
}

void ipmmu_intree_unregister(void)
{
	platform_driver_unregister(&ipmmu_driver);
}
