// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that got a driver before their SMMU did.  After deferred_probe_timeout, Linux probes a device without its
 * IOMMU, and does not add it to the IOMMU later: its stream has no STE, and its DMA aborts once the SMMU translates.
 */
#include <linux/amba/bus.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "shim.h"

static bool smmu_is_in_iommus(const struct device_node *client, const struct device_node *smmu)
{
	struct of_phandle_args args;
	int i;

	for (i = 0; !of_parse_phandle_with_args(client, "iommus", "#iommu-cells", i, &args); i++) {
		of_node_put(args.np);
		if (args.np == smmu)
			return true;
	}
	return false;
}

#ifdef CONFIG_PCI
/* An entry of iommu-map, whose StreamID has one cell: shim_check_cells(). */
enum { MAP_FIRST_RID, MAP_IOMMU, MAP_FIRST_SID, MAP_COUNT, MAP_CELLS };

static bool smmu_read_map_entry(const struct device_node *bridge, u32 index, u32 entry[MAP_CELLS])
{
	u32 i;

	for (i = 0; i < MAP_CELLS; i++)
		if (of_property_read_u32_index(bridge, "iommu-map", index * MAP_CELLS + i, &entry[i]))
			return false;
	return true;
}

static bool smmu_is_in_iommu_map(struct pci_dev *pdev, const struct device_node *smmu)
{
	const struct device *parent = pci_find_host_bridge(pdev->bus)->dev.parent;
	const struct device_node *bridge = parent ? parent->of_node : NULL;
	u32 entry[MAP_CELLS], mask = ~0U, rid, i;

	of_property_read_u32(bridge, "iommu-map-mask", &mask);
	rid = pci_dev_id(pdev) & mask;
	for (i = 0; smmu_read_map_entry(bridge, i, entry); i++)
		if (entry[MAP_IOMMU] == smmu->phandle && rid - entry[MAP_FIRST_RID] < entry[MAP_COUNT])
			return true;
	return false;
}
#else
static bool smmu_is_in_iommu_map(struct pci_dev *pdev, const struct device_node *smmu)
{
	return false;
}
#endif

static bool smmu_is_described_for(struct device *dev, const struct device_node *smmu)
{
	return dev_is_pci(dev) ? smmu_is_in_iommu_map(to_pci_dev(dev), smmu) :
				 smmu_is_in_iommus(dev->of_node, smmu);
}

/* A device whose lock is held is about to be bound or unbound, which this must not wait for. */
static int smmu_warn_late(struct device *dev, void *data)
{
	struct smmu *smmu = data;

	if (!device_trylock(dev))
		return 0;
	if (dev->driver && !device_iommu_mapped(dev) &&
	    smmu_is_described_for(dev, smmu->dev->of_node))
		dev_warn(smmu->dev,
			 "%s was bound to driver %s before this SMMU: its DMA aborts until it is bound again; load smmuv3 earlier\n",
			 dev_name(dev), dev->driver->name);
	device_unlock(dev);
	return 0;
}

/**
 * smmu_warn_late_clients - name the devices whose DMA aborts because their drivers were probed first
 * @smmu: an SMMU that is registered in the IOMMU core
 *
 * With ACPI the devices behind an SMMU are unknown to a module; only their events name them, by StreamID.
 *
 * Context: process context.
 */
void smmu_warn_late_clients(struct smmu *smmu)
{
	if (!smmu->dev->of_node)
		return;
	bus_for_each_dev(&platform_bus_type, NULL, smmu, smmu_warn_late);
#ifdef CONFIG_PCI
	bus_for_each_dev(&pci_bus_type, NULL, smmu, smmu_warn_late);
#endif
#ifdef CONFIG_ARM_AMBA
	bus_for_each_dev(&amba_bustype, NULL, smmu, smmu_warn_late);
#endif
}
