// SPDX-License-Identifier: GPL-2.0-only
/* Logging of faults, in one line each. */
#include <linux/seq_buf.h>

#include "shim/dump.h"
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
 * True if the domain's fault handler, set by iommu_set_fault_handler(), gets the fault.  Without a handler,
 * report_iommu_fault() is only a tracepoint.  The hardware does not record whether it was a read or a write.
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

/* The core keeps the domain alive while a fault is reported; one that is being destroyed has no core object. */
static void ipmmu_report_walk(struct device *dev, struct ipmmu_paging *paging, u64 iova)
{
	struct ipmmu_domain *core = paging ? READ_ONCE(paging->core) : NULL;
	DECLARE_SEQ_BUF(line, LINE_BYTES);
	struct os_walk walk;

	if (!core)
		return;
	ipmmu_core_trace_walk(core, iova, &walk);
	shim_print_walk(&line, &walk);
	dev_err(dev, "walk: iova: %#llx%s\n", iova, walk.count ? seq_buf_str(&line) : " none");
}

/**
 * ipmmu_shim_report_fault - pass a fault to the fault handler or log it
 * @dev: the root
 * @client: the device that caused it, or NULL if the context has several
 * @shim: the domain, or NULL for blocked devices
 * @fault: the record
 *
 * A worker calls the domain's fault handler (shim/faults.h).  A fault that the handler handles is not logged.
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
	if (of_table)
		ipmmu_report_walk(dev, shim, fault->iova);
}

/**
 * ipmmu_shim_report_stuck - log a flush that timed out
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

/**
 * ipmmu_shim_report_range - log a map beyond the input addresses
 * @shim: the domain
 * @iova: the address
 *
 * Context: any.
 */
void ipmmu_shim_report_range(void *shim, u64 iova)
{
	const struct ipmmu_paging *paging = shim;

	dev_err_ratelimited(paging->root, "failed to map %#llx: input addresses end at %pad\n", iova,
			    &paging->domain.geometry.aperture_end);
}
