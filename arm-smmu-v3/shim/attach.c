// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two domains that need no page table, and who is attached to what.
 *
 * No attach fails for want of power.  What it writes to memory is in force when the SMMU translates again.
 *
 * When a device is detached, the IOMMU core goes on whatever the driver says: it takes the device for attached to
 * its default or blocking domain, and frees the domain before.  So these never fail, and no attach keeps a pointer
 * to the domain before once the tables in memory have changed.
 */
#include "paging.h"

static struct shim_faults *smmu_faults_of(struct iommu_domain *domain)
{
	return domain && domain->ops == &smmu_paging_ops ? &to_smmu_paging(domain)->faults : NULL;
}

/**
 * smmu_client_attached - note that a device has changed its domain
 * @client: the device
 * @domain: what it is attached to now
 *
 * When this returns, no fault of @client is offered to the domain before it any more, and the domain's fault
 * handler does not run for @client, unless it is the caller.
 *
 * Context: process context.
 */
void smmu_client_attached(struct smmu_client *client, struct iommu_domain *domain)
{
	shim_fault_source_move(&client->faults, smmu_faults_of(domain));
	mutex_lock(&client->lock);
	client->domain = domain;
	mutex_unlock(&client->lock);
}

/* An unmanaged domain is its owner's choice.  The others are what the IOMMU core falls back to. */
static bool smmu_attach_may_fail(const struct iommu_domain *domain)
{
	return domain->type == IOMMU_DOMAIN_UNMANAGED;
}

/**
 * smmu_attach_result - conclude an attach
 * @dev: the device
 * @domain: what it was to be attached to
 * @ret: the core's answer
 *
 * Where the SMMU has not answered, the tables in memory lead to @domain, and are in force when it goes on.  The
 * owner of an unmanaged domain is told, since the device may still reach the memory of the one before; the
 * IOMMU core then attaches that one again.
 *
 * Context: process context.
 * Return: 0; -ETIMEDOUT when the SMMU has not answered and @domain is unmanaged; or @ret, and the
 * device keeps what it had.
 */
int smmu_attach_result(struct device *dev, struct iommu_domain *domain, int ret)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (ret && ret != -ETIMEDOUT)
		return ret;
	smmu_client_attached(client, domain);
	if (!ret)
		return 0;
	dev_err(dev, "%s did not acknowledge its new domain, DMA may use the previous one until it does\n",
		dev_name(client->smmu->dev));
	return smmu_attach_may_fail(domain) ? ret : 0;
}

/**
 * smmu_attach_identity - iommu_domain_ops.attach_dev: let a device use physical addresses
 * @domain: smmu_identity_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0.
 */
static int smmu_attach_identity(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	int ret;

	shim_power_get(&client->smmu->power);
	ret = smmu_core_attach_identity(client->master);
	shim_power_put(&client->smmu->power);
	return smmu_attach_result(dev, domain, ret);
}

/**
 * smmu_attach_blocked - iommu_domain_ops.attach_dev: abort whatever a device sends
 * @domain: smmu_blocked_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0.
 */
static int smmu_attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	int ret;

	shim_power_get(&client->smmu->power);
	ret = smmu_core_attach_blocked(client->master);
	shim_power_put(&client->smmu->power);
	return smmu_attach_result(dev, domain, ret);
}

static const struct iommu_domain_ops smmu_identity_ops = {
	.attach_dev	= smmu_attach_identity,
};

struct iommu_domain smmu_identity_domain = {
	.type		= IOMMU_DOMAIN_IDENTITY,
	.ops		= &smmu_identity_ops,
};

static const struct iommu_domain_ops smmu_blocked_ops = {
	.attach_dev	= smmu_attach_blocked,
};

struct iommu_domain smmu_blocked_domain = {
	.type		= IOMMU_DOMAIN_BLOCKED,
	.ops		= &smmu_blocked_ops,
};
