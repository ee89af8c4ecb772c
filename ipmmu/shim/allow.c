// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices may use an IPMMU.  On SoCs from R-Car Gen3 on, a device is translated only when it is known
 * to work so: the kernel's list, and what the user adds.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/sys_soc.h>

#include "shim.h"

#define MAX_ALLOWED	32

static char *allow[MAX_ALLOWED];
static unsigned int allow_count;
module_param_array(allow, charp, &allow_count, 0444);
MODULE_PARM_DESC(allow,
		 "Additional devices to translate, by name (e6700000.dma-controller,...), or \"all\"");

static const struct soc_device_attribute ipmmu_needs_opt_in[] = {
	{ .family = "R-Car Gen3" },
	{ .family = "R-Car Gen4" },
	{ .family = "RZ/G2" },
	{ }
};

/* Their IPMMUs have errata. */
static const struct soc_device_attribute ipmmu_denied_socs[] = {
	{ .soc_id = "r8a774a1" },
	{ .soc_id = "r8a7795", .revision = "ES2.*" },
	{ .soc_id = "r8a7796" },
	{ }
};

static const char *const ipmmu_known_to_work[] = {
	"ee100000.mmc", "ee120000.mmc", "ee140000.mmc", "ee160000.mmc",
};

static bool ipmmu_allowed_by_user(const char *name)
{
	unsigned int i;

	for (i = 0; i < allow_count; i++)
		if (!strcmp(allow[i], "all") || !strcmp(allow[i], name))
			return true;
	return false;
}

/* Protects the lists of all IPMMUs. */
static DEFINE_MUTEX(ipmmu_refusals);

struct ipmmu_refused_device {
	struct list_head	node;
	char			name[];
};

static bool ipmmu_was_refused(struct ipmmu *ipmmu, const char *name)
{
	struct ipmmu_refused_device *refused;

	list_for_each_entry(refused, &ipmmu->refused, node)
		if (!strcmp(refused->name, name))
			return true;
	return false;
}

/* Without memory, the next refusal is logged, too. */
static void ipmmu_remember_refusal(struct ipmmu *ipmmu, const char *name)
{
	size_t length = strlen(name) + 1;
	struct ipmmu_refused_device *refused;

	refused = devm_kzalloc(ipmmu->dev, struct_size(refused, name, length), GFP_KERNEL);
	if (!refused)
		return;
	memcpy(refused->name, name, length);
	list_add(&refused->node, &ipmmu->refused);
}

/* Each attempt to probe a device's driver asks again: it may wait for other suppliers. */
static bool ipmmu_refuse(struct ipmmu *ipmmu, struct device *dev)
{
	const char *name = dev_name(dev);
	bool first;

	mutex_lock(&ipmmu_refusals);
	first = !ipmmu_was_refused(ipmmu, name);
	if (first)
		ipmmu_remember_refusal(ipmmu, name);
	mutex_unlock(&ipmmu_refusals);
	if (first)
		dev_info(dev, "not translated by %s: not known to work, allow=%s adds it\n",
			 dev_name(ipmmu->dev), name);
	return false;
}

/**
 * ipmmu_soc_denied - whether the IPMMUs of this SoC translate for no device
 *
 * Context: process context.
 * Return: true when they do not.
 */
bool ipmmu_soc_denied(void)
{
	return soc_device_match(ipmmu_needs_opt_in) && soc_device_match(ipmmu_denied_socs);
}

/**
 * ipmmu_device_allowed - whether a device may use an IPMMU
 * @ipmmu: the IPMMU that its firmware node names
 * @dev: the device
 *
 * A device that is not on the list is logged once in the life of @ipmmu; a denied SoC is, by its root.
 *
 * Context: process context.
 * Return: true when it may.
 */
bool ipmmu_device_allowed(struct ipmmu *ipmmu, struct device *dev)
{
	if (!soc_device_match(ipmmu_needs_opt_in))
		return true;
	if (soc_device_match(ipmmu_denied_socs))
		return false;
	if (dev_is_pci(dev) || ipmmu_allowed_by_user(dev_name(dev)) ||
	    match_string(ipmmu_known_to_work, ARRAY_SIZE(ipmmu_known_to_work), dev_name(dev)) >= 0)
		return true;
	return ipmmu_refuse(ipmmu, dev);
}
