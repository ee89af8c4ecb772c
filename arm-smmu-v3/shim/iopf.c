// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O page faults of devices that may stall, or that request pages (pri.c): a faulting transaction waits, and the
 * handler of its domain (iommu_domain.iopf_handler) decides whether it is tried again.  The core keeps what waits, and
 * ends it when the device is detached, when the SMMU is suspended, and when the handler does not answer.
 *
 * A device is a part of its queue from its first domain with a handler until it is removed.  A handler may hold faults
 * after a detach, which iopf_queue_remove_device() would free.
 */
#include <linux/property.h>

#include "paging.h"

/* How long a transaction may wait for its handler, which may be in user space; looked at every so many seconds. */
#define SMMU_STALL_SECONDS	60
#define SMMU_STALL_LOOK_SECONDS	15

/*
 * A PASID has as many faults without an answer as the SMMU can have transactions stalled, and this many if that is
 * less; so have the transactions without one.  A handler in user space that never answers has the memory of each until
 * a detach, although its transaction has ended.  A process can have its faults wait, as by userfaultfd: the limit of
 * one does not concern the others that use the device.
 */
#define SMMU_UNANSWERED_MIN	64

static void smmu_iopf_look_later(struct smmu *smmu)
{
	queue_delayed_work(system_freezable_wq, &smmu->stalls, SMMU_STALL_LOOK_SECONDS * HZ);
}

/**
 * smmu_shim_stall_waits - abort a stalled transaction later, if it has not ended by then
 * @dev: the SMMU
 *
 * Context: process context.
 */
void smmu_shim_stall_waits(struct device *dev)
{
	smmu_iopf_look_later(dev_get_drvdata(dev));
}

static void smmu_iopf_expire(struct work_struct *work)
{
	struct smmu *smmu = container_of(to_delayed_work(work), struct smmu, stalls);

	if (smmu_core_abort_stalls(smmu->core, (u64)SMMU_STALL_SECONDS * NSEC_PER_SEC))
		smmu_iopf_look_later(smmu);
}

/**
 * smmu_iopf_init - prepare an SMMU for devices that may stall
 * @smmu: an SMMU being probed
 *
 * Context: process context.
 */
void smmu_iopf_init(struct smmu *smmu)
{
	INIT_DELAYED_WORK(&smmu->stalls, smmu_iopf_expire);
}

/*
 * Firmware says which device may stall: in the device tree, or in a named component of the IORT, of which ACPI makes
 * the same property.  The PCI core gives it to HiSilicon's accelerators, which are no PCI devices in this respect.
 */
static bool smmu_iopf_is_possible(const struct smmu_info *info, struct device *dev)
{
	return info->forces_stalls ||
	       (info->has_stalls && device_property_read_bool(dev, "dma-can-stall"));
}

/* The record of a fault is read when that interrupt is raised. */
static const char *smmu_iopf_obstacle(const struct smmu *smmu)
{
	if (!IS_ENABLED(CONFIG_IOMMU_IOPF))
		return "the kernel has no CONFIG_IOMMU_IOPF: its faults terminate";
	if (smmu->irq[SMMU_VECTOR_EVTQ])
		return NULL;
	return smmu_core_info(smmu->core)->forces_stalls ?
	       "its SMMU has no evtq irq: its faults wait until it is detached" :
	       "its SMMU has no evtq irq: its faults terminate";
}

/**
 * smmu_iopf_prepare - prepare a device for page faults
 * @client: a device being added
 *
 * Context: process context.
 */
void smmu_iopf_prepare(struct smmu_client *client)
{
	struct device *dev = client->faults.dev;
	const char *obstacle;

	xa_init(&client->unanswered);
	if (!smmu_iopf_is_possible(smmu_core_info(client->smmu->core), dev))
		return;
	obstacle = smmu_iopf_obstacle(client->smmu);
	if (obstacle) {
		dev_info(dev, "may stall, but %s\n", obstacle);
		return;
	}
	client->may_stall = true;
	smmu_core_master_allow_stalls(client->master);
}

static bool smmu_iopf_is_offered(const struct smmu_client *client)
{
	return client->may_stall || client->may_request;
}

