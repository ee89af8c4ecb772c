// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints of power, called by the core. */
#include "arm-smmu-v3/core_inspect.h"

#include "shim.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

bool smmu_shim_traces_elisions;

/* The tracing core serialises the calls. */
int smmu_elided_traced(void)
{
	WRITE_ONCE(smmu_shim_traces_elisions, true);
	return 0;
}

void smmu_elided_untraced(void)
{
	WRITE_ONCE(smmu_shim_traces_elisions, false);
}

/**
 * smmu_shim_trace_power - a change of power state
 * @dev: the SMMU
 * @from: the state left
 * @to: the state entered
 *
 * Context: any.
 */
void smmu_shim_trace_power(struct device *dev, enum smmu_power_state from,
			   enum smmu_power_state to)
{
	trace_smmu_power(dev, from, to);
}

/**
 * smmu_shim_trace_drain - the command queue has been stopped and drained
 * @dev: the SMMU
 * @position: how far it was filled
 * @duration_ns: how long the SMMU and the producers took
 * @result: 0, or a negative errno
 *
 * Context: any.
 */
void smmu_shim_trace_drain(struct device *dev, u32 position, u64 duration_ns, int result)
{
	trace_smmu_drain(dev, position, duration_ns, result);
}

/**
 * smmu_shim_trace_rollback - a suspend has been undone
 * @dev: the SMMU
 * @result: 0, or a negative errno when the SMMU has failed
 *
 * Context: any.
 */
void smmu_shim_trace_rollback(struct device *dev, int result)
{
	trace_smmu_rollback(dev, result);
}

/**
 * smmu_shim_trace_elided - an invalidation was left out because the SMMU is off
 * @dev: the SMMU
 *
 * Context: any.
 */
void smmu_shim_trace_elided(struct device *dev)
{
	trace_smmu_elided(dev);
}
