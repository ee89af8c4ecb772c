/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runtime PM of an IOMMU, on when the user or the hardware wants it:
 *
 *	static struct os_choice runtime_pm = { os_runtime_pm_words };
 *	module_param_cb(runtime_pm, &os_choice_ops, &runtime_pm, 0444);
 */
#ifndef SHIM_RUNTIME_PM_H
#define SHIM_RUNTIME_PM_H

#include <linux/device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "shim/choice.h"

/* What power/autosuspend_delay_ms in sysfs starts with. */
#define OS_AUTOSUSPEND_DELAY_MS	50

enum { OS_RUNTIME_PM_AUTO, OS_RUNTIME_PM_ON, OS_RUNTIME_PM_OFF };
static const char *const os_runtime_pm_words[] __maybe_unused = { "auto", "on", "off", NULL };

/**
 * os_power_may_go - whether a device loses power when runtime PM suspends it
 * @dev: a device being probed
 *
 * A generic power domain may be one that is always on; of other kinds nothing is known.
 *
 * Context: process context.
 * Return: true when it has a power domain that may be turned off.
 */
static inline bool os_power_may_go(struct device *dev)
{
#ifdef CONFIG_PM_GENERIC_DOMAINS
	/* Only genpd sets domain_data, and keeps it for as long as it is the device's power domain. */
	if (dev->pm_domain && dev->power.subsys_data && dev->power.subsys_data->domain_data)
		return !(pd_to_genpd(dev->pm_domain)->flags &
			 (GENPD_FLAG_ALWAYS_ON | GENPD_FLAG_RPM_ALWAYS_ON));
#endif
	return dev->pm_domain;
}

/**
 * os_runtime_pm_start - let runtime PM manage an IOMMU, if it is wanted
 * @dev: an IOMMU being probed, set active
 * @choice: auto: if os_power_may_go()
 *
 * It stays on until os_runtime_pm_put().
 *
 * Context: process context.
 * Return: true when runtime PM manages it now.
 */
static inline bool os_runtime_pm_start(struct device *dev, const struct os_choice *choice)
{
	if (choice->value == OS_RUNTIME_PM_OFF ||
	    (choice->value == OS_RUNTIME_PM_AUTO && !os_power_may_go(dev)))
		return false;
	pm_runtime_get_noresume(dev);
	pm_runtime_set_autosuspend_delay(dev, OS_AUTOSUSPEND_DELAY_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_enable(dev);
	return true;
}

/**
 * os_runtime_pm_stop - undo os_runtime_pm_start()
 * @dev: an IOMMU going out of service, held on
 *
 * Context: process context.
 */
static inline void os_runtime_pm_stop(struct device *dev)
{
	pm_runtime_dont_use_autosuspend(dev);
	pm_runtime_disable(dev);
	pm_runtime_put_noidle(dev);
}

/**
 * os_runtime_idle - dev_pm_ops.runtime_idle: the autosuspend delay begins
 * @dev: an IOMMU that nothing holds any more
 *
 * The PM core does not call pm_runtime_mark_last_busy() for a supplier whose last consumer suspends.
 *
 * Context: process context.
 * Return: 0, for an autosuspend.
 */
static inline int os_runtime_idle(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	return 0;
}

/**
 * os_runtime_pm_put - let an IOMMU go down when nobody holds it and the delay is over
 * @dev: an IOMMU managed by runtime PM, held on
 *
 * Context: any.
 */
static inline void os_runtime_pm_put(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	__pm_runtime_put_autosuspend(dev);
}

#endif
