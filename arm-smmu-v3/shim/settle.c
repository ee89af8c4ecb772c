// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an attach leaves for later, because the IOMMU core calls it with the mutex of the group held.  A worker takes
 * the mutex, which is free when the attach has ended.
 *
 * From then on page faults are reported.  iommu_report_device_fault() finds the domain by a handle that the IOMMU core
 * stores after attach_dev() or set_dev_pasid().  Until then it finds that of the previous domain, whose owner frees it
 * without waiting for such a fault.
 *
 * A device that was not active gets ATS.  It is resumed without the mutex, which its driver may need for that.
 */
#include <linux/pm_runtime.h>

#include "shim.h"

/* What has been taken from the list.  @dev and @group are referenced; @dev may have been removed. */
struct smmu_unsettled {
	struct device		*dev;
	struct iommu_group	*group;
	bool			wakes;
};

/* A device in the list has been attached and not been removed: it is in a group. */
static bool smmu_settle_take(struct smmu *smmu, struct smmu_unsettled *next)
{
	struct smmu_client *client;

	spin_lock(&smmu->settle_lock);
	client = list_first_entry_or_null(&smmu->unsettled, struct smmu_client, unsettled);
	if (client) {
		list_del_init(&client->unsettled);
		next->dev = get_device(client->faults.dev);
		next->group = iommu_group_get(next->dev);
		next->wakes = client->wakes;
		client->wakes = false;
	}
	spin_unlock(&smmu->settle_lock);
	return client;
}

/* For iommu_group_for_each_dev(), as the next one: no attach is in progress, and the device has not been removed. */
static int smmu_settle_faults(struct device *dev, void *wanted)
{
	if (dev == wanted)
		smmu_iopf_report(dev);
	return dev == wanted;
}

static int smmu_settle_ats(struct device *dev, void *wanted)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (dev != wanted)
		return 0;
	shim_power_get(&client->smmu->power);
	smmu_ats_start(dev);
	shim_power_put(&client->smmu->power);
	return 1;
}

/* Faults come first: a device may wait in its runtime_resume for DMA that has stalled. */
static void smmu_settle_one(const struct smmu_unsettled *one)
{
	iommu_group_for_each_dev(one->group, one->dev, smmu_settle_faults);
	if (!one->wakes || !smmu_ats_wake(one->dev))
		return;
	iommu_group_for_each_dev(one->group, one->dev, smmu_settle_ats);
	pm_runtime_put(one->dev);
}

static void smmu_settle(struct work_struct *work)
{
	struct smmu *smmu = container_of(work, struct smmu, settle);
	struct smmu_unsettled next;

	while (smmu_settle_take(smmu, &next)) {
		smmu_settle_one(&next);
		iommu_group_put(next.group);
		put_device(next.dev);
	}
}

static void smmu_settle_cancel(void *data)
{
	struct smmu *smmu = data;

	cancel_work_sync(&smmu->settle);
}

/**
 * smmu_settle_init - prepare an SMMU for devices
 * @smmu: an SMMU being probed
 *
 * Context: process context.
 * Return: 0, or -ENOMEM.
 */
int smmu_settle_init(struct smmu *smmu)
{
	spin_lock_init(&smmu->settle_lock);
	INIT_LIST_HEAD(&smmu->unsettled);
	INIT_WORK(&smmu->settle, smmu_settle);
	return devm_add_action_or_reset(smmu->dev, smmu_settle_cancel, smmu);
}

/**
 * smmu_settle_later - see to a device when its attach has ended
 * @client: the device
 * @wakes: whether it is resumed for ATS
 *
 * In system sleep, when tasks are thawed.
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_settle_later(struct smmu_client *client, bool wakes)
{
	struct smmu *smmu = client->smmu;

	spin_lock(&smmu->settle_lock);
	client->wakes |= wakes;
	if (list_empty(&client->unsettled))
		list_add_tail(&client->unsettled, &smmu->unsettled);
	spin_unlock(&smmu->settle_lock);
	queue_work(system_freezable_wq, &smmu->settle);
}

/**
 * smmu_settle_forget - undo smmu_settle_later()
 * @client: a device being removed
 *
 * The worker may be waiting for the mutex: it finds the device in the group no more.
 *
 * Context: process context; the group's mutex is held, if the device is in one.
 */
void smmu_settle_forget(struct smmu_client *client)
{
	spin_lock(&client->smmu->settle_lock);
	list_del_init(&client->unsettled);
	spin_unlock(&client->smmu->settle_lock);
}
