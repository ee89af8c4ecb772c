// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identity and the blocking domain, and the end of each attach.
 *
 * An attach does not fail without power: the tables in memory take effect when the SMMU translates again.
 *
 * When a device is detached, the IOMMU core ignores errors: it takes the device for attached to its default or
 * blocking domain, and frees the previous domain.  So attaching these never fails, and no pointer to the previous
 * domain is kept after the tables in memory have changed.
 */
#include "paging.h"

static struct shim_faults *smmu_faults_of(struct iommu_domain *domain)
{
	return domain && smmu_is_paging(domain) ? &to_smmu_paging(domain)->faults : NULL;
}

/**
 * smmu_client_attached - record that a device has changed its domain
 * @client: the device
 * @domain: the domain it is attached to now, NULL if it is being removed
 *
 * When this returns, no fault of @client is offered to the previous domain, and that domain's fault handler does not
 * run for @client, unless it is the caller.  The same applies to the handler of page faults, which can't be the caller:
 * the core has ended the stalled transactions, and holds those of @domain until settle.c has them reported.
 *
 * Context: process context; the group's mutex is held, but for a device whose addition the IOMMU core undoes.
 */
void smmu_client_attached(struct smmu_client *client, struct iommu_domain *domain)
{
	shim_fault_source_move(&client->faults, smmu_faults_of(domain));
	mutex_lock(&client->lock);
	client->domain = domain;
	mutex_unlock(&client->lock);
	if (domain)
		smmu_iopf_attached(client);
	else
		smmu_iopf_flush(client);
}

/*
 * The IOMMU core falls back to the other types, and ignores their errors.  It also ignores those of what it undoes,
 * because the attach of another device of the group has failed.
 */
static bool smmu_attach_may_fail(struct device *dev, const struct iommu_domain *domain)
{
	return domain->type == IOMMU_DOMAIN_UNMANAGED && smmu_domain_after_error(dev) != domain;
}

static int smmu_core_attach_to(struct smmu_client *client, struct iommu_domain *domain)
{
	if (domain == &smmu_identity_domain)
		return smmu_core_attach_identity(client->master);
	if (domain == &smmu_blocked_domain)
		return smmu_core_attach_blocked(client->master);
	return smmu_core_attach(client->master, to_smmu_paging(domain)->head.core);
}

/**
 * smmu_attach_again - attach a device to the domain that it has
 * @dev: the device
 *
 * It can't fail: the device has been attached to that.  Quarantine ends, and ATS is enabled later.
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_attach_again(struct device *dev)
{
	struct iommu_domain *const domain = smmu_domain_after_error(dev);
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (!domain)
		return;
	shim_power_get(&client->smmu->power);
	smmu_ats_stop(dev);
	smmu_core_attach_to(client, domain);
	shim_power_put(&client->smmu->power);
	smmu_client_attached(client, domain);
	smmu_ats_start_later(dev);
}

static int smmu_end_quarantine(struct device *dev, void *wanted)
{
	struct smmu_client *client;

	if (dev != wanted)
		return 0;
	client = dev_iommu_priv_get(dev);
	if (smmu_core_is_quarantined(client->master))
		smmu_attach_again(dev);
	return 1;
}

/**
 * smmu_attach_before_bind - shim_clients.binds: let a driver have a device that has left an ATC invalidation unanswered
 * @dev: the device
 *
 * The IOMMU core does not attach the default domain again.  EATS stays 0 until the device has answered.
 *
 * Context: process context; the device is locked.
 */
void smmu_attach_before_bind(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);

	if (!group)
		return;
	iommu_group_for_each_dev(group, dev, smmu_end_quarantine);
	iommu_group_put(group);
}

/**
 * smmu_attach_result - conclude an attach
 * @dev: the device
 * @domain: the domain to attach
 * @ret: the core's answer
 *
 * If the SMMU does not acknowledge, the tables in memory point to @domain and take effect when it continues.  The
 * owner of an unmanaged domain gets an error, since the device may still access the memory of the previous domain,
 * which is attached again.
 *
 * Context: process context.
 * Return: 0; -ETIMEDOUT if the SMMU does not acknowledge and @domain is unmanaged; or @ret, and the device keeps its
 * previous domain.
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
	if (!smmu_attach_may_fail(dev, domain)) {
		smmu_ats_start_later(dev);
		return 0;
	}
	/* The owner may free @domain.  Linux 6.12 attaches the previous one again, 7.2 relies on the driver. */
	smmu_attach_again(dev);
	return ret;
}

/**
 * smmu_attach_static - iommu_domain_ops.attach_dev: let DMA of a device bypass, or abort
 * @domain: smmu_identity_domain or smmu_blocked_domain
 * @dev: the device
 *
 * Context: process context.
 * Return: 0.
 */
static int smmu_attach_static(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	int ret;

	shim_power_get(&client->smmu->power);
	smmu_ats_stop(dev);
	ret = smmu_core_attach_to(client, domain);
	if (!ret)
		smmu_ats_start(dev);	/* for its PASIDs, or if the device needs it */
	shim_power_put(&client->smmu->power);
	return smmu_attach_result(dev, domain, ret);
}

SHIM_DEFINE_ATTACH_DEV(smmu_attach_static)

static const struct iommu_domain_ops smmu_identity_ops = {
	.attach_dev	= smmu_attach_static_dev,
};

struct iommu_domain smmu_identity_domain = {
	.type		= IOMMU_DOMAIN_IDENTITY,
	.ops		= &smmu_identity_ops,
};

static const struct iommu_domain_ops smmu_blocked_ops = {
	.attach_dev	= smmu_attach_static_dev,
	SMMU_OPS_SET_DEV_PASID(smmu_pasid_attach_blocked)
};

struct iommu_domain smmu_blocked_domain = {
	.type		= IOMMU_DOMAIN_BLOCKED,
	.ops		= &smmu_blocked_ops,
};
