/* SPDX-License-Identifier: GPL-2.0-only */
/* Registration with the driver core and with the IOMMU core. */
#ifndef SHIM_DRIVER_H
#define SHIM_DRIVER_H

#include <linux/types.h>

struct device;
struct device_driver;
struct fwnode_handle;
struct iommu_device;
struct iommu_ops;
struct platform_driver;

void *shim_driver_find(const struct device_driver *driver, const struct fwnode_handle *fwnode);
int shim_driver_register(struct platform_driver *driver, const char *hardware,
			 const char *in_tree_init);
void shim_driver_exit(void);

int shim_iommu_register(struct iommu_device *iommu, const struct iommu_ops *ops, struct device *dev,
			const char *name);
void shim_iommu_unregister(struct iommu_device *iommu);

#endif
