/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of the boundary that shows what the core does: dumps, statistics and tracepoints (core.h). */
#ifndef ARM_SMMU_V3_CORE_INSPECT_H
#define ARM_SMMU_V3_CORE_INSPECT_H

#include "arm-smmu-v3/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- dumps; any context ---- */

/* The configuration of a stream, as the SMMU reads it from memory. */
struct smmu_stream {
	u64	ste[8];
	u64	cd[8];			/* of SubstreamID 0, when has_cd */
	bool	has_cd;
	const char *config;		/* "invalid", "abort", "bypass", "stage 1", "stage 2" */
	/* of the domain; tag_name is NULL where the configuration has none */
	const char *tag_name;		/* "ASID", "VMID" */
	u32	tag;
	u32	input_bits;
	u64	ttb;
};

/*
 * Read the configuration of @sid, one of the streams of @master.  @domain: one that the device has been attached to, or
 * NULL; without it no CD is read.  An attach may change the configuration meanwhile.
 */
void smmu_core_read_stream(struct smmu_master *master, u32 sid, struct smmu_domain *domain,
			   struct smmu_stream *out);

/* Find the next range that @domain maps, at or above *@iova (pgtable/ranges.hpp). */
enum os_scan smmu_core_scan_range(struct smmu_domain *domain, u64 *iova, struct os_range *range);

/* The descriptors of the walk for @iova. */
void smmu_core_trace_walk(struct smmu_domain *domain, u64 iova, struct os_walk *out);

/* Bytes of memory that the page table has. */
u64 smmu_core_domain_table_bytes(struct smmu_domain *domain);

/* ---- statistics and tracepoints ---- */

enum smmu_power_state {
	SMMU_POWER_OFF,		/* not started, or stopped for good */
	SMMU_POWER_RESUMING,
	SMMU_POWER_ACTIVE,
	SMMU_POWER_DRAINING,
	SMMU_POWER_SUSPENDED,	/* power may be lost */
	SMMU_POWER_FAILED,	/* all DMA behind it aborts */
	SMMU_NR_POWER_STATES
};

struct smmu_power {
	u32	state;		/* enum smmu_power_state */
	u32	suspends, resumes, rollbacks;
	u64	now_ns, since_ns;			/* when read, when the state began (os_now_ns()) */
	u64	residency_ns[SMMU_NR_POWER_STATES];	/* completed intervals */
	u64	last_suspend_ns, worst_suspend_ns;	/* from draining to suspended */
	u64	last_resume_ns, worst_resume_ns;	/* from resuming to active */
};

struct smmu_stats {
	u64	commands;	/* entered into the command queue, modulo 2^30 */
	u64	elided;		/* invalidations left out while the SMMU was off */
	u64	events;		/* taken from the event queue */
	u64	page_requests;
	u64	gerrors;
	u64	stalls;		/* transactions that waited for a fault to be resolved */
	u64	page_request_groups;	/* likewise */
	u64	stalls_expired;	/* of both, aborted by smmu_core_abort_stalls() */
	u64	queue_full;	/* times a producer found the command queue full */
	u64	sync_timeouts;
	struct smmu_power power;
};

void smmu_core_read_stats(struct smmu_core *core, struct smmu_stats *out);

/* A change of power state.  Process context. */
void smmu_shim_trace_power(struct device *dev, enum smmu_power_state from,
			   enum smmu_power_state to);

/* A drain of the command queue up to @position.  @result: 0 or a negative errno. */
void smmu_shim_trace_drain(struct device *dev, u32 position, u64 duration_ns, int result);

/* A suspend was undone.  @result: 0, or a negative errno: the SMMU has failed. */
void smmu_shim_trace_rollback(struct device *dev, int result);

/* Whether the tracepoint of elisions is enabled. */
extern bool smmu_shim_traces_elisions;

/* An invalidation was left out, because the SMMU is off.  Any context. */
void smmu_shim_trace_elided(struct device *dev);

#ifdef __cplusplus
}
#endif

#endif
