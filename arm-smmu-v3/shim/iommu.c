// SPDX-License-Identifier: GPL-2.0-only
/* The operations of an SMMU on the devices behind it: probe, release, xlate, capabilities. */
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "shim/client.h"
#include "process.h"
#include "shim.h"

/* HiSilicon PCIe trace device: its driver programs physical addresses. */
#define PCI_DEVICE_ID_HISILICON_PTT	0xa12e

/* An error in the firmware description.  Any errno but -ENODEV could fail the registration of the SMMU. */
static bool smmu_is_bad_stream(int ret)
{
	return ret == -ERANGE || ret == -EBUSY;
}

static int smmu_create_master(struct smmu_client *client, struct device *dev)
{
	u32 *sids, count, pasid_bits;
	int ret;

	sids = shim_unique_ids(dev, &count);
	if (!sids)
		return -ENOMEM;
	pasid_bits = smmu_pasid_prepare(client->smmu, dev);
	client->has_pasids = pasid_bits;
	ret = smmu_core_master_create(client->smmu->core, dev, sids, count, pasid_bits,
				      &client->master);
	if (!ret)
		smmu_streams_add(client, sids, count);
	kfree(sids);
	if (ret)
		dev_err(dev, "failed to add to %s: %pe%s\n", dev_name(client->smmu->dev),
			ERR_PTR(ret), ret == -EBUSY ? "" : ", DMA aborts");
	return smmu_is_bad_stream(ret) ? -ENODEV : ret;
}

/**
 * smmu_probe_device - iommu_ops.probe_device: add a device
 * @dev: a device
 *
 * Context: process context.
 * Return: the SMMU, or an ERR_PTR(): -ENODEV if it is behind no SMMU of this driver, has no stream ID,
 * has one that is out of range or in use by another device; -ENOMEM.
 */
static struct iommu_device *smmu_probe_device(struct device *dev)
{
	struct smmu *smmu = shim_iommu_of(dev, smmu_clients.driver);
	struct smmu_client *client;
	int ret;

	if (!smmu)
		return ERR_PTR(-ENODEV);

	client = kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return ERR_PTR(-ENOMEM);
	client->smmu = smmu;
	client->faults.dev = dev;
	smmu_settle_prepare(client);
	mutex_init(&client->lock);
	dev_iommu_priv_set(dev, client);

	ret = smmu_create_master(client, dev);
	if (ret)
		goto free;
	smmu_ats_prepare(dev);
	smmu_iopf_prepare(client);
	smmu_pri_prepare(client);
	shim_client_add(&smmu_clients, &client->power, dev, smmu->dev);
	return &smmu->iommu;

free:
	smmu_pasid_finish(dev);
	dev_iommu_priv_set(dev, NULL);
	kfree(client);
	return ERR_PTR(ret);
}

/**
 * smmu_probe_finalize - iommu_ops.probe_finalize: tell Linux of PASIDs that could not be enabled
 * @dev: a device that was added
 *
 * Linux has set max_pasids to what the device says that it has, and Linux 7.2 warns if they are not enabled.
 *
 * Context: process context.
 */
static void smmu_probe_finalize(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (!client->has_pasids)
		dev->iommu->max_pasids = 0;
}

/**
 * smmu_release_device - iommu_ops.release_device: block and remove a device
 * @dev: the device
 *
 * A device with a direct mapping by firmware is not blocked: it may do DMA without a driver.
 *
 * Context: process context.
 */
static void smmu_release_device(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	smmu_streams_remove(client);
	smmu_ats_stop(dev);
	smmu_pri_finish(client);
	shim_client_remove(&smmu_clients, &client->power);
	smmu_client_attached(client, NULL);
	smmu_settle_forget(client);
	if (dev->iommu->require_direct)
		smmu_core_master_keep_direct(client->master);
	smmu_core_master_destroy(client->master);
	smmu_iopf_finish(client);
	smmu_pasid_finish(dev);
	kfree(client);
}

/**
 * smmu_of_xlate - iommu_ops.of_xlate: add an entry of "iommus" or "iommu-map"
 * @dev: the device
 * @args: the entry; its one cell is a stream ID
 *
 * Context: process context.
 * Return: 0, -EINVAL when there isn't exactly one cell, -ENOMEM.
 */
static int smmu_of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	if (!shim_has_one_cell(dev, args, "a stream ID"))
		return -EINVAL;
	return iommu_fwspec_add_ids(dev, args->args, 1);
}

/**
 * smmu_capable - iommu_ops.capable: whether an SMMU has a capability
 * @dev: the device
 * @cap: the capability
 *
 * Context: any.
 * Return: true if it has.
 */
static bool smmu_capable(struct device *dev, enum iommu_cap cap)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (cap == IOMMU_CAP_DIRTY_TRACKING)
		return smmu_tracks_dirty(dev);
	if (smmu_kernel_asks_for_ats(cap))
		return smmu_ats_capable(dev);
	return shim_capable(cap, smmu_core_info(client->smmu->core)->coherent);
}

/**
 * smmu_def_domain_type - iommu_ops.def_domain_type: the default domain that a device needs
 * @dev: the device
 *
 * Context: process context.
 * Return: an IOMMU_DOMAIN_ type, or 0 for the kernel's default.
 */
static int smmu_def_domain_type(struct device *dev)
{
	struct pci_dev *pci;

	if (!dev_is_pci(dev))
		return 0;
	pci = to_pci_dev(dev);
	if (pci->vendor == PCI_VENDOR_ID_HUAWEI && pci->device == PCI_DEVICE_ID_HISILICON_PTT)
		return IOMMU_DOMAIN_IDENTITY;
	return 0;
}

SMMU_DEFINE_ALLOC_FLAGS(smmu_paging_alloc_flags)
SMMU_DEFINE_FEATURES(smmu)

const struct iommu_ops smmu_iommu_ops = {
	.capable		= smmu_capable,
	.domain_alloc_paging	= smmu_paging_alloc,
	SMMU_OPS_ALLOC_FLAGS(smmu_paging_alloc_flags)
	.probe_device		= smmu_probe_device,
	.probe_finalize		= smmu_probe_finalize,
	.release_device		= smmu_release_device,
	.device_group		= shim_device_group,
	.get_resv_regions	= shim_get_resv_regions,
	.of_xlate		= smmu_of_xlate,
	.def_domain_type	= smmu_def_domain_type,
	.default_domain_ops	= &smmu_paging_ops,
	.identity_domain	= &smmu_identity_domain,
	.blocked_domain		= &smmu_blocked_domain,
	SMMU_OPS_REMOVE_DEV_PASID
	SMMU_OPS_IOPF
	SMMU_OPS_SVA
	SHIM_IOMMU_OPS_COMMON,
};
