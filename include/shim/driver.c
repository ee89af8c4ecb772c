// SPDX-License-Identifier: GPL-2.0-only
/* See driver.h. */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>

#include "shim/driver.h"

/**
 * shim_driver_find - the IOMMU that firmware calls @fwnode
 * @driver: a platform driver
 * @fwnode: its firmware node
 *
 * Also finds one that is being probed: iommu_device_register() in its probe adds clients.
 *
 * Context: process context.
 * Return: the driver data of the IOMMU, or NULL when @driver has none there.
 */
void *shim_driver_find(const struct device_driver *driver, const struct fwnode_handle *fwnode)
{
	struct device *dev = bus_find_device_by_fwnode(&platform_bus_type, fwnode);
	void *found = NULL;

	if (dev && dev->driver == driver)
		found = dev_get_drvdata(dev);
	put_device(dev);
	return found;
}

static bool shim_driver_is_idle(const struct device_driver *driver)
{
	struct device *dev = driver_find_device(driver, NULL, NULL, device_match_any);

	put_device(dev);
	return !dev;
}

/**
 * shim_driver_register - register a driver and log why nothing is driven
 * @driver: the driver
 * @hardware: what it drives, for the log
 * @in_tree_init: the initcall of the kernel's own driver, which has the same name
 *
 * IOMMUs may be probed before this returns.
 *
 * Context: process context.
 * Return: 0; -EBUSY when the kernel's own driver is registered (logged); or the driver core's errno.
 */
int shim_driver_register(struct platform_driver *driver, const char *hardware,
			 const char *in_tree_init)
{
	int ret = platform_driver_register(driver);

	if (ret == -EBUSY)
		pr_err("the kernel's own %s driver is active: boot with initcall_blacklist=%s to use this one\n",
		       hardware, in_tree_init);
	else if (!ret && shim_driver_is_idle(&driver->driver))
		pr_info("loaded, no %s found\n", hardware);
	return ret;
}

/**
 * shim_driver_exit - wait for tasks that are about to leave the module
 *
 * iommu_domain_ops.free drops the module's reference, possibly the last one, and returns through the module.
 *
 * Context: process context; the last call of module_exit().
 */
void shim_driver_exit(void)
{
	synchronize_rcu_tasks();
}

/**
 * shim_iommu_register - register an IOMMU with the IOMMU core
 * @iommu: its handle in the IOMMU core
 * @ops: its operations
 * @dev: the IOMMU
 * @name: its name in sysfs
 *
 * Devices may be attached before this returns.
 *
 * Context: process context.
 * Return: 0, or a negative errno (logged) after undoing everything.
 */
int shim_iommu_register(struct iommu_device *iommu, const struct iommu_ops *ops, struct device *dev,
			const char *name)
{
	int ret;

	ret = iommu_device_sysfs_add(iommu, dev, NULL, "%s", name);
	if (ret)
		return dev_err_probe(dev, ret, "failed to add sysfs entries\n");
	ret = iommu_device_register(iommu, ops, dev);
	if (ret) {
		iommu_device_sysfs_remove(iommu);
		return dev_err_probe(dev, ret, "failed to register iommu\n");
	}
	return 0;
}

/**
 * shim_iommu_unregister - undo shim_iommu_register()
 * @iommu: its handle
 *
 * Context: process context.
 */
void shim_iommu_unregister(struct iommu_device *iommu)
{
	iommu_device_unregister(iommu);
	iommu_device_sysfs_remove(iommu);
}
