// SPDX-License-Identifier: GPL-2.0-only
/* The identity and the blocking domain, and the end of each attach. */
#include "shim.h"

/**
 * ipmmu_client_attached - conclude an attach
 * @client: the device
 * @faults: those of the paging domain it was to be attached to, or NULL
 * @ret: the core's answer
 *
 * When this returns, the fault handler of the previous domain does not run for @client, unless it is the caller.
 *
 * Context: process context.
 * Return: @ret.
 */
int ipmmu_client_attached(struct ipmmu_client *client, struct shim_faults *faults, int ret)
{
	/* -EIO: the root has failed, and the device is detached from its previous domain. */
	if (!ret || ret == -EIO)
		shim_fault_source_move(&client->faults, ret ? NULL : faults);
	return ret;
}

/**
 * ipmmu_attach_identity - iommu_domain_ops.attach_dev: let DMA of a device bypass
 * @domain: ipmmu_identity_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0, or the core's errno; the device then keeps its domain.
 */
static int ipmmu_attach_identity(struct iommu_domain *domain, struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	int ret = ipmmu_core_attach_identity(client->master, dev->iommu_group);

	return ipmmu_client_attached(client, NULL, ipmmu_note_use(client, ret, IPMMU_UNTRANSLATED));
}

/**
 * ipmmu_attach_blocked - iommu_domain_ops.attach_dev: block DMA of a device
 * @domain: ipmmu_blocked_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0, or the core's errno; the device then keeps its domain.
 */
static int ipmmu_attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	int ret = ipmmu_core_attach_blocked(client->master, dev->iommu_group);

	return ipmmu_client_attached(client, NULL, ipmmu_note_use(client, ret, IPMMU_OWNED));
}

SHIM_DEFINE_ATTACH_DEV(ipmmu_attach_identity)

static const struct iommu_domain_ops ipmmu_identity_ops = {
	.attach_dev	= ipmmu_attach_identity_dev,
};

struct iommu_domain ipmmu_identity_domain = {
	.type		= IOMMU_DOMAIN_IDENTITY,
	.ops		= &ipmmu_identity_ops,
};

SHIM_DEFINE_ATTACH_DEV(ipmmu_attach_blocked)

static const struct iommu_domain_ops ipmmu_blocked_ops = {
	.attach_dev	= ipmmu_attach_blocked_dev,
};

struct iommu_domain ipmmu_blocked_domain = {
	.type		= IOMMU_DOMAIN_BLOCKED,
	.ops		= &ipmmu_blocked_ops,
};
