// SPDX-License-Identifier: GPL-2.0-only
/* See runtime_pm.h. */
#include <linux/device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "shim/runtime_pm.h"

/* The initial value of power/autosuspend_delay_ms in sysfs. */
#define SHIM_AUTOSUSPEND_DELAY_MS	50

/*
 * Whether a device may lose power when runtime PM suspends it.  A generic power domain may be always on; other
 * kinds are assumed not to be.
 */
static bool shim_power_may_go(struct device *dev)
{
#ifdef CONFIG_PM_GENERIC_DOMAINS
	/* Only genpd sets domain_data, and keeps it for as long as it is the device's power domain. */
	if (dev->pm_domain && dev->power.subsys_data && dev->power.subsys_data->domain_data)
		return !(pd_to_genpd(dev->pm_domain)->flags &
			 (GENPD_FLAG_ALWAYS_ON | GENPD_FLAG_RPM_ALWAYS_ON));
#endif
	return dev->pm_domain;
}

static bool shim_runtime_pm_is_wanted(struct device *dev, const struct shim_choice *choice)
{
	if (choice->value == SHIM_RUNTIME_PM_AUTO)
		return shim_power_may_go(dev);
	return choice->value == SHIM_RUNTIME_PM_ON;
}

/**
 * shim_power_start - set the runtime PM status of an IOMMU to active, and enable runtime PM by policy
 * @power: of an IOMMU being probed
 * @dev: the IOMMU
 * @choice: the policy; auto means that it has a power domain that may turn off
 *
 * It stays on until shim_power_put().
 *
 * Context: process context.
 * Return: 0, or the errno (logged) of a parent or a supplier that is not on.
 */
int shim_power_start(struct shim_power *power, struct device *dev, const struct shim_choice *choice)
{
	int ret = pm_runtime_set_active(dev);

	if (ret < 0)
		return dev_err_probe(dev, ret, "failed to set runtime PM status to active\n");
	power->dev = dev;
	power->managed = shim_runtime_pm_is_wanted(dev, choice);
	if (!power->managed)
		return 0;
	pm_runtime_get_noresume(dev);
	pm_runtime_set_autosuspend_delay(dev, SHIM_AUTOSUSPEND_DELAY_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_enable(dev);
	return 0;
}

/**
 * shim_power_stop - undo shim_power_start()
 * @power: of an IOMMU that is active since shim_power_start() or shim_power_get()
 *
 * Context: process context.
 */
void shim_power_stop(struct shim_power *power)
{
	if (power->managed) {
		pm_runtime_dont_use_autosuspend(power->dev);
		pm_runtime_disable(power->dev);
		pm_runtime_put_noidle(power->dev);
		power->managed = false;
	}
	pm_runtime_set_suspended(power->dev);
}

/**
 * shim_power_get - resume an IOMMU and hold a reference
 * @power: of the IOMMU
 *
 * Context: process context.
 * Return: 0, or the errno of the resume.  The reference is held in both cases.
 */
int shim_power_get(struct shim_power *power)
{
	int ret = power->managed ? pm_runtime_get_sync(power->dev) : 0;

	return ret < 0 ? ret : 0;
}

/**
 * shim_power_put - undo shim_power_get()
 * @power: of the IOMMU
 *
 * Context: any.
 */
void shim_power_put(struct shim_power *power)
{
	if (power->managed)
		shim_runtime_pm_put(power->dev);
}

/**
 * shim_runtime_pm_put - drop a reference, the last one starts the autosuspend delay
 * @dev: an IOMMU to which the caller holds a reference
 *
 * Context: any.
 */
void shim_runtime_pm_put(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	__pm_runtime_put_autosuspend(dev);
}

/**
 * shim_runtime_idle - dev_pm_ops.runtime_idle: start the autosuspend delay
 * @dev: an IOMMU without references
 *
 * The PM core does not call pm_runtime_mark_last_busy() for a supplier whose last consumer suspends.
 *
 * Context: process context.
 * Return: 0, for an autosuspend.
 */
int shim_runtime_idle(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	return 0;
}