static int smmu_iopf_create_queue(struct smmu_client *client)
{
	struct device *dev = client->faults.dev;
	struct iopf_queue *queue = iopf_queue_alloc(dev_name(dev));
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = iopf_queue_add_device(queue, dev);
	if (ret)
		iopf_queue_free(queue);
	else
		client->iopf = queue;
	return ret;
}

/**
 * smmu_iopf_enter - prepare the attach of a device, or a PASID of it, to a domain
 * @client: the device
 * @domain: the domain, which has a core object
 *
 * Context: process context; the group's mutex is held.
 * Return: 0, or -ENOMEM.
 */
int smmu_iopf_enter(struct smmu_client *client, struct iommu_domain *domain)
{
	const bool resolves = domain->iopf_handler;
	int ret = 0;

	if (resolves && smmu_iopf_is_offered(client) && !client->iopf)
		ret = smmu_iopf_create_queue(client);
	if (!ret)
		smmu_core_domain_resolve_faults(smmu_core_of(domain), resolves);
	return ret;
}

/**
 * smmu_iopf_flush - wait for handlers
 * @client: a device of which the core offers no fault of the domain before any more
 *
 * Context: process context.
 */
void smmu_iopf_flush(struct smmu_client *client)
{
	if (client->iopf)
		iopf_queue_flush_dev(client->faults.dev);
}

/**
 * smmu_iopf_attached - wait for the handlers of the domain before, and have faults of the new one reported later
 * @client: a device of which the core offers no fault of the domain before any more
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_iopf_attached(struct smmu_client *client)
{
	smmu_iopf_flush(client);
	if (client->iopf || smmu_core_info(client->smmu->core)->forces_stalls)
		smmu_settle_later(client, SMMU_SETTLE_FAULTS);
}

/**
 * smmu_iopf_report - report faults of the domains of a device
 * @dev: the device; the IOMMU core has the handles of its domains
 *
 * Context: process context; the group's mutex is held.
 */
void smmu_iopf_report(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	smmu_core_master_report_stalls(client->master);
}

/**
 * smmu_iopf_finish - undo smmu_iopf_prepare() and smmu_iopf_enter()
 * @client: a device being removed, which has no core object any more
 *
 * Context: process context.
 */
void smmu_iopf_finish(struct smmu_client *client)
{
	if (!client->iopf)
		return;
	smmu_iopf_flush(client);
	iopf_queue_remove_device(client->iopf, client->faults.dev);
	iopf_queue_free(client->iopf);
	xa_destroy(&client->unanswered);
}

static u32 smmu_iopf_pasid(const struct iommu_fault_page_request *request)
{
	return request->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID ? request->pasid : IOMMU_NO_PASID;
}

static unsigned long smmu_iopf_unanswered(struct smmu_client *client, u32 pasid)
{
	void *entry = xa_load(&client->unanswered, pasid);

	return entry ? xa_to_value(entry) : 0;
}

/*
 * Needs memory if no fault of the PASID waits for an answer.  For that, __xa_store() releases the lock: nothing changes
 * the number meanwhile, since faults of a device are reported one after the other.
 */
static int smmu_iopf_count(struct smmu_client *client, u32 pasid, u32 most)
{
	struct xarray *unanswered = &client->unanswered;
	unsigned long number;
	int ret = -EBUSY;

	xa_lock(unanswered);
	number = smmu_iopf_unanswered(client, pasid);
	if (number < most)
		ret = xa_err(__xa_store(unanswered, pasid, xa_mk_value(number + 1), GFP_KERNEL));
	xa_unlock(unanswered);
	return ret;
}

static void smmu_iopf_count_answer(struct smmu_client *client, u32 pasid)
{
	struct xarray *unanswered = &client->unanswered;
	unsigned long number;

	xa_lock(unanswered);
	number = smmu_iopf_unanswered(client, pasid);
	if (number > 1)
		__xa_store(unanswered, pasid, xa_mk_value(number - 1), GFP_NOWAIT);
	else
		__xa_erase(unanswered, pasid);
	xa_unlock(unanswered);
}

