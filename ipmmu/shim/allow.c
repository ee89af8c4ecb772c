// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices may use an IPMMU.  On SoCs from R-Car Gen3 on, a device is translated only when it is known
 * to work so: the kernel's list, and what the user adds.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/sys_soc.h>

#include "shim.h"

#define MAX_ALLOWED	32

static char *allow[MAX_ALLOWED];
static unsigned int allow_count;
module_param_array(allow, charp, &allow_count, 0444);
MODULE_PARM_DESC(allow,
		 "More devices that may use an IPMMU, by name: e6700000.dma-controller,...; \"all\" allows every device");

static const struct soc_device_attribute needs_opt_in[] = {
	{ .family = "R-Car Gen3" },
	{ .family = "R-Car Gen4" },
	{ .family = "RZ/G2" },
	{ }
};

/* Their IPMMUs have errata. */
static const struct soc_device_attribute denied[] = {
	{ .soc_id = "r8a774a1" },
	{ .soc_id = "r8a7795", .revision = "ES2.*" },
	{ .soc_id = "r8a7796" },
	{ }
};

static const char *const known_to_work[] = {
	"ee100000.mmc", "ee120000.mmc", "ee140000.mmc", "ee160000.mmc",
};

static bool allowed_by_user(const char *name)
{
	unsigned int i;

	for (i = 0; i < allow_count; i++)
		if (!strcmp(allow[i], "all") || !strcmp(allow[i], name))
			return true;
	return false;
}

/**
 * ipmmu_device_allowed - whether a device may use an IPMMU
 * @dev: the device
 *
 * Context: process context.
 * Return: true when it may.
 */
bool ipmmu_device_allowed(struct device *dev)
{
	if (!soc_device_match(needs_opt_in))
		return true;
	if (soc_device_match(denied))
		return false;
	return dev_is_pci(dev) || allowed_by_user(dev_name(dev)) ||
	       match_string(known_to_work, ARRAY_SIZE(known_to_work), dev_name(dev)) >= 0;
}
