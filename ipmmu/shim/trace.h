/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of IPMMU power and faults: /sys/kernel/tracing/events/ipmmu/. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipmmu

#if !defined(IPMMU_SHIM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IPMMU_SHIM_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

#define show_ipmmu_power_state(state)				\
	__print_symbolic(state,					\
			 { IPMMU_POWER_OFF,	  "off" },	\
			 { IPMMU_POWER_ACTIVE,	  "active" },	\
			 { IPMMU_POWER_SUSPENDED, "suspended" },\
			 { IPMMU_POWER_FAILED,	  "failed" })

TRACE_EVENT(ipmmu_power,
	TP_PROTO(struct device *dev, u32 from, u32 to, u64 duration_ns),
	TP_ARGS(dev, from, to, duration_ns),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u32, from)
		__field(u32, to)
		__field(u64, duration_ns)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->from = from;
		__entry->to = to;
		__entry->duration_ns = duration_ns;
	),
	TP_printk("%s: %s -> %s in %llu ns", __get_str(dev),
		  show_ipmmu_power_state(__entry->from), show_ipmmu_power_state(__entry->to),
		  __entry->duration_ns)
);

TRACE_EVENT(ipmmu_restore_failed,
	TP_PROTO(struct device *dev, u32 context),
	TP_ARGS(dev, context),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u32, context)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->context = context;
	),
	TP_printk("%s: context %u", __get_str(dev), __entry->context)
);

TRACE_EVENT(ipmmu_fault,
	TP_PROTO(struct device *dev, struct device *client, u64 iova, u32 context, u32 status),
	TP_ARGS(dev, client, iova, context, status),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__string(client, client ? dev_name(client) : "unknown")
		__field(u64, iova)
		__field(u32, context)
		__field(u32, status)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(client);
		__entry->iova = iova;
		__entry->context = context;
		__entry->status = status;
	),
	TP_printk("%s: %s iova=%#llx context %u status %#x", __get_str(dev), __get_str(client),
		  __entry->iova, __entry->context, __entry->status)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH ipmmu/shim
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
