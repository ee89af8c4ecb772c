/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runtime PM references to an IOMMU, and the policy which IOMMUs have runtime PM:
 *
 *	static struct shim_choice runtime_pm = { shim_runtime_pm_words };
 *	module_param_cb(runtime_pm, &shim_choice_ops, &runtime_pm, 0444);
 */
#ifndef SHIM_RUNTIME_PM_H
#define SHIM_RUNTIME_PM_H

#include <linux/device.h>
#include <linux/types.h>

#include "shim/choice.h"

enum { SHIM_RUNTIME_PM_AUTO, SHIM_RUNTIME_PM_ON, SHIM_RUNTIME_PM_OFF };
static const char *const shim_runtime_pm_words[] __maybe_unused = { "auto", "on", "off", NULL };

struct shim_pm_ops;

/**
 * struct shim_power - the power of an IOMMU, at the beginning of its driver data
 * @dev: the IOMMU
 * @ops: the operations of its driver, see pm.h
 * @managed: whether runtime PM is enabled for it
 * @stays_on: whether it stays on in this system sleep
 */
struct shim_power {
	struct device			*dev;
	const struct shim_pm_ops	*ops;
	bool				managed, stays_on;
};

static inline struct shim_power *shim_power_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

int shim_power_start(struct shim_power *power, struct device *dev, const struct shim_choice *choice);
void shim_power_stop(struct shim_power *power);
int shim_power_get(struct shim_power *power);
void shim_power_put(struct shim_power *power);

/* For dev_pm_ops. */
int shim_runtime_idle(struct device *dev);

/* Also for an IOMMU without runtime PM, to balance its usage count. */
void shim_runtime_pm_put(struct device *dev);

#endif