/**
 * smmu_iopf_admit - prepare the report of a fault
 * @client: a device
 * @pasid: of the fault, or IOMMU_NO_PASID
 *
 * Context: process context; faults of a device are reported one after the other.
 * Return: true if smmu_iopf_respond() must be called; false if the device has no queue, too many faults of the PASID
 * are without an answer (logged), or without memory.
 */
bool smmu_iopf_admit(struct smmu_client *client, u32 pasid)
{
	struct smmu *smmu = client->smmu;
	const u32 most = max_t(u32, smmu_core_info(smmu->core)->stall_max, SMMU_UNANSWERED_MIN);
	int ret;

	if (!client->iopf)
		return false;
	ret = smmu_iopf_count(client, pasid, most);
	if (ret == -EBUSY && smmu_shim_may_log(smmu->dev, SMMU_LINE_UNANSWERED))
		dev_err(client->faults.dev,
			"%u faults without an answer, further ones of PASID 0x%x abort\n",
			most, pasid);
	return !ret;
}

static u32 smmu_iopf_permissions(const struct smmu_event *event)
{
	u32 perm = event->read ? IOMMU_FAULT_PERM_READ : IOMMU_FAULT_PERM_WRITE;

	if (event->instruction)
		perm |= IOMMU_FAULT_PERM_EXEC;
	if (event->privileged)
		perm |= IOMMU_FAULT_PERM_PRIV;
	return perm;
}

/**
 * smmu_shim_resolve_fault - pass the fault of a stalled transaction to the handler of its domain
 * @dev: the SMMU
 * @client: the device; valid until this returns
 * @event: the record
 * @token: of the answer
 *
 * Without memory or a handler, iommu_report_device_fault() calls smmu_iopf_respond() itself.
 *
 * Context: process context.
 * Return: true if smmu_iopf_respond() is called.
 */
bool smmu_shim_resolve_fault(struct device *dev, struct device *client,
			     const struct smmu_event *event, u32 token)
{
	struct smmu_client *priv = dev_iommu_priv_get(client);
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags	= IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.grpid	= token,
			.perm	= smmu_iopf_permissions(event),
			.addr	= event->address,
		},
	};

	if (event->has_ssid) {
		fault.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		fault.fault.prm.pasid = event->ssid;
	}
	if (!smmu_iopf_admit(priv, smmu_iopf_pasid(&fault.fault.prm)))
		return false;
	smmu_count(client, SMMU_COUNT_STALLS);
	if (iommu_report_device_fault(client, &fault))
		smmu_shim_report_event(dev, client, event);
	return true;
}

/*
 * IOMMU_PAGE_RESP_FAILURE is what the IOMMU core answers if a handler returns an error, or without memory: it concerns
 * one fault.  A Response Failure would end the page requests of all that use the PRI of the function.
 */
static enum smmu_stall_answer smmu_iopf_answer(enum iommu_page_response_code code)
{
	return code == IOMMU_PAGE_RESP_SUCCESS ? SMMU_STALL_RETRY : SMMU_STALL_ABORT;
}

/**
 * smmu_iopf_respond - iommu_ops.page_response: end a stalled transaction, or a group of page requests
 * @dev: the device
 * @fault: the fault; the kernel may refuse a request that is not the last of its group, too
 * @response: whether it is tried again, or aborted
 *
 * It may have ended, see smmu_core_answer_stall().  The kernel calls this once for each fault that was reported.
 *
 * Context: process context.
 */
void smmu_iopf_respond(struct device *dev, struct iopf_fault *fault,
		       struct iommu_page_response *response)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	if (!(fault->fault.prm.flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE))
		return;
	smmu_iopf_count_answer(client, smmu_iopf_pasid(&fault->fault.prm));
	smmu_core_answer_stall(client->smmu->core, response->grpid,
			       smmu_iopf_answer(response->code));
}

/**
 * smmu_iopf_enable - iommu_ops.dev_enable_feat: enable page faults of a device
 * @dev: the device
 *
 * There is nothing to do before a domain with a handler is attached.
 *
 * Context: process context.
 * Return: 0, or -EINVAL if they are not offered.
 */
int smmu_iopf_enable(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	return smmu_iopf_is_offered(client) ? 0 : -EINVAL;
}
