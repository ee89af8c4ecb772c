/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runtime PM of an IOMMU, on when the user or the hardware wants it:
 *
 *	static struct os_choice runtime_pm = { os_runtime_pm_words };
 *	module_param_cb(runtime_pm, &os_choice_ops, &runtime_pm, 0444);
 */
#ifndef SHIM_RUNTIME_PM_H
#define SHIM_RUNTIME_PM_H

#include <linux/types.h>

#include "shim/choice.h"

struct device;

enum { OS_RUNTIME_PM_AUTO, OS_RUNTIME_PM_ON, OS_RUNTIME_PM_OFF };
static const char *const os_runtime_pm_words[] __maybe_unused = { "auto", "on", "off", NULL };

/**
 * struct os_power - the power of an IOMMU
 * @dev: the IOMMU
 * @managed: whether runtime PM powers it down when no client is active
 */
struct os_power {
	struct device	*dev;
	bool		managed;
};

int os_power_start(struct os_power *power, struct device *dev, const struct os_choice *choice);
void os_power_stop(struct os_power *power);
int os_power_get(struct os_power *power);
void os_power_put(struct os_power *power);

/* For dev_pm_ops. */
int os_runtime_idle(struct device *dev);
int os_suspend_begin(struct device *dev);

/* For an IOMMU that runtime PM is known to manage, or whose usage count has to be balanced. */
void os_runtime_pm_put(struct device *dev);

#endif
