// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRI: a device with ATS requests pages that it finds missing.  It is enabled while ATS is, and the device, or a PASID
 * of it, is attached to a domain with a handler (iommu_domain.iopf_handler): after the core has granted it, until
 * before it is withdrawn.  So it has ATS' order with attach and sleep (ats.c), and @ats_lock protects it.
 *
 * A function that gets a Response Failure requests nothing more until it is reset.  The SMMU sends one for each request
 * while it is off, but no function has PRI then: its SMMU stays on at run time, and ATS ends before system sleep.
 */
#include "shim/client.h"
#include "firmware.h"
#include "pci_pri.h"
#include "shim.h"

/*
 * A device may have this many page requests outstanding: no more groups than a device may have faults without an
 * answer.  All devices of an SMMU have half of the PRI queue, which their requests therefore don't fill: Stop Markers,
 * and requests of devices that don't keep to this, have the rest.
 */
#define SMMU_PRI_CREDITS	64

/* Why a device with PRI has its page requests denied, or NULL. */
static const char *smmu_pri_obstacle(const struct smmu_client *client)
{
	struct smmu *smmu = client->smmu;

	if (!IS_ENABLED(CONFIG_IOMMU_IOPF))
		return "the kernel has no CONFIG_IOMMU_IOPF";
	if (!smmu_core_info(smmu->core)->has_pri)
		return "its SMMU does not support it";
	if (!smmu_core_info(smmu->core)->takes_page_requests)
		return "a crash kernel does not use it";
	if (!smmu_firmware_allows_pri(smmu_pci_segment(client->faults.dev)))
		return "firmware does not declare it for the root complex";
	return smmu->irq[SMMU_VECTOR_PRIQ] ? NULL : "its SMMU has no priq irq";
}

/* The device whose PRI it uses.  A VF whose PF is not behind the same SMMU has none. */
static struct smmu_client *smmu_pri_find_bearer(struct smmu_client *client)
{
	struct smmu_client *bearer;

	lockdep_assert_held(&client->smmu->ats_lock);
	list_for_each_entry(bearer, &client->smmu->pri_bearers, pri_node)
		if (smmu_pci_pri_is_of(client->faults.dev, bearer->faults.dev))
			return bearer;
	return NULL;
}

/* A device with a capability of its own bears PRI, whether it may request pages itself or not. */
static void smmu_pri_add_bearer(struct smmu_client *client, u16 capability)
{
	struct device *dev = client->faults.dev;

	if (!smmu_pci_pri_is_of(dev, dev))
		return;
	client->pri_capability = capability;
	mutex_lock(&client->smmu->ats_lock);
	list_add(&client->pri_node, &client->smmu->pri_bearers);
	mutex_unlock(&client->smmu->ats_lock);
}

static bool smmu_pri_is_borne(struct smmu_client *client)
{
	struct smmu_client *bearer;

	mutex_lock(&client->smmu->ats_lock);
	bearer = smmu_pri_find_bearer(client);
	if (bearer)
		client->wants_pasids = smmu_pci_pri_wants_pasids(bearer->faults.dev, bearer->pri_capability);
	mutex_unlock(&client->smmu->ats_lock);
	return bearer;
}

/**
 * smmu_pri_prepare - prepare a device for PRI
 * @client: a device being added, with a core object
 *
 * Context: process context.
 */
void smmu_pri_prepare(struct smmu_client *client)
{
	struct device *dev = client->faults.dev;
	const u16 capability = smmu_pci_find_pri(dev);
	const char *obstacle;

	INIT_LIST_HEAD(&client->pri_node);
	if (!capability)
		return;
	smmu_pri_add_bearer(client, capability);
	if (!smmu_ats_capable(dev))
		return;
	obstacle = smmu_pri_is_borne(client) ? smmu_pri_obstacle(client) : "its PF is not behind its SMMU";
	if (obstacle) {
		dev_info(dev, "has PRI, but %s: its page requests are denied\n", obstacle);
		return;
	}
	client->may_request = true;
	smmu_core_master_allow_page_requests(client->master, client->wants_pasids);
}

static u32 smmu_pri_credits_left(struct smmu *smmu)
{
	return smmu_core_info(smmu->core)->queue_entries[2] / 2 - smmu->pri_credits;
}

/*
 * CMD_SYNC does not wait until a response has reached the device (IHI 0070 4.7).  After PRI is enabled again, it would
 * end another group with the same index.
 */
static int smmu_pri_enable(struct smmu_client *bearer, u32 credits)
{
	struct device *dev = bearer->faults.dev;

	if (!smmu_pci_stop_pri(dev, bearer->pri_capability) &&
	    smmu_shim_may_log(bearer->smmu->dev, SMMU_LINE_PRI))
		dev_warn(dev, "page requests without a response for 100 ms, PRI is reset\n");
	return smmu_pci_enable_pri(dev, bearer->pri_capability, credits);
}

/* Enable it at the function that has the capability, unless another one has it enabled. */
static int smmu_pri_raise(struct smmu_client *bearer)
{
	struct device *dev = bearer->faults.dev;
	u32 credits;
	int ret;

	if (bearer->pri_users++)
		return 0;
	credits = min3(smmu_pci_pri_capacity(dev, bearer->pri_capability), (u32)SMMU_PRI_CREDITS,
		       smmu_pri_credits_left(bearer->smmu));
	ret = credits ? smmu_pri_enable(bearer, credits) : -ENOSPC;
	if (ret) {
		bearer->pri_users = 0;
		return ret;
	}
	bearer->pri_credits = credits;
	bearer->smmu->pri_credits += credits;
	return 0;
}

