// SPDX-License-Identifier: GPL-2.0-only
/* What the core tells of power, as tracepoints. */
#include "shim.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * ipmmu_shim_trace_power - a change of power state
 * @dev: the IPMMU
 * @from: the state left
 * @to: the state entered
 * @duration_ns: how long the change took
 *
 * Context: any.
 */
void ipmmu_shim_trace_power(struct device *dev, enum ipmmu_power_state from,
			    enum ipmmu_power_state to, u64 duration_ns)
{
	trace_ipmmu_power(dev, from, to, duration_ns);
}

/**
 * ipmmu_shim_trace_restore_failed - power came back, the translations did not
 * @dev: the IPMMU
 * @context: the one whose flush did not end
 *
 * Context: any.
 */
void ipmmu_shim_trace_restore_failed(struct device *dev, u32 context)
{
	trace_ipmmu_restore_failed(dev, context);
}

/**
 * ipmmu_trace_fault - a fault has been read and cleared
 * @dev: the root
 * @client: the device that did it, or NULL when the context has several
 * @fault: what was recorded
 *
 * Context: any.
 */
void ipmmu_trace_fault(struct device *dev, struct device *client, const struct ipmmu_fault *fault)
{
	trace_ipmmu_fault(dev, client, fault->iova, fault->context, fault->status);
}
