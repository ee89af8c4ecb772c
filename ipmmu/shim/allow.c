// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices that are translated.  On SoCs since R-Car Gen3, only devices that are known to work: those of the
 * in-tree driver's list, and those in the parameter "allow".
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

/* SoCs whose IPMMUs have errata. */
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

/* Protects the lists of refused devices of all IPMMUs. */
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

/* Without memory, the next refusal is logged again. */
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

/* Called in each probe of the device's driver, which may be deferred repeatedly. */
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
 * ipmmu_soc_denied - whether no device is translated on this SoC
 *
 * Context: process context.
 * Return: true if none is.
 */
bool ipmmu_soc_denied(void)
{
	return soc_device_match(ipmmu_needs_opt_in) && soc_device_match(ipmmu_denied_socs);
}

/**
 * ipmmu_device_allowed - whether a device is translated
 * @ipmmu: the IPMMU that it is connected to
 * @dev: the device
 *
 * A device that is not on the list is logged once for each bind of @ipmmu.  A denied SoC is logged by its root.
 *
 * Context: process context.
 * Return: true if it is.
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