static void smmu_pri_lower(struct smmu_client *bearer)
{
	if (--bearer->pri_users)
		return;
	smmu_pci_disable_pri(bearer->faults.dev, bearer->pri_capability);
	bearer->smmu->pri_credits -= bearer->pri_credits;
}

static void smmu_pri_start(struct smmu_client *client)
{
	struct smmu_client *bearer = smmu_pri_find_bearer(client);
	int ret = bearer ? smmu_core_grant_pri(client->master, SMMU_PRI_CREDITS) : -ENODEV;

	if (!ret)
		ret = smmu_pri_raise(bearer);
	if (ret) {
		smmu_core_withdraw_pri(client->master);
		if (smmu_shim_may_log(client->smmu->dev, SMMU_LINE_PRI))
			dev_warn(client->faults.dev, "failed to enable PRI: %pe, its page requests are denied\n",
				 ERR_PTR(ret));
		return;
	}
	client->pri_bearer = bearer;
	if (client == bearer)
		smmu_pci_note_pri(client->faults.dev, true, bearer->pri_credits);
}

/**
 * smmu_pri_stop - disable PRI of a device
 * @client: the device, awake, with ATS enabled
 *
 * When this returns, there is a response to all that it has requested, which may still be on its way.
 *
 * Context: process context; @ats_lock is held.
 */
void smmu_pri_stop(struct smmu_client *client)
{
	if (!client->pri_bearer)
		return;
	if (client == client->pri_bearer)
		smmu_pci_note_pri(client->faults.dev, false, 0);
	smmu_pri_lower(client->pri_bearer);
	smmu_core_withdraw_pri(client->master);
	client->pri_bearer = NULL;
}

/**
 * smmu_pri_update - enable or disable PRI of a device
 * @client: the device, whose domains or whose ATS have changed
 *
 * Nothing is done without ATS.  A device in quarantine gets no PRI until it is attached again.
 *
 * Context: process context; @ats_lock is held.
 */
void smmu_pri_update(struct smmu_client *client)
{
	if (!client->may_request || list_empty(&client->ats_node) || client->smmu->ats_asleep)
		return;
	if (!smmu_core_resolves_faults(client->master))
		smmu_pri_stop(client);
	else if (!client->pri_bearer && !smmu_core_is_quarantined(client->master))
		smmu_pri_start(client);
}

/**
 * smmu_pri_finish - undo smmu_pri_prepare()
 * @client: a device being removed, with ATS disabled
 *
 * VFs may stay when their PF is removed.  They have no PRI then.
 *
 * Context: process context.
 */
void smmu_pri_finish(struct smmu_client *client)
{
	struct smmu_client *user;

	mutex_lock(&client->smmu->ats_lock);
	list_del(&client->pri_node);
	list_for_each_entry(user, &client->smmu->ats_clients, ats_node) {
		if (user->pri_bearer != client)
			continue;
		smmu_pri_stop(user);
		dev_warn(user->faults.dev, "its PF is removed: its page requests are denied\n");
	}
	mutex_unlock(&client->smmu->ats_lock);
}

static u32 smmu_pri_permissions(const struct smmu_page_request *request)
{
	return (request->read ? IOMMU_FAULT_PERM_READ : 0) |
	       (request->write ? IOMMU_FAULT_PERM_WRITE : 0) |
	       (request->execute ? IOMMU_FAULT_PERM_EXEC : 0) |
	       (request->privileged ? IOMMU_FAULT_PERM_PRIV : 0);
}

static u32 smmu_pri_flags(const struct smmu_page_request *request, bool wants_pasids)
{
	u32 flags = request->last ? IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE : 0;

	if (!request->has_ssid)
		return flags;
	return flags | IOMMU_FAULT_PAGE_REQUEST_PASID_VALID |
	       (wants_pasids ? IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID : 0);
}

static int smmu_pri_report(struct device *client, const struct smmu_page_request *request, u32 token)
{
	struct smmu_client *priv = dev_iommu_priv_get(client);
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags	= smmu_pri_flags(request, priv->wants_pasids),
			.pasid	= request->has_ssid ? request->ssid : 0,
			.grpid	= token,
			.perm	= smmu_pri_permissions(request),
			.addr	= request->address,
		},
	};

	smmu_count(client, SMMU_COUNT_PAGE_REQUESTS);
	return iommu_report_device_fault(client, &fault);
}

/**
 * smmu_shim_resolve_page_requests - pass a group of page requests to the handler of its domain
 * @dev: the SMMU
 * @client: the device; valid until this returns
 * @last: the last request
 * @token: of the answer
 *
 * The IOMMU core keeps those before until it gets the last one.  They are requested again if it has no memory for them.
 *
 * Context: process context.
 * Return: true if smmu_iopf_respond() is called for the last one.
 */
bool smmu_shim_resolve_page_requests(struct device *dev, struct device *client,
				     const struct smmu_page_request *last, u32 token)
{
	const struct smmu_page_request *request;

	if (!smmu_iopf_admit(dev_iommu_priv_get(client), last->has_ssid ? last->ssid : IOMMU_NO_PASID))
		return false;
	for (request = last->earlier; request; request = request->earlier)
		smmu_pri_report(client, request, token);
	if (smmu_pri_report(client, last, token))
		smmu_shim_report_page_request(dev, client, last);
	return true;
}
