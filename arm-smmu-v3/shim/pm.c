// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power of an SMMU: start, stop, suspend, resume, and what keeps it on.
 *
 * Every client has a device link to its SMMU, so runtime PM keeps the SMMU on while a client is active and
 * system sleep suspends it after them.  shim/clients.h is about clients that runtime PM does not know to be
 * active.  A caller that may sleep and needs the hardware takes a reference by shim_power_get().  Unmapping, which may
 * be atomic, never resumes the SMMU: the core elides its invalidations.  Interrupt handlers take no reference: they
 * are disabled before power is removed.
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

struct shim_clients smmu_clients = { .binds = smmu_attach_before_bind };

static struct shim_choice runtime_pm = { shim_runtime_pm_words };
module_param_cb(runtime_pm, &shim_choice_ops, &runtime_pm, 0444);
MODULE_PARM_DESC(runtime_pm,
		 "Runtime PM of SMMUs: auto (default, for those with a power domain that may turn off), on, off");

static struct shim_choice resume_failure = { shim_resume_failure_words };
module_param_cb(resume_failure, &shim_choice_ops, &resume_failure, 0644);
MODULE_PARM_DESC(resume_failure,
		 "If an SMMU fails in system sleep: panic (default), or isolate (DMA behind it aborts until reboot)");

static const char *const smmu_on_exit_words[] = {
	[SMMU_EXIT_FIRMWARE]	= "firmware",
	[SMMU_EXIT_ABORT]	= "abort",
	NULL
};

static struct shim_choice on_exit = { smmu_on_exit_words };
module_param_cb(on_exit, &shim_choice_ops, &on_exit, 0444);
MODULE_PARM_DESC(on_exit,
		 "DMA after removal or shutdown of an SMMU: firmware (default, GBPA as found at probe), abort");

static int smmu_start(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);
	int ret = smmu_core_start(smmu->core);

	if (!ret)
		smmu_irqs_enable(smmu);
	return ret;
}

/* Power is removed before devres frees the interrupts: no handler may run by then. */
static void smmu_stop(struct device *dev, bool served)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	smmu_core_stop(smmu->core, served ? on_exit.value : SMMU_EXIT_FIRMWARE);
	smmu_irqs_disable(smmu);
}

static int smmu_suspend(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);
	int ret = smmu_core_suspend(smmu->core);

	if (ret && !smmu_core_failed(smmu->core))
		return ret;
	smmu_irqs_disable(smmu);
	return ret;
}

static int smmu_resume(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);
	int ret = smmu_core_resume(smmu->core);

	if (ret)
		smmu_irqs_disable(smmu);	/* they are disabled, but a drain may be queued */
	else
		smmu_irqs_enable(smmu);
	return ret;
}

static bool smmu_has_failed(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	return smmu_core_failed(smmu->core);
}

/* Firmware's streams are in use in every power state, and only translation blocks the others. */
static bool smmu_has_reserved(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	return smmu_core_has_reserved(smmu->core);
}

static bool smmu_must_stay_on(struct device *dev)
{
	return smmu_has_reserved(dev) || smmu_ats_in_use(dev_get_drvdata(dev));
}

/*
 * Either the resume has failed, or a suspend whose rollback has failed.  Runtime PM is disabled in this phase: the
 * status "suspended" makes later resumes of the clients fail.
 */
static void smmu_lose(struct device *dev, int ret)
{
	shim_resume_failed(dev, &resume_failure, ret);
	pm_runtime_set_suspended(dev);
}

const struct shim_pm_ops smmu_power_ops = {
	.clients	= &smmu_clients,
	.runtime_pm	= &runtime_pm,
	.start		= smmu_start,
	.stop		= smmu_stop,
	.suspend	= smmu_suspend,
	.resume		= smmu_resume,
	.has_failed	= smmu_has_failed,
	.must_stay_on	= smmu_must_stay_on,
	.lose		= smmu_lose,
};

/*
 * Without a power domain, power stays on in suspend-to-idle.  Only a genpd tells whether it stays on for wakeup; on
 * arm64, the power domain of a device in the device tree is a genpd.
 */
static bool smmu_has_power_for_wakeup(struct device *dev)
{
	if (!dev->pm_domain)
		return true;
	return IS_ENABLED(CONFIG_PM_GENERIC_DOMAINS_OF) && dev->of_node &&
	       pd_to_genpd(dev->pm_domain)->flags & GENPD_FLAG_ACTIVE_WAKEUP;
}

static bool smmu_is_needed_in_s2idle(struct device *dev)
{
	return shim_clients_may_wake(&smmu_clients, dev) || smmu_has_reserved(dev);
}

/*
 * A PCI device, or a port for the devices below it, wakes the system by an MSI, which the SMMU translates.  In deeper
 * sleep states the SMMU loses power, and firmware handles wakeups.  This is done in the late phase: every client has
 * set its wakeup path in suspend, and the PM core still propagates that of the SMMU to its parent.
 */
static int __maybe_unused smmu_suspend_late(struct device *dev)
{
	struct shim_power *power = shim_power_of(dev);

	power->stays_on = pm_suspend_target_state == PM_SUSPEND_TO_IDLE &&
			  smmu_has_power_for_wakeup(dev) && smmu_is_needed_in_s2idle(dev);
	if (power->stays_on)
		device_set_wakeup_path(dev);
	/* In the noirq phase, its clients lose power, and answer no invalidation. */
	smmu_ats_suspend(dev_get_drvdata(dev));
	return 0;
}

/* Every client has returned to D0 in the noirq phase. */
static int __maybe_unused smmu_resume_early(struct device *dev)
{
	smmu_ats_resume(dev_get_drvdata(dev));
	return 0;
}

const struct dev_pm_ops smmu_pm_ops = {
	SET_RUNTIME_PM_OPS(shim_runtime_suspend, shim_runtime_resume, shim_runtime_idle)
	SET_SYSTEM_SLEEP_PM_OPS(shim_suspend_begin, NULL)
	SET_LATE_SYSTEM_SLEEP_PM_OPS(smmu_suspend_late, smmu_resume_early)
	SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(shim_suspend_noirq, shim_resume_noirq)
};
