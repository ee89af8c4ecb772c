// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two domains that need no page table, and who is attached to what.
 *
 * No attach fails for want of power.  What it writes to memory is in force when the SMMU translates again,
 * and where a device is detached, the IOMMU core frees the domain before whatever the driver says.
 */
#include "shim.h"

/**
 * smmu_client_attached - note that a device has changed its domain
 * @client: the device
 * @domain: what it is attached to now
 *
 * When this returns, no fault of @client is offered to the domain before it any more.
 *
 * Context: process context.
 */
void smmu_client_attached(struct smmu_client *client, struct iommu_domain *domain)
{
	mutex_lock(&client->lock);
	client->domain = domain;
	mutex_unlock(&client->lock);
}

/**
 * attach_identity - iommu_domain_ops.attach_dev: let a device use physical addresses
 * @domain: smmu_identity_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0, or the core's errno; the device is then blocked.
 */
static int attach_identity(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	int ret;

	smmu_power_get(client->smmu);
	ret = smmu_core_attach_identity(client->master);
	if (!ret)
		smmu_client_attached(client, domain);
	smmu_power_put(client->smmu);
	return ret;
}

/**
 * attach_blocked - iommu_domain_ops.attach_dev: abort whatever a device sends
 * @domain: smmu_blocked_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0, or the core's errno; the device is then blocked.
 */
static int attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	int ret;

	smmu_power_get(client->smmu);
	ret = smmu_core_attach_blocked(client->master);
	if (!ret)
		smmu_client_attached(client, domain);
	smmu_power_put(client->smmu);
	return ret;
}

static const struct iommu_domain_ops identity_ops = {
	.attach_dev	= attach_identity,
};

struct iommu_domain smmu_identity_domain = {
	.type		= IOMMU_DOMAIN_IDENTITY,
	.ops		= &identity_ops,
};

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev	= attach_blocked,
};

struct iommu_domain smmu_blocked_domain = {
	.type		= IOMMU_DOMAIN_BLOCKED,
	.ops		= &blocked_ops,
};
