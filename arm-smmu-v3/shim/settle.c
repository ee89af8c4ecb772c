// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an attach leaves for later, because the IOMMU core calls it with the mutex of the group held.  Workers take the
 * mutex, which is free when the attach has ended.
 *
 * From then on page faults are reported.  iommu_report_device_fault() finds the domain by a handle that the IOMMU core
 * stores after attach_dev() or set_dev_pasid().  Until then it finds that of the previous domain, whose owner frees it
 * without waiting for such a fault.
 *
 * A device that was not active gets ATS.  It is resumed without the mutex, which its driver may need for that.  The
 * worker that does so is another one: runtime_resume may wait, also for DMA that has stalled.
 */
#include <linux/pm_runtime.h>

#include "shim.h"

/* What has been taken from a list.  @dev and @group are referenced; @dev may have been removed. */
struct smmu_unsettled {
	struct device		*dev;
	struct iommu_group	*group;
};

/* A device in a list has been attached and not been removed: it is in a group. */
static bool smmu_settle_take(struct smmu *smmu, enum smmu_settling what,
			     struct smmu_unsettled *next)
{
	struct list_head *list = &smmu->unsettled[what];
	struct smmu_client *client;

	spin_lock(&smmu->settle_lock);
	client = list_first_entry_or_null(list, struct smmu_client, unsettled[what]);
	if (client) {
		list_del_init(&client->unsettled[what]);
		next->dev = get_device(client->faults.dev);
		next->group = iommu_group_get(next->dev);
	}
	spin_unlock(&smmu->settle_lock);
	return client;
}

static void smmu_settle_each(struct smmu *smmu, enum smmu_settling what,
			     void (*settle)(const struct smmu_unsettled *one))
{
	struct smmu_unsettled next;

	while (smmu_settle_take(smmu, what, &next)) {
		settle(&next);
		iommu_group_put(next.group);
		put_device(next.dev);
	}
}

/* For iommu_group_for_each_dev(), as the next one: no attach is in progress, and the device has not been removed. */
static int smmu_report_wanted(struct device *dev, void *wanted)
{
	if (dev == wanted)
		smmu_iopf_report(dev);
	return dev == wanted;
}

static int smmu_start_ats_of_wanted(struct device *dev, void *wanted)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (dev != wanted)
		return 0;
	shim_power_get(&client->smmu->power);
	smmu_ats_start(dev);
	shim_power_put(&client->smmu->power);
	return 1;
}

static void smmu_settle_faults(const struct smmu_unsettled *one)
{
	iommu_group_for_each_dev(one->group, one->dev, smmu_report_wanted);
}

static void smmu_settle_ats(const struct smmu_unsettled *one)
{
	if (!smmu_ats_wake(one->dev))
		return;
	iommu_group_for_each_dev(one->group, one->dev, smmu_start_ats_of_wanted);
	pm_runtime_put(one->dev);
}

static void smmu_settle_faults_of_all(struct work_struct *work)
{
	smmu_settle_each(container_of(work, struct smmu, settle[SMMU_SETTLE_FAULTS]),
			 SMMU_SETTLE_FAULTS, smmu_settle_faults);
}

static void smmu_settle_ats_of_all(struct work_struct *work)
{
	smmu_settle_each(container_of(work, struct smmu, settle[SMMU_SETTLE_ATS]),
			 SMMU_SETTLE_ATS, smmu_settle_ats);
}

static void smmu_settle_cancel(void *data)
{
	struct smmu *smmu = data;
	int what;

	for (what = 0; what < SMMU_NR_SETTLINGS; what++)
		cancel_work_sync(&smmu->settle[what]);
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
	int what;

	spin_lock_init(&smmu->settle_lock);
	for (what = 0; what < SMMU_NR_SETTLINGS; what++)
		INIT_LIST_HEAD(&smmu->unsettled[what]);
	INIT_WORK(&smmu->settle[SMMU_SETTLE_FAULTS], smmu_settle_faults_of_all);
	INIT_WORK(&smmu->settle[SMMU_SETTLE_ATS], smmu_settle_ats_of_all);
	return devm_add_action_or_reset(smmu->dev, smmu_settle_cancel, smmu);
}

/**
 * smmu_settle_prepare - prepare a device for smmu_settle_later()
 * @client: a device being added
 *
 * Context: process context.
 */
void smmu_settle_prepare(struct smmu_client *client)
{
	int what;

	for (what = 0; what < SMMU_NR_SETTLINGS; what++)
		INIT_LIST_HEAD(&client->unsettled[what]);
}

/**
 * smmu_settle_later - see to a device when its attach has ended
 * @client: the device
 * @what: have its faults reported, or resume it for ATS
 *
 * In system sleep, when tasks are thawed.
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_settle_later(struct smmu_client *client, enum smmu_settling what)
{
	struct smmu *smmu = client->smmu;

	spin_lock(&smmu->settle_lock);
	if (list_empty(&client->unsettled[what]))
		list_add_tail(&client->unsettled[what], &smmu->unsettled[what]);
	spin_unlock(&smmu->settle_lock);
	queue_work(system_freezable_wq, &smmu->settle[what]);
}

/**
 * smmu_settle_forget - undo smmu_settle_later()
 * @client: a device being removed
 *
 * A worker may be waiting for the mutex: it finds the device in the group no more.
 *
 * Context: process context; the group's mutex is held, if the device is in one.
 */
void smmu_settle_forget(struct smmu_client *client)
{
	int what;

	spin_lock(&client->smmu->settle_lock);
	for (what = 0; what < SMMU_NR_SETTLINGS; what++)
		list_del_init(&client->unsettled[what]);
	spin_unlock(&client->smmu->settle_lock);
}
