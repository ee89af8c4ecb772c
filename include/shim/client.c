// SPDX-License-Identifier: GPL-2.0-only
/* See client.h. */
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "shim/client.h"
#include "shim/compat.h"
#include "shim/driver.h"

/* The IOVA range for MSI doorbells, as in all Arm IOMMU drivers. */
#define SHIM_MSI_IOVA_BASE	0x8000000
#define SHIM_MSI_IOVA_LENGTH	0x100000

/**
 * shim_iommu_of - the IOMMU that the fwspec of a device names
 * @dev: the device
 * @driver: a platform driver
 *
 * Context: process context.
 * Return: the driver data of the IOMMU, or NULL if @dev has no fwspec or @driver is not bound to it.
 */
void *shim_iommu_of(struct device *dev, const struct device_driver *driver)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	return fwspec && fwspec->num_ids ? shim_driver_find(driver, fwspec->iommu_fwnode) : NULL;
}

/**
 * shim_unique_ids - the IDs of a device, each once
 * @dev: a device with an iommu_fwspec; that of a bridged PCI device may hold an ID twice
 * @count: how many there are
 *
 * Context: process context.
 * Return: the IDs, which the caller frees by kfree(), or NULL without memory.
 */
u32 *shim_unique_ids(struct device *dev, u32 *count)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	u32 *ids = kmalloc_array(fwspec->num_ids, sizeof(*ids), GFP_KERNEL);
	unsigned int i, j;

	*count = 0;
	for (i = 0; ids && i < fwspec->num_ids; i++) {
		for (j = 0; j < *count && ids[j] != fwspec->ids[i]; j++)
			;
		if (j == *count)
			ids[(*count)++] = fwspec->ids[i];
	}
	return ids;
}

/**
 * shim_check_cells - check "#iommu-cells" of an IOMMU's device tree node
 * @iommu: the IOMMU
 *
 * Context: process context.
 * Return: 0, or -EINVAL when it is not 1 (logged).
 */
int shim_check_cells(struct device *iommu)
{
	u32 cells;

	if (of_property_read_u32(iommu->of_node, "#iommu-cells", &cells))
		return dev_err_probe(iommu, -EINVAL, "missing #iommu-cells property\n");
	if (cells != 1)
		return dev_err_probe(iommu, -EINVAL, "invalid #iommu-cells value (%u)\n", cells);
	return 0;
}

/**
 * shim_has_one_cell - check an entry of a device tree's "iommus" or "iommu-map"
 * @dev: the device
 * @args: the entry
 * @cell: what its one cell is, for the log
 *
 * Context: process context.
 * Return: true, or false when there isn't exactly one cell (logged).
 */
bool shim_has_one_cell(struct device *dev, const struct of_phandle_args *args, const char *cell)
{
	if (args->args_count == 1)
		return true;
	dev_err(dev, "iommus has %d cells per entry, must be 1: %s\n", args->args_count, cell);
	return false;
}

/**
 * shim_device_group - iommu_ops.device_group: find or allocate the group of a device
 * @dev: the device
 *
 * PCI devices share a group if the bus does not isolate them from each other.  Every other device has its own.
 *
 * Context: process context.
 * Return: the group with a reference, or an ERR_PTR().
 */
struct iommu_group *shim_device_group(struct device *dev)
{
	return dev_is_pci(dev) ? pci_device_group(dev) : generic_device_group(dev);
}

/**
 * shim_get_resv_regions - iommu_ops.get_resv_regions: add the reserved IOVA ranges of a device
 * @dev: the device
 * @head: the list to add to
 *
 * Context: process context.
 */
void shim_get_resv_regions(struct device *dev, struct list_head *head)
{
	struct iommu_resv_region *msi;

	msi = iommu_alloc_resv_region(SHIM_MSI_IOVA_BASE, SHIM_MSI_IOVA_LENGTH,
				      IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO,
				      IOMMU_RESV_SW_MSI, GFP_KERNEL);
	if (!msi)
		return;
	list_add_tail(&msi->list, head);
	iommu_dma_get_resv_regions(dev, head);
}

/**
 * shim_capable - whether the IOMMU has a capability for a device
 * @cap: the capability
 * @coherent: whether its DMA is coherent with the CPUs' caches
 *
 * Context: any.
 * Return: true if it has.
 */
bool shim_capable(enum iommu_cap cap, bool coherent)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return coherent;
	case IOMMU_CAP_NOEXEC:
	case IOMMU_CAP_DEFERRED_FLUSH:
		return true;
	default:
		return false;
	}
}
