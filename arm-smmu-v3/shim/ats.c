// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATS: when a device may use it, and its order with attach and sleep.
 *
 * A device has ATS enabled while it is attached to a paging domain, possibly by a PASID, and also in an identity
 * domain if it does not work without: after the core has granted it, until before it is withdrawn (IHI 0070 3.9.2).
 *
 * Meanwhile runtime PM suspends neither the device nor the SMMU: a suspended PCI function may keep its ATC and answers
 * no invalidation, and no hook of runtime PM precedes its suspend.  For system sleep, ATS is disabled while the device
 * is still in D0, and is enabled again when it has returned to D0.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pm_runtime.h>

#include "pci_ats.h"
#include "shim.h"

#define SMMU_ATS_EXCEPTIONS	16

enum { SMMU_ATS_OFF, SMMU_ATS_REQUIRED, SMMU_ATS_ON };
static const char *const smmu_ats_words[] = { "off", "required", "on", NULL };

static struct shim_choice ats = { smmu_ats_words, SMMU_ATS_REQUIRED };
module_param_cb(ats, &shim_choice_ops, &ats, 0444);
MODULE_PARM_DESC(ats, "Which PCI devices use ATS: off, required (default: those that need it), on");

static char *ats_except[SMMU_ATS_EXCEPTIONS];
static int ats_exceptions;
module_param_array(ats_except, charp, &ats_exceptions, 0444);
MODULE_PARM_DESC(ats_except, "Names of devices that are used without ATS, such as 0000:01:00.0");

static bool smmu_ats_is_excepted(struct device *dev)
{
	int i;

	for (i = 0; i < ats_exceptions; i++)
		if (!strcmp(ats_except[i], dev_name(dev)))
			return true;
	return false;
}

static bool smmu_ats_is_chosen(const struct smmu_client *client)
{
	return (ats.value == SMMU_ATS_ON || (ats.value == SMMU_ATS_REQUIRED && client->needs_ats)) &&
	       !smmu_ats_is_excepted(client->faults.dev);
}

/* Firmware tells whether the root complex supports ATS. */
static bool smmu_ats_is_possible(const struct smmu_client *client)
{
	struct device *dev = client->faults.dev;
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	return smmu_ats_is_chosen(client) && smmu_core_info(client->smmu->core)->has_ats && fwspec &&
	       fwspec->flags & IOMMU_FWSPEC_PCI_RC_ATS && smmu_pci_ats_supported(dev);
}

/**
 * smmu_ats_capable - whether a device may use ATS
 * @dev: the device
 *
 * Context: any.
 * Return: true if its attach to a paging domain enables ATS.
 */
bool smmu_ats_capable(struct device *dev)
{
	return smmu_ats_is_possible(dev_iommu_priv_get(dev));
}

/* Why a device that requires ATS is used without. */
static const char *smmu_ats_obstacle(struct smmu *smmu, struct device *dev)
{
	if (ats.value == SMMU_ATS_OFF)
		return "which the parameter ats=off disables";
	if (smmu_ats_is_excepted(dev))
		return "but is named in the parameter ats_except";
	if (smmu_core_info(smmu->core)->forces_stalls)
		return "but the faults of its SMMU stall";
	if (!smmu_core_info(smmu->core)->has_ats)
		return "which the SMMU does not support";
	return "which firmware does not declare for the root complex";
}

/* Smallest Translation Unit: log2 of the smallest granule of the SMMU (3.9.1). */
static int smmu_ats_stu(struct smmu *smmu)
{
	return __ffs(smmu_core_info(smmu->core)->pgsize_bitmap);
}

/**
 * smmu_ats_init - prepare an SMMU for devices with ATS
 * @smmu: an SMMU being probed
 *
 * Context: process context.
 */
void smmu_ats_init(struct smmu *smmu)
{
	mutex_init(&smmu->ats_lock);
	INIT_LIST_HEAD(&smmu->ats_clients);
	INIT_LIST_HEAD(&smmu->pri_bearers);
}

static void smmu_ats_prepare_required(struct smmu_client *client)
{
	struct device *dev = client->faults.dev;
	int ret;

	if (!smmu_ats_is_possible(client)) {
		dev_warn(dev, "requires ATS, %s: the device may not work\n",
			 smmu_ats_obstacle(client->smmu, dev));
		return;
	}
	ret = smmu_core_bypass_with_ats(client->master);
	if (ret)
		dev_warn(dev, "requires ATS, and has none in an identity domain: %s\n",
			 ret == -EINVAL ? "the SMMU lacks stage 1 or SubstreamIDs" : "no memory");
}

/**
 * smmu_ats_prepare - prepare a device for ATS
 * @dev: a device being added, with a core object
 *
 * Context: process context.
 */
void smmu_ats_prepare(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	INIT_LIST_HEAD(&client->ats_node);
	client->needs_ats = smmu_pci_ats_required(dev);
	if (client->needs_ats)
		smmu_ats_prepare_required(client);
	if (smmu_ats_is_possible(client))
		smmu_pci_prepare_ats(dev, smmu_ats_stu(client->smmu));
}

static bool smmu_ats_enable(struct smmu_client *client)
{
	struct device *dev = client->faults.dev;
	int ret = smmu_core_grant_ats(client->master);

	if (ret) {
		if (ret != -EINVAL)	/* not with this attachment */
			dev_warn(dev, "failed to grant ATS: %pe, used without it\n", ERR_PTR(ret));
		return false;
	}
	ret = smmu_pci_enable_ats(dev, smmu_ats_stu(client->smmu));
	if (ret) {
		dev_warn(dev, "failed to enable ATS: %pe, used without it\n", ERR_PTR(ret));
		smmu_core_withdraw_ats(client->master);
	}
	return !ret;
}

