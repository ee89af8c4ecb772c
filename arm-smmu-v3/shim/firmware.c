// SPDX-License-Identifier: GPL-2.0-only
/* The firmware description of an SMMU: device tree, or ACPI's I/O remapping table (IORT). */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/crash_dump.h>
#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "shim/client.h"
#include "firmware.h"
#include "shim.h"

static int smmu_read_dt(struct device *dev, struct smmu_platform *platform)
{
	struct device_node *node = dev->of_node;
	int ret = shim_check_cells(dev);

	if (ret)
		return ret;
	platform->coherent = of_dma_is_coherent(node);
	if (of_property_read_bool(node, "cavium,cn9900-broken-page1-regspace"))
		platform->options |= SMMU_OPT_PAGE0_REGS_ONLY;
	/* "hisilicon,broken-prefetch-cmd" needs nothing: the core issues no CMD_PREFETCH. */
	return 0;
}

#ifdef CONFIG_ACPI
static int smmu_read_iort(struct device *dev, struct smmu_platform *platform)
{
	struct acpi_iort_node **node = dev_get_platdata(dev);
	struct acpi_iort_smmu_v3 *iort;

	if (!node || (*node)->type != ACPI_IORT_NODE_SMMU_V3)
		return dev_err_probe(dev, -ENODEV, "no SMMUv3 in the firmware description\n");
	iort = (struct acpi_iort_smmu_v3 *)(*node)->node_data;

	/* ACPI_IORT_SMMU_V3_HISILICON_HI161X needs nothing: the core issues no CMD_PREFETCH. */
	if (iort->model == ACPI_IORT_SMMU_V3_CAVIUM_CN99XX)
		platform->options |= SMMU_OPT_PAGE0_REGS_ONLY;

	platform->coherent = iort->flags & ACPI_IORT_SMMU_V3_COHACC_OVERRIDE;
	platform->has_httu = true;
	platform->httu = FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, iort->flags);
	return 0;
}
#else
static int smmu_read_iort(struct device *dev, struct smmu_platform *platform)
{
	return dev_err_probe(dev, -ENODEV, "no SMMUv3 in the firmware description\n");
}
#endif

/* Map one register page without the PMCG's registers at its end, which another driver maps. */
static void *smmu_map_page(struct device *dev, resource_size_t start)
{
	struct resource page = DEFINE_RES_MEM(start, SMMU_PAGE_BYTES);

	return (__force void *)devm_ioremap_resource(dev, &page);
}

static int smmu_map_registers(struct smmu *smmu, struct smmu_platform *platform)
{
	bool one_page = platform->options & SMMU_OPT_PAGE0_REGS_ONLY;
	resource_size_t needed = one_page ? SZ_64K : SZ_128K;
	struct resource *registers;

	registers = platform_get_resource(to_platform_device(smmu->dev), IORESOURCE_MEM, 0);
	if (!registers)
		return dev_err_probe(smmu->dev, -EINVAL, "no MMIO region\n");
	if (resource_size(registers) < needed)
		return dev_err_probe(smmu->dev, -EINVAL, "MMIO region too small (%pR), %pa bytes needed\n",
				     registers, &needed);
	smmu->base = registers->start;

	platform->page0 = smmu_map_page(smmu->dev, smmu->base);
	if (IS_ERR(platform->page0))
		return PTR_ERR(platform->page0);

	platform->page1 = one_page ? platform->page0 :
				     smmu_map_page(smmu->dev, smmu->base + SMMU_PAGE1_OFFSET);
	return PTR_ERR_OR_ZERO(platform->page1);
}

/**
 * smmu_shim_map_registers - map registers beyond those of smmu_firmware_read()
 * @dev: the SMMU
 * @offset: from its first page
 * @bytes: their size
 *
 * They stay mapped until the device is unbound.  Other drivers may have claimed the range: it is not requested.
 *
 * Context: process context.
 * Return: the address, or NULL if they are outside the MMIO region or there is no memory.
 */
