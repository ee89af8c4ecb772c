// SPDX-License-Identifier: GPL-2.0-only
/* The two domains that need no page table. */
#include "shim.h"

/**
 * ipmmu_client_attached - conclude an attach
 * @client: the device
 * @faults: those of the paging domain it was to be attached to, or NULL
 * @ret: the core's answer
 *
 * When this returns, the fault handler of the domain that @client has left does not run for it, unless it is the
 * caller.
 *
 * Context: process context.
 * Return: @ret.
 */
int ipmmu_client_attached(struct ipmmu_client *client, struct shim_faults *faults, int ret)
{
	/* -EIO: of a failed root the device has left its domain nevertheless. */
	if (!ret || ret == -EIO)
		shim_fault_source_move(&client->faults, ret ? NULL : faults);
	return ret;
}

/**
 * ipmmu_attach_identity - iommu_domain_ops.attach_dev: let a device use physical addresses
 * @domain: ipmmu_identity_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0, or the core's errno; the device then keeps what it had.
 */
static int ipmmu_attach_identity(struct iommu_domain *domain, struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	int ret = ipmmu_core_attach_identity(client->master, dev->iommu_group);

	return ipmmu_client_attached(client, NULL, ipmmu_note_use(client, ret, IPMMU_UNTRANSLATED));
}

/**
 * ipmmu_attach_blocked - iommu_domain_ops.attach_dev: let whatever a device sends fault
 * @domain: ipmmu_blocked_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0, or the core's errno; the device then keeps what it had.
 */
static int ipmmu_attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	int ret = ipmmu_core_attach_blocked(client->master, dev->iommu_group);

	return ipmmu_client_attached(client, NULL, ipmmu_note_use(client, ret, IPMMU_OWNED));
}

static const struct iommu_domain_ops ipmmu_identity_ops = {
	.attach_dev	= ipmmu_attach_identity,
};

struct iommu_domain ipmmu_identity_domain = {
	.type		= IOMMU_DOMAIN_IDENTITY,
	.ops		= &ipmmu_identity_ops,
};

static const struct iommu_domain_ops ipmmu_blocked_ops = {
	.attach_dev	= ipmmu_attach_blocked,
};

struct iommu_domain ipmmu_blocked_domain = {
	.type		= IOMMU_DOMAIN_BLOCKED,
	.ops		= &ipmmu_blocked_ops,
};
