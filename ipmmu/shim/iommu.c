// SPDX-License-Identifier: GPL-2.0-only
/* The operations of an IPMMU on the devices behind it: probe, release, xlate, capabilities. */
#include <linux/module.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "shim/client.h"
#include "shim/driver.h"
#include "shim.h"

static int ipmmu_create_master(struct ipmmu_client *client, struct device *dev)
{
	u32 *utlbs, count;
	int ret;

	utlbs = shim_unique_ids(dev, &count);
	if (!utlbs)
		return -ENOMEM;
	ret = ipmmu_core_master_create(client->ipmmu->core, dev, utlbs, count, &client->master);
	kfree(utlbs);
	if (ret)
		dev_err(dev, "failed to add to %s: %pe\n", dev_name(client->ipmmu->dev),
			ERR_PTR(ret));
	return ret;
}

/**
 * ipmmu_probe_device - iommu_ops.probe_device: add a device
 * @dev: a device
 *
 * Context: process context.
 * Return: the IPMMU, or an ERR_PTR(): -ENODEV if it is behind no IPMMU of this driver or has no micro-TLB,
 * -EINVAL if a micro-TLB is out of range, -ENOMEM.
 */
static struct iommu_device *ipmmu_probe_device(struct device *dev)
{
	struct ipmmu *ipmmu = shim_iommu_of(dev, ipmmu_clients.driver);
	struct ipmmu_client *client;
	int ret;

	if (!ipmmu)
		return ERR_PTR(-ENODEV);

	client = kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return ERR_PTR(-ENOMEM);
	client->ipmmu = ipmmu;
	client->faults.dev = dev;
	ret = ipmmu_create_master(client, dev);
	if (ret)
		goto free;
	shim_client_add(&ipmmu_clients, &client->power, dev, ipmmu->dev);
	ipmmu_groups_add(client, dev);
	dev_iommu_priv_set(dev, client);
	return &ipmmu->iommu;

free:
	kfree(client);
	return ERR_PTR(ret);
}

/**
 * ipmmu_release_device - iommu_ops.release_device: detach and remove a device
 * @dev: the device
 *
 * Context: process context.
 */
static void ipmmu_release_device(struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);

	ipmmu_groups_remove(client);
	shim_client_remove(&ipmmu_clients, &client->power);
	shim_fault_source_move(&client->faults, NULL);
	ipmmu_core_master_destroy(client->master);
	kfree(client);
}

static int ipmmu_check_entry(struct ipmmu *ipmmu, struct device *dev,
			     const struct of_phandle_args *args)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	u32 utlbs;

	if (!shim_has_one_cell(dev, args, "a micro-TLB"))
		return -EINVAL;
	if (fwspec->iommu_fwnode != of_fwnode_handle(args->np)) {
		dev_err(dev, "iommus refers to %pOF and another IPMMU, one is supported\n", args->np);
		return -EINVAL;
	}
	utlbs = ipmmu_core_info(ipmmu->core)->utlbs;
	if (args->args[0] >= utlbs) {
		dev_err(dev, "iommus refers to micro-TLB %u of %pOF, which has %u\n", args->args[0],
			args->np, utlbs);
		return -EINVAL;
	}
	return 0;
}

/**
 * ipmmu_of_xlate - iommu_ops.of_xlate: add an entry of "iommus" or "iommu-map"
 * @dev: the device
 * @args: the entry; its one cell is a micro-TLB
 *
 * Context: process context.
 * Return: 0, -ENODEV for a device that is not translated, -EINVAL if the entry is invalid (logged), -ENOMEM.
 */
static int ipmmu_of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	struct ipmmu *ipmmu = shim_driver_find(ipmmu_clients.driver, of_fwnode_handle(args->np));
	int ret;

	if (!ipmmu || !ipmmu_device_allowed(ipmmu, dev))
		return -ENODEV;
	ret = ipmmu_check_entry(ipmmu, dev, args);
	if (ret)
		return ret;
	return iommu_fwspec_add_ids(dev, args->args, 1);
}

/* The device tree describes the coherency of PCI functions in the node of their host bridge. */
static bool ipmmu_is_coherent(struct device *dev)
{
	if (dev_is_pci(dev))
		dev = pci_find_host_bridge(to_pci_dev(dev)->bus)->dev.parent;
	return dev && device_get_dma_attr(dev) == DEV_DMA_COHERENT;
}

/**
 * ipmmu_capable - iommu_ops.capable: whether an IPMMU has a capability
 * @dev: the device
 * @cap: the capability
 *
 * Context: any.
 * Return: true if it has.
 */
static bool ipmmu_capable(struct device *dev, enum iommu_cap cap)
{
	return shim_capable(cap, ipmmu_is_coherent(dev));
}

const struct iommu_ops ipmmu_iommu_ops = {
	.capable		= ipmmu_capable,
	.domain_alloc_paging	= ipmmu_paging_alloc,
	.probe_device		= ipmmu_probe_device,
	.release_device		= ipmmu_release_device,
	.device_group		= ipmmu_device_group,
	.get_resv_regions	= shim_get_resv_regions,
	.of_xlate		= ipmmu_of_xlate,
	.default_domain_ops	= &ipmmu_paging_ops,
	.identity_domain	= &ipmmu_identity_domain,
	.blocked_domain		= &ipmmu_blocked_domain,
	SHIM_IOMMU_OPS_COMMON,
};
