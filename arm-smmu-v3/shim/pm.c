// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power: when an SMMU may be without it, and who keeps it on.
 *
 * Every client has a device link to its SMMU, so runtime PM keeps the SMMU on while a client is active and
 * system sleep suspends it after them.  shim/clients.h is about clients that runtime PM does not know to be
 * active.  What can sleep and needs the hardware takes shim_power_get(); what
 * can't (unmapping in atomic context) never resumes the SMMU: the core leaves its invalidations out.
 * Interrupt handlers take nothing: they are disabled, and have ended, before power goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/pm_wakeup.h>
#include <linux/suspend.h>

#include "shim/resume_failure.h"
#include "shim/runtime_pm.h"
#include "shim.h"

struct shim_clients smmu_clients;

static struct shim_choice runtime_pm = { shim_runtime_pm_words };
module_param_cb(runtime_pm, &shim_choice_ops, &runtime_pm, 0444);
MODULE_PARM_DESC(runtime_pm,
		 "Runtime PM of SMMUs: auto (default, for those with a power domain that may turn off), on, off");

static struct shim_choice resume_failure = { shim_resume_failure_words };
module_param_cb(resume_failure, &shim_choice_ops, &resume_failure, 0644);
MODULE_PARM_DESC(resume_failure,
		 "If an SMMU fails in system sleep: panic (default), or isolate (DMA behind it aborts until reboot)");

static int smmu_suspend(struct smmu *smmu)
{
	int ret = smmu_core_suspend(smmu->core);

	if (ret && !smmu_core_failed(smmu->core))
		return ret;
	smmu_irqs_disable(smmu);
	return ret;
}

static int smmu_resume(struct smmu *smmu)
{
	int ret = smmu_core_resume(smmu->core);

	if (ret)
		smmu_irqs_disable(smmu);	/* they are, but a drain may be queued */
	else
		smmu_irqs_enable(smmu);
	return ret;
}

/*
 * -EBUSY, because runtime PM takes any other error for the end of the device.  One that is failed is off,
 * and resuming a client of it is what has to fail.
 */
static int __maybe_unused smmu_runtime_suspend(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	if (shim_clients_wakeful(&smmu_clients, dev) || smmu_core_has_reserved(smmu->core))
		return -EBUSY;
	return smmu_suspend(smmu) && !smmu_core_failed(smmu->core) ? -EBUSY : 0;
}

static int __maybe_unused smmu_runtime_resume(struct device *dev)
{
	return smmu_resume(dev_get_drvdata(dev));
}

/*
 * It does not matter whether that came of system sleep or of giving it up: the clients that were at work
 * have lost their SMMU.  Runtime PM, which is off now, refuses to resume them later.
 */
static void smmu_lose(struct smmu *smmu, int ret)
{
	shim_resume_failed(smmu->dev, &resume_failure, ret);
	pm_runtime_set_suspended(smmu->dev);
}

/*
 * Without a power domain nothing switches its power in suspend-to-idle.  Only a genpd says that it stays on for
 * wake-up; on arm64, the domain of a device in a device tree is one.
 */
static bool smmu_has_power_for_wakeup(struct device *dev)
{
	if (!dev->pm_domain)
		return true;
	return IS_ENABLED(CONFIG_PM_GENERIC_DOMAINS_OF) && dev->of_node &&
	       pd_to_genpd(dev->pm_domain)->flags & GENPD_FLAG_ACTIVE_WAKEUP;
}

/* Firmware's streams do not sleep, and translation keeps the others out. */
static bool smmu_is_needed_in_s2idle(struct smmu *smmu)
{
	return shim_clients_may_wake(&smmu_clients, smmu->dev) ||
	       smmu_core_has_reserved(smmu->core);
}

/*
 * A PCI device, and a port for those below it, wakes the system by a message: a write that has to pass its SMMU.
 * In deeper sleep the SMMU loses its power, and firmware sees to wake-ups.  The late phase, because every client
 * has said in its suspend whether it may wake, and the PM core still passes the wakeup path on to the parent.
 */
static int __maybe_unused smmu_suspend_late(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	smmu->stays_on = pm_suspend_target_state == PM_SUSPEND_TO_IDLE &&
			 smmu_has_power_for_wakeup(dev) && smmu_is_needed_in_s2idle(smmu);
	if (smmu->stays_on)
		device_set_wakeup_path(dev);
	return 0;
}

static int __maybe_unused smmu_suspend_noirq(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);
	int ret;

	if (smmu->stays_on || pm_runtime_status_suspended(dev))
		return 0;
	ret = smmu_suspend(smmu);
	if (ret && smmu_core_failed(smmu->core))
		smmu_lose(smmu, ret);
	return ret;
}

static int __maybe_unused smmu_resume_noirq(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);
	int ret;

	if (smmu_core_failed(smmu->core)) {
		/* Only to abort everything once more, even where runtime PM has taken its clock. */
		dev_pm_domain_start(dev);
		smmu_resume(smmu);
		return 0;
	}
	if (smmu->stays_on || pm_runtime_status_suspended(dev))
		return 0;
	ret = smmu_resume(smmu);
	if (ret)
		smmu_lose(smmu, ret);
	return ret;
}

const struct dev_pm_ops smmu_pm_ops = {
	SET_RUNTIME_PM_OPS(smmu_runtime_suspend, smmu_runtime_resume, shim_runtime_idle)
	SET_SYSTEM_SLEEP_PM_OPS(shim_suspend_begin, NULL)
	SET_LATE_SYSTEM_SLEEP_PM_OPS(smmu_suspend_late, NULL)
	SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(smmu_suspend_noirq, smmu_resume_noirq)
};

/**
 * smmu_pm_prepare - tell runtime PM that an SMMU is on
 * @smmu: an SMMU being probed
 *
 * It stays on until shim_power_put().
 *
 * Context: process context.
 * Return: 0, or a negative errno (logged).
 */
int smmu_pm_prepare(struct smmu *smmu)
{
	return shim_power_start(&smmu->power, smmu->dev, &runtime_pm);
}
