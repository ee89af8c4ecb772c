// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power of an IPMMU: start, stop, suspend, resume, and what keeps it on.
 *
 * Every client has a device link to its leaf, and every leaf one to its root, so runtime PM keeps a root on
 * while any leaf is, and system sleep suspends clients, leaves and roots in this order.  shim/clients.h is about
 * clients that runtime PM does not know to be active.  Attaching and mapping need no power: the core writes the
 * registers on resume.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "shim/resume_failure.h"
#include "shim/runtime_pm.h"
#include "shim.h"

struct shim_clients ipmmu_clients;

static struct shim_choice runtime_pm = { shim_runtime_pm_words };
module_param_cb(runtime_pm, &shim_choice_ops, &runtime_pm, 0444);
MODULE_PARM_DESC(runtime_pm,
		 "Runtime PM of IPMMUs: auto (default, for those with a power domain that may turn off), on, off");

static struct shim_choice resume_failure = { shim_resume_failure_words };
module_param_cb(resume_failure, &shim_choice_ops, &resume_failure, 0644);
MODULE_PARM_DESC(resume_failure,
		 "If an IPMMU fails to resume from system sleep: panic (default), or isolate (DMA behind its root is blocked)");

static int ipmmu_start(struct device *dev)
{
	struct ipmmu *ipmmu = dev_get_drvdata(dev);
	int ret = ipmmu_core_start(ipmmu->core);

	if (!ret)
		ipmmu_irq_enable(ipmmu);
	return ret;
}

/* Power is removed before devres frees the interrupt: its handler may not run by then. */
static void ipmmu_stop(struct device *dev, bool served)
{
	struct ipmmu *ipmmu = dev_get_drvdata(dev);

	ipmmu_core_stop(ipmmu->core);
	ipmmu_irq_disable(ipmmu);
}

static int ipmmu_suspend(struct device *dev)
{
	struct ipmmu *ipmmu = dev_get_drvdata(dev);
	int ret;

	ipmmu_irq_disable(ipmmu);
	ret = ipmmu_core_suspend(ipmmu->core);
	if (ret)
		ipmmu_irq_enable(ipmmu);
	return ret;
}

/* The interrupt of an IPMMU that has failed stays disabled. */
static int ipmmu_resume(struct device *dev)
{
	struct ipmmu *ipmmu = dev_get_drvdata(dev);
	int ret = ipmmu_core_resume(ipmmu->core);

	if (!ret)
		ipmmu_irq_enable(ipmmu);
	return ret;
}

static bool ipmmu_has_failed(struct device *dev)
{
	struct ipmmu *ipmmu = dev_get_drvdata(dev);

	return ipmmu_core_failed(ipmmu->core);
}

/*
 * It keeps power and the runtime PM status "active": its micro-TLBs block DMA only while it has power.  After its
 * clients have been suspended once, resuming them fails.
 */
static void ipmmu_lose(struct device *dev, int ret)
{
	shim_resume_failed(dev, &resume_failure, ret);
}

const struct shim_pm_ops ipmmu_power_ops = {
	.clients	= &ipmmu_clients,
	.runtime_pm	= &runtime_pm,
	.start		= ipmmu_start,
	.stop		= ipmmu_stop,
	.suspend	= ipmmu_suspend,
	.resume		= ipmmu_resume,
	.has_failed	= ipmmu_has_failed,
	.lose		= ipmmu_lose,
};

const struct dev_pm_ops ipmmu_pm_ops = {
	SET_RUNTIME_PM_OPS(shim_runtime_suspend, shim_runtime_resume, shim_runtime_idle)
	SET_SYSTEM_SLEEP_PM_OPS(shim_suspend_begin, NULL)
	SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(shim_suspend_noirq, shim_resume_noirq)
};

/**
 * ipmmu_link_root - add a device link from a leaf to its root
 * @leaf: an IPMMU being probed
 * @root: its root
 *
 * Context: process context.
 * Return: 0, or -ENOMEM.
 */
int ipmmu_link_root(struct ipmmu *leaf, struct ipmmu *root)
{
	if (device_link_add(leaf->dev, root->dev,
			    DL_FLAG_PM_RUNTIME | DL_FLAG_AUTOREMOVE_CONSUMER))
		return 0;
	dev_err(leaf->dev, "failed to add a device link to %s\n", dev_name(root->dev));
	return -ENOMEM;
}
