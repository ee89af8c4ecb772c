// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASIDs: each may be attached to a paging or SVA domain, beside the one of the transactions without a PASID.  The
 * IOMMU core serialises the attaches of a device, and refuses a PASID that has an owner.
 */
#include <linux/property.h>

#include "paging.h"
#include "pci_ats.h"

/**
 * smmu_pasid_prepare - enable the PASIDs of a device
 * @smmu: its SMMU
 * @dev: a device being added, which has ATS disabled
 *
 * Context: process context.
 * Return: their width in bits, 0 for none.
 */
u32 smmu_pasid_prepare(struct smmu *smmu, struct device *dev)
{
	u32 bits = 0;

	if (!smmu_core_info(smmu->core)->pasid_bits)
		return 0;
	if (dev_is_pci(dev))
		return smmu_pci_enable_pasid(dev);
	device_property_read_u32(dev, "pasid-num-bits", &bits);
	return bits;
}

/**
 * smmu_pasid_finish - undo smmu_pasid_prepare()
 * @dev: a device being removed, which has ATS disabled
 *
 * Context: process context.
 */
void smmu_pasid_finish(struct device *dev)
{
	smmu_pci_disable_pasid(dev);
}

/*
 * Without ATS, unless another domain of the device needs it.  Once it is in no domain, it can do no harm that
 * quarantine keeps it from.
 */
static void smmu_pasid_detach(struct smmu_client *client, ioasid_t pasid)
{
	const bool last = !smmu_core_in_domain_besides(client->master, pasid);

	shim_power_get(&client->smmu->power);	/* a detach works without power, see attach.c */
	if (last && !smmu_core_bypasses_with_ats(client->master))
		smmu_ats_stop(client->faults.dev);
	mutex_lock(&client->smmu->ats_lock);
	smmu_core_detach_pasid(client->master, pasid);
	smmu_pri_update(client);
	mutex_unlock(&client->smmu->ats_lock);
	smmu_iopf_flush(client);
	if (last && smmu_core_is_quarantined(client->master))
		smmu_attach_again(client->faults.dev);
	shim_power_put(&client->smmu->power);
}

static int smmu_pasid_attach_to(struct smmu_client *client, ioasid_t pasid,
				struct iommu_domain *domain)
{
	int ret;

	shim_power_get(&client->smmu->power);
	mutex_lock(&client->smmu->ats_lock);
	ret = smmu_core_attach_pasid(client->master, pasid, smmu_core_of(domain));
	mutex_unlock(&client->smmu->ats_lock);
	if (!ret)
		smmu_ats_start(client->faults.dev);
	shim_power_put(&client->smmu->power);
	smmu_iopf_attached(client);
	return ret;
}

/* Whether a PASID has its old domain again, acknowledged or not.  Else its page table is about to be freed. */
static bool smmu_pasid_returns(struct smmu_client *client, ioasid_t pasid,
			       struct iommu_domain *old)
{
	int ret;

	if (!old || !smmu_is_paging(old))
		return false;
	ret = smmu_pasid_attach_to(client, pasid, old);
	return !ret || ret == -ETIMEDOUT;
}

/**
 * smmu_pasid_enter - attach a PASID to a domain
 * @domain: the domain, which has a core object
 * @dev: the device
 * @pasid: the PASID
 * @old: the domain that it is attached to, or NULL
 *
 * Context: process context.
 * Return: as smmu_pasid_attach().
 */
int smmu_pasid_enter(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		     struct iommu_domain *old)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	int ret;

	ret = smmu_iopf_enter(client, domain) ?: smmu_pasid_attach_to(client, pasid, domain);
	if (ret != -ETIMEDOUT)
		return ret;
	dev_err(dev, "%s did not acknowledge the domain of PASID 0x%x\n",
		dev_name(client->smmu->dev), pasid);
	if (!smmu_pasid_returns(client, pasid, old))
		smmu_pasid_detach(client, pasid);
	return ret;
}

/**
 * smmu_pasid_attach - iommu_domain_ops.set_dev_pasid: attach a PASID to a domain
 * @domain: the domain
 * @dev: the device
 * @pasid: the PASID
 * @old: the domain that it is attached to, or NULL
 *
 * Context: process context.
 * Return: 0; -EINVAL if the SMMU can't use the page table for a PASID, -ERANGE, -ENOSPC, -ENOMEM; -ETIMEDOUT if the
 * SMMU does not acknowledge.  After an error the PASID has the old domain.
 */
int smmu_pasid_attach(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		      struct iommu_domain *old)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	return smmu_paging_finalise(to_smmu_paging(domain), client->smmu) ?:
	       smmu_pasid_enter(domain, dev, pasid, old);
}

/**
 * smmu_pasid_attach_blocked - iommu_domain_ops.set_dev_pasid: let a PASID abort
 * @domain: smmu_blocked_domain
 * @dev: the device
 * @pasid: the PASID
 * @old: the domain that it is attached to
 *
 * Context: process context.
 * Return: 0.
 */
int smmu_pasid_attach_blocked(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
			      struct iommu_domain *old)
{
	smmu_pasid_detach(dev_iommu_priv_get(dev), pasid);
	return 0;
}

/**
 * smmu_pasid_remove - iommu_ops.remove_dev_pasid: let a PASID abort
 * @dev: the device
 * @pasid: the PASID
 * @domain: the domain that it is attached to
 *
 * Context: process context.
 */
void smmu_pasid_remove(struct device *dev, ioasid_t pasid, struct iommu_domain *domain)
{
	smmu_pasid_detach(dev_iommu_priv_get(dev), pasid);
}

SMMU_DEFINE_SET_DEV_PASID(smmu_pasid_attach)
SMMU_DEFINE_SET_DEV_PASID(smmu_pasid_attach_blocked)
