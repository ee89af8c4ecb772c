// SPDX-License-Identifier: GPL-2.0-only
/* The device tree node of an IPMMU, and the revision of the SoC. */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/sys_soc.h>

#include "shim/choice.h"
#include "shim/client.h"
#include "shim/driver.h"
#include "shim.h"

static const char *const ipmmu_stage_words[] = {
	[IPMMU_STAGE_AUTO]	= "auto",
	[IPMMU_STAGE_1]		= "1",
	[IPMMU_STAGE_2]		= "2",
	NULL
};

static struct shim_choice stage = { ipmmu_stage_words };
module_param_cb(stage, &shim_choice_ops, &stage, 0444);
MODULE_PARM_DESC(stage,
		 "Page table format: auto (default, by SoC), 1 (32-bit IOVAs), 2 (40-bit IOVAs, where the SoC supports it)");

/* The revision field of the Product Register for ES1.* and ES2.*, and for later; the core does not use the rest. */
#define PRR_EARLY_CUT	0x00
#define PRR_LATER_CUT	0x20

static const struct soc_device_attribute ipmmu_early_cuts[] = {
	{ .soc_id = "r8a7795", .revision = "ES[12].*" },
	{ .soc_id = "r8a7796", .revision = "ES[12].*" },
	{ }
};

static const struct soc_device_attribute ipmmu_cuts_known[] = {
	{ .soc_id = "r8a7795" },
	{ .soc_id = "r8a7796" },
	{ .soc_id = "r8a77961" },
	{ }
};

static bool ipmmu_read_prr(struct device *dev, u32 *prr)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "renesas,prr");
	void __iomem *reg;

	if (!node)
		return false;
	reg = of_iomap(node, 0);
	of_node_put(node);
	if (!reg) {
		dev_warn(dev, "failed to map the Product Register\n");
		return false;
	}
	*prr = readl(reg);
	iounmap(reg);
	return true;
}

/* If the tree has no Product Register, soc_device_match() may know the revision. */
static void ipmmu_read_version(struct device *dev, struct ipmmu_platform *platform)
{
	platform->has_prr = ipmmu_read_prr(dev, &platform->prr);
	if (platform->has_prr || !soc_device_match(ipmmu_cuts_known))
		return;
	platform->has_prr = true;
	platform->prr = soc_device_match(ipmmu_early_cuts) ? PRR_EARLY_CUT : PRR_LATER_CUT;
}

/* Sets the root of a leaf; -EPROBE_DEFER until the root is bound. */
static int ipmmu_find_root(struct ipmmu *ipmmu)
{
	struct device_node *node = of_parse_phandle(ipmmu->dev->of_node, "renesas,ipmmu-main", 0);
	struct ipmmu *root;

	if (!node)
		return dev_err_probe(ipmmu->dev, -EINVAL, "renesas,ipmmu-main refers to no node\n");
	if (node == ipmmu->dev->of_node || of_property_present(node, "renesas,ipmmu-main")) {
		dev_err(ipmmu->dev, "renesas,ipmmu-main refers to %pOF, which is not a root\n", node);
		of_node_put(node);
		return -EINVAL;
	}
	root = shim_driver_find(ipmmu->dev->driver, of_fwnode_handle(node));
	if (!root || !root->ready) {
		of_node_put(node);
		return dev_err_probe(ipmmu->dev, -EPROBE_DEFER, "root not available yet\n");
	}
	of_node_put(node);
	ipmmu->root = root;
	return 0;
}

static bool ipmmu_names_a_root(struct ipmmu *ipmmu, u32 soc)
{
	return ipmmu_core_soc_has_leaves(soc) &&
	       of_property_present(ipmmu->dev->of_node, "renesas,ipmmu-main");
}

/**
 * ipmmu_firmware_read - read the description of an IPMMU and map its registers
 * @ipmmu: the IPMMU, whose root is set and held by a device link
 * @platform: set
 *
 * The registers stay mapped until the device is unbound.
 *
 * Context: process context.
 * Return: 0, -EINVAL when the description is unusable, -EPROBE_DEFER for a leaf whose root is not
 * bound, -EBUSY if the registers are claimed by another driver, -ENOMEM.
 */
int ipmmu_firmware_read(struct ipmmu *ipmmu, struct ipmmu_platform *platform)
{
	struct platform_device *pdev = to_platform_device(ipmmu->dev);
	struct resource *registers;
	void __iomem *base;
	int ret;

	platform->soc = (uintptr_t)of_device_get_match_data(ipmmu->dev);
	platform->stage = stage.value;
	ret = shim_check_cells(ipmmu->dev);
	if (ret)
		return ret;

	ipmmu->root = ipmmu;
	if (ipmmu_names_a_root(ipmmu, platform->soc)) {
		ret = ipmmu_find_root(ipmmu);
		if (ret)
			return ret;
		ret = ipmmu_link_root(ipmmu, ipmmu->root);
		if (ret)
			return ret;
		platform->root = ipmmu->root->core;
	}

	base = devm_platform_get_and_ioremap_resource(pdev, 0, &registers);
	if (IS_ERR(base))
		return PTR_ERR(base);
	platform->base = (__force void *)base;
	platform->size = min_t(resource_size_t, resource_size(registers), U32_MAX);
	ipmmu_read_version(ipmmu->dev, platform);
	return 0;
}