/* The device is awake, and answers the last invalidation. */
static void smmu_ats_disable(struct smmu_client *client)
{
	smmu_pri_stop(client);
	smmu_pci_disable_ats(client->faults.dev);
	smmu_core_withdraw_ats(client->master);
}

/* Not in an identity domain without PASIDs, unless the device needs it, nor in a blocking one. */
static bool smmu_ats_is_wanted(struct smmu_client *client)
{
	return smmu_ats_is_possible(client) &&
	       (smmu_core_in_domain_besides(client->master, IOMMU_NO_PASID) ||
		smmu_core_bypasses_with_ats(client->master));
}

/* Take a reference on a device that is active.  Without runtime PM it is in D0. */
static bool smmu_ats_keep_awake(struct device *dev)
{
	const int ret = pm_runtime_get_if_active(dev);

	if (ret == -EINVAL)
		pm_runtime_get_noresume(dev);
	return ret;
}

/**
 * smmu_ats_wake - resume a device for ATS
 * @dev: a device of which smmu_ats_start() has said that it must be resumed
 *
 * Context: process context, without the group's mutex, which the driver of the device may take in runtime_resume.
 * Return: true with a reference of runtime PM; false if it can't be resumed.
 */
bool smmu_ats_wake(struct device *dev)
{
	const int ret = pm_runtime_get_sync(dev);

	if (ret >= 0 || ret == -EACCES)
		return true;
	pm_runtime_put_noidle(dev);
	dev_warn(dev, "failed to resume for ATS: %pe, used without it\n", ERR_PTR(ret));
	return false;
}

static bool smmu_ats_add(struct smmu_client *client)
{
	struct smmu *smmu = client->smmu;
	bool added;

	mutex_lock(&smmu->ats_lock);
	added = list_empty(&client->ats_node) && (smmu->ats_asleep || smmu_ats_enable(client));
	if (added)
		list_add(&client->ats_node, &smmu->ats_clients);
	smmu_pri_update(client);
	mutex_unlock(&smmu->ats_lock);
	return added;
}

/**
 * smmu_ats_start - enable ATS of a device, if it is possible
 * @dev: a device that has been attached; its SMMU is on
 *
 * Nothing is done if it is enabled, but for PRI.  From the late phase of suspend on, smmu_ats_resume() enables it.
 * A device that is not active is resumed by a worker of settle.c, which calls this again: its driver may attach in
 * runtime_resume, and the caller may be its runtime_suspend or runtime_resume.
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_ats_start(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (!smmu_ats_is_wanted(client))
		return;
	if (!smmu_ats_keep_awake(dev))
		smmu_settle_later(client, SMMU_SETTLE_ATS);
	else if (!smmu_ats_add(client))
		pm_runtime_put(dev);
}

/**
 * smmu_ats_start_later - enable ATS of a device, if it is possible, when its attach has ended
 * @dev: a device that has been attached; its SMMU may be late to answer
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_ats_start_later(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (smmu_ats_is_wanted(client))
		smmu_settle_later(client, SMMU_SETTLE_ATS);
}

/* The reference is dropped asynchronously. */
static void smmu_ats_remove(struct smmu_client *client)
{
	list_del_init(&client->ats_node);
	pm_runtime_put(client->faults.dev);
}

/**
 * smmu_ats_stop - disable ATS of a device
 * @dev: a device that will be attached to another domain, or removed
 *
 * Context: process context.
 */
void smmu_ats_stop(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	struct smmu *smmu = client->smmu;

	mutex_lock(&smmu->ats_lock);
	if (!list_empty(&client->ats_node)) {
		if (!smmu->ats_asleep)
			smmu_ats_disable(client);
		smmu_ats_remove(client);
	}
	mutex_unlock(&smmu->ats_lock);
}

/**
 * smmu_ats_in_use - whether a device has ATS enabled
 * @smmu: its SMMU
 *
 * Context: any.
 * Return: true if there is one: then the SMMU must not be suspended at run time, although the device link of a device
 * without runtime PM does not say so.
 */
bool smmu_ats_in_use(struct smmu *smmu)
{
	return !list_empty_careful(&smmu->ats_clients);
}

/**
 * smmu_ats_suspend - disable ATS for system sleep
 * @smmu: an SMMU whose clients have been suspended, and are still in D0
 *
 * Context: process context, in the late phase of suspend.
 */
void smmu_ats_suspend(struct smmu *smmu)
{
	struct smmu_client *client;

	mutex_lock(&smmu->ats_lock);
	list_for_each_entry(client, &smmu->ats_clients, ats_node)
		smmu_ats_disable(client);
	smmu->ats_asleep = true;
	mutex_unlock(&smmu->ats_lock);
}

/**
 * smmu_ats_resume - enable ATS after system sleep
 * @smmu: an SMMU that has resumed, and whose clients are in D0
 *
 * Context: process context, in the early phase of resume.
 */
void smmu_ats_resume(struct smmu *smmu)
{
	struct smmu_client *client, *next;

	mutex_lock(&smmu->ats_lock);
	if (smmu->ats_asleep)
		list_for_each_entry_safe(client, next, &smmu->ats_clients, ats_node)
			if (!smmu_ats_enable(client))
				smmu_ats_remove(client);
	smmu->ats_asleep = false;
	list_for_each_entry(client, &smmu->ats_clients, ats_node)
		smmu_pri_update(client);
	mutex_unlock(&smmu->ats_lock);
}
