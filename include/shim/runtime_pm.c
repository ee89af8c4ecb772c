// SPDX-License-Identifier: GPL-2.0-only
/* See runtime_pm.h. */
#include <linux/device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "shim/runtime_pm.h"

/* What power/autosuspend_delay_ms in sysfs starts with. */
#define SHIM_AUTOSUSPEND_DELAY_MS	50

/*
 * Whether a device loses power when runtime PM suspends it.  A generic power domain may be one that is always on;
 * of other kinds nothing is known.
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
 * shim_power_start - tell runtime PM that an IOMMU is on, and let it manage the IOMMU if that is wanted
 * @power: of an IOMMU being probed
 * @dev: the IOMMU
 * @choice: auto: if it has a power domain that can be off
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
 * @power: of an IOMMU going out of service, on since shim_power_start() or shim_power_get()
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
 * shim_power_get - turn an IOMMU on and keep it so
 * @power: of the IOMMU
 *
 * Context: process context.
 * Return: 0, or the errno of a resume that failed; shim_power_put() follows in both cases.
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
 * shim_runtime_pm_put - let an IOMMU go down when nobody holds it and the delay is over
 * @dev: an IOMMU, held on
 *
 * Context: any.
 */
void shim_runtime_pm_put(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	__pm_runtime_put_autosuspend(dev);
}

/**
 * shim_runtime_idle - dev_pm_ops.runtime_idle: the autosuspend delay begins
 * @dev: an IOMMU that nothing holds any more
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