void *smmu_shim_map_registers(struct device *dev, u64 offset, u64 bytes)
{
	struct resource *registers;

	registers = platform_get_resource(to_platform_device(dev), IORESOURCE_MEM, 0);
	if (!registers || offset >= resource_size(registers) ||
	    bytes > resource_size(registers) - offset)
		return NULL;
	return (__force void *)devm_ioremap(dev, registers->start + offset, bytes);
}

/**
 * smmu_firmware_read - read the firmware description of an SMMU and map its registers
 * @smmu: the SMMU, whose base is set
 * @platform: set, except for module parameters
 *
 * The registers stay mapped until the device is unbound.
 *
 * Context: process context.
 * Return: 0, -EINVAL when the description is unusable, -ENODEV when there is none, -EBUSY when the
 * registers are claimed by another driver, -ENOMEM.
 */
int smmu_firmware_read(struct smmu *smmu, struct smmu_platform *platform)
{
	struct device *dev = smmu->dev;
	int ret;

	ret = dev->of_node ? smmu_read_dt(dev, platform) : smmu_read_iort(dev, platform);
	if (ret)
		return ret;

	platform->va_bits = SMMU_VA_BITS;
	platform->page_shift = PAGE_SHIFT;
	platform->max_dma_shift = SMMU_MAX_DMA_SHIFT;
	platform->vhe = smmu_kernel_has_vhe();
	platform->crash_kernel = is_kdump_kernel();
	return smmu_map_registers(smmu, platform);
}

/**
 * smmu_firmware_reserve - set up bypass for the streams of ACPI RMR nodes
 * @smmu: an SMMU that has not been started
 *
 * Context: process context.
 * Return: 0, or -ENOMEM.
 */
int smmu_firmware_reserve(struct smmu *smmu)
{
	struct fwnode_handle *fwnode = dev_fwnode(smmu->dev);
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = 0;

	iort_get_rmr_sids(fwnode, &regions);
	list_for_each_entry(region, &regions, list) {
		struct iommu_iort_rmr_data *rmr;

		rmr = container_of(region, struct iommu_iort_rmr_data, rr);
		ret = smmu_core_reserve_bypass(smmu->core, rmr->sids, rmr->num_sids);
		if (ret) {
			dev_err_probe(smmu->dev, ret, "failed to set up bypass for RMR streams\n");
			break;
		}
	}
	iort_put_rmr_sids(fwnode, &regions);
	if (smmu_core_has_reserved(smmu->core))
		dev_info(smmu->dev, "RMR streams bypass translation, no runtime suspend\n");
	return ret;
}

/* The root complex of a PCI segment, or NULL. */
static const struct acpi_iort_root_complex *smmu_iort_root_complex(struct acpi_table_header *table, u32 segment)
{
	const struct acpi_table_iort *iort = (const struct acpi_table_iort *)table;
	struct acpi_iort_node *node = ACPI_ADD_PTR(struct acpi_iort_node, table, iort->node_offset);
	const void *end = ACPI_ADD_PTR(void, table, table->length);
	u32 i;

	for (i = 0; i < iort->node_count && (void *)node < end; i++) {
		const struct acpi_iort_root_complex *root = (void *)node->node_data;

		if (node->type == ACPI_IORT_NODE_PCI_ROOT_COMPLEX && root->pci_segment_number == segment)
			return root;
		node = ACPI_ADD_PTR(struct acpi_iort_node, node, node->length);
	}
	return NULL;
}

/**
 * smmu_firmware_allows_pri - whether a root complex supports PRI
 * @segment: its PCI segment
 *
 * "ats-supported" is all that a device tree has to say of ATS.
 *
 * Context: process context.
 * Return: false if the IORT does not declare it; true with a device tree.
 */
bool smmu_firmware_allows_pri(u32 segment)
{
	const struct acpi_iort_root_complex *root;
	struct acpi_table_header *table;
	bool allows;

	if (acpi_disabled)
		return true;
	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &table)))
		return false;
	root = smmu_iort_root_complex(table, segment);
	allows = root && root->ats_attribute & ACPI_IORT_PRI_SUPPORTED;
	acpi_put_table(table);
	return allows;
}
