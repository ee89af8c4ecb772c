// SPDX-License-Identifier: GPL-2.0-only
/* Faults, in one line each. */
#include <linux/seq_buf.h>

#include "paging.h"

#define LINE_BYTES	192

static void ipmmu_print_fault(struct seq_buf *line, struct device *client, bool blocked,
			      const struct ipmmu_fault *fault)
{
	seq_buf_printf(line,
		       "fault:%s%s%s%s client: %s iova: %#llx context: %u%s status: %#x",
		       fault->translation ? " translation" : "",
		       fault->permission ? " permission" : "",
		       fault->walk_abort ? " table-walk abort" : "",
		       fault->multiple_hits ? " multiple TLB hits" : "",
		       client ? dev_name(client) : fault->masters ? "one of several" : "none",
		       fault->iova, fault->context, blocked ? " (blocked)" : "", fault->status);
}

/*
 * Let the owner of a domain know, if it has called iommu_set_fault_handler().  True when it does the rest.
 * Without a handler this is only a tracepoint.  Whether it was a read or a write is not recorded.
 */
static bool ipmmu_offered_to_owner(struct device *dev, struct device *client,
				   struct ipmmu_paging *paging, const struct ipmmu_fault *fault)
{
	struct device *culprit = client ?: dev;
	DECLARE_SEQ_BUF(line, LINE_BYTES);

	if (!shim_has_fault_handler(&paging->domain))
		return !report_iommu_fault(&paging->domain, culprit, fault->iova, 0);
	ipmmu_print_fault(&line, client, false, fault);
	return shim_fault_offer(&paging->faults, &(struct shim_fault){
						       .iommu = dev,
						       .dev = culprit,
						       .iova = fault->iova,
						       .line = seq_buf_str(&line),
					       });
}

/**
 * ipmmu_shim_report_fault - say what an IPMMU complained about
 * @dev: the root
 * @client: the device that did it, or NULL when the context has several
 * @shim: the domain, or NULL where devices are blocked
 * @fault: what was recorded
 *
 * A worker calls the domain's fault handler (shim/faults.h); a fault that the handler takes is not printed.
 * In a flood, the kernel's rate limit drops lines and prints how many.
 *
 * Context: process context.
 */
void ipmmu_shim_report_fault(struct device *dev, struct device *client, void *shim,
			     const struct ipmmu_fault *fault)
{
	bool of_table = fault->permission || fault->translation;
	struct ipmmu *ipmmu = dev_get_drvdata(dev);
	DECLARE_SEQ_BUF(line, LINE_BYTES);

	ipmmu_trace_fault(dev, client, fault);
	if (shim && of_table && ipmmu_offered_to_owner(dev, client, shim, fault))
		return;
	if (!__ratelimit(&ipmmu->report_limit))
		return;
	ipmmu_print_fault(&line, client, !shim, fault);
	dev_err(dev, "%s\n", seq_buf_str(&line));
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
	dev_err_ratelimited(dev, "TLB flush timed out in context %u, stale translations may be in use\n",
			    context);
}
