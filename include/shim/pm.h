/* SPDX-License-Identifier: GPL-2.0-only */
/* Start, stop, suspend and resume of an IOMMU, by probe, remove, runtime PM and system sleep. */
#ifndef SHIM_PM_H
#define SHIM_PM_H

#include <linux/types.h>

struct device;
struct iommu_device;
struct iommu_ops;
struct shim_choice;
struct shim_clients;
struct shim_power;

/**
 * struct shim_pm_ops - operations of a driver on its hardware, in process context
 * @clients: the clients of its IOMMUs
 * @runtime_pm: which IOMMUs runtime PM manages
 * @start: enable translation and interrupts; 0, or a negative errno after which @stop is called
 * @stop: disable translation and interrupts; @served is false if probe fails
 * @suspend: 0, or a negative errno: the IOMMU is still on, or has failed
 * @resume: 0, or a negative errno: the IOMMU has failed
 * @has_failed: whether it will not resume before the next boot
 * @must_stay_on: whether runtime PM may not suspend it although no client needs it; may be NULL
 * @lose: it has failed in system sleep with the errno @ret while it had active clients
 */
struct shim_pm_ops {
	struct shim_clients		*clients;
	const struct shim_choice	*runtime_pm;
	int (*start)(struct device *dev);
	void (*stop)(struct device *dev, bool served);
	int (*suspend)(struct device *dev);
	int (*resume)(struct device *dev);
	bool (*has_failed)(struct device *dev);
	bool (*must_stay_on)(struct device *dev);
	void (*lose)(struct device *dev, int ret);
};

int shim_pm_start(struct shim_power *power, struct device *dev, const struct shim_pm_ops *ops);
void shim_pm_abandon(struct shim_power *power);
void shim_pm_stop(struct shim_power *power);
void shim_pm_remove(struct shim_power *power);

/* For dev_pm_ops. */
int shim_runtime_suspend(struct device *dev);
int shim_runtime_resume(struct device *dev);
int shim_suspend_begin(struct device *dev);
int shim_suspend_noirq(struct device *dev);
int shim_resume_noirq(struct device *dev);

#endif
