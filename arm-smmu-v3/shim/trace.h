/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of SMMU power: /sys/kernel/tracing/events/smmuv3/. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM smmuv3

#if !defined(ARM_SMMU_V3_SHIM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ARM_SMMU_V3_SHIM_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

int smmu_elided_traced(void);
void smmu_elided_untraced(void);

#define show_power_state(state)					\
	__print_symbolic(state,					\
			 { SMMU_POWER_OFF,	 "off" },	\
			 { SMMU_POWER_RESUMING,	 "resuming" },	\
			 { SMMU_POWER_ACTIVE,	 "active" },	\
			 { SMMU_POWER_DRAINING,	 "draining" },	\
			 { SMMU_POWER_SUSPENDED, "suspended" },	\
			 { SMMU_POWER_FAILED,	 "failed" })

TRACE_EVENT(smmu_power,
	TP_PROTO(struct device *dev, u32 from, u32 to),
	TP_ARGS(dev, from, to),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("%s: %s -> %s", __get_str(dev), show_power_state(__entry->from),
		  show_power_state(__entry->to))
);

TRACE_EVENT(smmu_drain,
	TP_PROTO(struct device *dev, u32 position, u64 duration_ns, int result),
	TP_ARGS(dev, position, duration_ns, result),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u32, position)
		__field(u64, duration_ns)
		__field(int, result)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->position = position;
		__entry->duration_ns = duration_ns;
		__entry->result = result;
	),
	TP_printk("%s: position %u after %llu ns: %d", __get_str(dev), __entry->position,
		  __entry->duration_ns, __entry->result)
);

TRACE_EVENT(smmu_rollback,
	TP_PROTO(struct device *dev, int result),
	TP_ARGS(dev, result),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(int, result)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->result = result;
	),
	TP_printk("%s: %d", __get_str(dev), __entry->result)
);

TRACE_EVENT_FN(smmu_elided,
	TP_PROTO(struct device *dev),
	TP_ARGS(dev),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
	),
	TP_fast_assign(
		__assign_str(dev);
	),
	TP_printk("%s", __get_str(dev)),
	smmu_elided_traced, smmu_elided_untraced
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
