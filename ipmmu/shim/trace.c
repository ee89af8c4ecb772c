// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints of power and faults. */
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
 * ipmmu_shim_trace_restore_failed - a resume has failed
 * @dev: the IPMMU
 * @context: the context whose flush timed out
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
 * @client: the device that caused it, or NULL if the context has several
 * @fault: the record
 *
 * Context: any.
 */
void ipmmu_trace_fault(struct device *dev, struct device *client, const struct ipmmu_fault *fault)
{
	trace_ipmmu_fault(dev, client, fault->iova, fault->context, fault->status);
}
