// SPDX-License-Identifier: GPL-2.0-only
/* Faults, in one line each. */
#include "paging.h"

/* Offer a fault to whoever called iommu_set_fault_handler().  True when it took it. */
static bool handled_by_owner(struct device *dev, struct device *client,
			     struct ipmmu_paging *paging, const struct ipmmu_fault *fault)
{
	/* Whether it was a read or a write is not recorded. */
	return !report_iommu_fault(&paging->domain, client ?: dev, fault->iova, 0);
}

/**
 * ipmmu_shim_report_fault - say what an IPMMU complained about
 * @dev: the root
 * @client: the device that did it, or NULL when the context has several
 * @shim: the domain, or NULL where devices are blocked
 * @fault: what was recorded
 *
 * A fault of a translation goes to the fault handler of the domain first, and is printed unless that one
 * returns 0.  In a flood, the kernel's rate limit drops lines and prints how many.
 *
 * Context: process context.
 */
void ipmmu_shim_report_fault(struct device *dev, struct device *client, void *shim,
			     const struct ipmmu_fault *fault)
{
	bool of_table = fault->permission || fault->translation;
	struct ipmmu *ipmmu = dev_get_drvdata(dev);

	ipmmu_trace_fault(dev, client, fault);
	if (shim && of_table && handled_by_owner(dev, client, shim, fault))
		return;
	if (!__ratelimit(&ipmmu->report_limit))
		return;
	dev_err(dev, "fault:%s%s%s%s client: %s iova: %#llx context: %u%s status: %#x\n",
		fault->translation ? " translation" : "", fault->permission ? " permission" : "",
		fault->walk_abort ? " table-walk abort" : "",
		fault->multiple_hits ? " multiple TLB hits" : "",
		client ? dev_name(client) : fault->masters ? "one of several" : "none",
		fault->iova, fault->context, shim ? "" : " (blocked)", fault->status);
}

/**
 * ipmmu_shim_report_stuck - say that a flush did not end
 * @dev: the root
 * @context: the context
 *
 * Context: any.
 */
void ipmmu_shim_report_stuck(struct device *dev, u32 context)
{
	dev_err_ratelimited(dev, "a flush of context %u does not end, stale translations may be in use\n",
			    context);
}
