/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boundary between the Linux shims (C) and the IPMMU core (C++).
 *
 * ipmmu_core_*: the core, called by the shims.  ipmmu_shim_*: the shims, called by the core.
 * Errors are negative errno values.  "Sleeps" means process context; everything else may be called
 * with interrupts off.
 */
#ifndef IPMMU_CORE_H
#define IPMMU_CORE_H

#include "os/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct device;
struct ipmmu_core;	/* one IPMMU: a root, a leaf, or both in one (R-Car Gen2) */
struct ipmmu_master;	/* one device behind it */
struct ipmmu_domain;	/* one address space */

/* ---- one IPMMU ---- */

enum ipmmu_soc {
	IPMMU_VMSA,		/* R-Car Gen2, RZ/G1, R-Mobile APE6 */
	IPMMU_R8A774A1, IPMMU_R8A774B1, IPMMU_R8A774C0, IPMMU_R8A774E1,
	IPMMU_R8A7795, IPMMU_R8A7796, IPMMU_R8A77961, IPMMU_R8A77965,
	IPMMU_R8A77970, IPMMU_R8A77980, IPMMU_R8A77990, IPMMU_R8A77995,
	IPMMU_R8A779A0,
	IPMMU_RCAR_GEN4,
	IPMMU_NR_SOCS
};

enum ipmmu_stage { IPMMU_STAGE_AUTO, IPMMU_STAGE_1, IPMMU_STAGE_2 };

/* What firmware and the kernel say about one IPMMU; read once, by ipmmu_core_create(). */
struct ipmmu_platform {
	void	*base;		/* its registers */
	u32	size;		/* bytes mapped there */
	u32	soc;		/* enum ipmmu_soc */
	u32	stage;		/* enum ipmmu_stage: what the user asked for; of a root only */
	struct ipmmu_core *root;	/* of a leaf: its root; NULL for a root */
	u32	prr;		/* the Product Register, when has_prr */
	bool	has_prr;
};

/* What the core decided; constant after ipmmu_core_create(). */
struct ipmmu_info {
	u32	utlbs;		/* micro-TLBs are numbered below this */
	u32	contexts;	/* in the whole root */
	u32	domains;	/* that can have one of them; the others are for blocked devices */
	u32	stage;		/* IPMMU_STAGE_1 or _2 */
	u32	ias;		/* input address bits */
	bool	is_root;
	bool	has_masters;	/* devices are connected to it: it is an IOMMU to Linux */
};

/* Whether nodes of @soc may be leaves of a root ("renesas,ipmmu-main"). */
bool ipmmu_core_soc_has_leaves(u32 soc);

/*
 * Allocate what the IPMMU behind @platform needs.  Writes no register.  A root must live longer than its
 * leaves.  Sleeps.
 * -ENODEV: no such SoC.  -EINVAL: too few registers, or a root of another generation (logged).  -ENOMEM.
 */
int ipmmu_core_create(struct device *dev, const struct ipmmu_platform *platform,
		      struct ipmmu_core **out);

/*
 * Release everything; NULL is allowed.  The IPMMU must be stopped and its masters destroyed.  Domains of a
 * root that are left translate nothing from then on.  Excludes ipmmu_core_domain_destroy().  Sleeps.
 */
void ipmmu_core_destroy(struct ipmmu_core *core);

const struct ipmmu_info *ipmmu_core_info(struct ipmmu_core *core);

/* How many domains have a context of the root of @core. */
u32 ipmmu_core_domains(struct ipmmu_core *core);

/* ---- power; each excludes the others on the same IPMMU ---- */

/*
 * Take the IPMMU into service, whatever firmware left: contexts and micro-TLBs off, those of a leaf when
 * the first device is attached behind it.  Until then no register of a leaf is touched.  The root comes
 * first.  Sleeps.  -EBUSY: the root has no power.
 */
int ipmmu_core_start(struct ipmmu_core *core);

/* Turn contexts and micro-TLBs off for good. */
void ipmmu_core_stop(struct ipmmu_core *core);

/*
 * Of a root with power: let what is translated, behind all its leaves, fault from now on and raise no
 * interrupt, and touch no register any more.  Else nothing.  Sleeps.
 */
void ipmmu_core_block(struct ipmmu_core *core);

/*
 * Report pending faults and let go of the registers: when this returns 0 nothing touches them until
 * ipmmu_core_resume().  A root's interrupt must be off.  Sleeps.
 * -EBUSY: a leaf of this root is still in use.
 */
int ipmmu_core_suspend(struct ipmmu_core *core);

/*
 * Write every register anew, flush, and wait for that.  Sleeps.
 * -ETIMEDOUT: a flush did not end (logged); from now on nothing passes that was translated before, and
 * no register of the root and its leaves is touched but to keep it so.  -EIO: that has happened before.
 * -EBUSY: the root has no power.
 */
int ipmmu_core_resume(struct ipmmu_core *core);

/* A resume of the root or of one of its leaves has failed; ipmmu_core_resume() answers -EIO. */
bool ipmmu_core_failed(struct ipmmu_core *core);

/* ---- interrupts ---- */

/* Report and clear the faults of every context of a root.  Sleeps.  True when there were some. */
bool ipmmu_core_handle_faults(struct ipmmu_core *core);

/* ---- masters ---- */

/*
 * Make @dev, connected to the micro-TLBs @utlbs, known; it is not translated until it is attached.
 * Sleeps.  -EINVAL: a micro-TLB that the SoC does not have (logged).  -ENOMEM.
 */
int ipmmu_core_master_create(struct ipmmu_core *core, struct device *dev, const u32 *utlbs,
			     u32 count, struct ipmmu_master **out);

/* Detach the device and forget it.  Sleeps. */
void ipmmu_core_master_destroy(struct ipmmu_master *master);

/* A device that shares a micro-TLB with @master, or NULL; it stays known until its master is destroyed. */
struct device *ipmmu_core_master_sharer(struct ipmmu_master *master);

/*
 * Put a translation in force for every micro-TLB of the device.  @group: devices that share a micro-TLB
 * change their translation together when it is the same.  May be called without power: the registers
 * follow at resume.
 * -EBUSY: a micro-TLB is in use by a device of another group (logged).  -ENOSPC: no context left for
 * blocking (logged).  -ETIMEDOUT: a flush did not end.  -EIO: the root has failed; from identity the device
 * stays blocked.  -EINVAL: the domain belongs to another root.  The device keeps what it had.
 */
int ipmmu_core_attach(struct ipmmu_master *master, struct ipmmu_domain *domain, const void *group);
int ipmmu_core_attach_identity(struct ipmmu_master *master, const void *group);
int ipmmu_core_attach_blocked(struct ipmmu_master *master, const void *group);

/* ---- domains ---- */

/* The page table that a domain needs, and what io-pgtable made of it. */
struct ipmmu_pgtable {
	/* asked for by the core */
	u32	stage;		/* IPMMU_STAGE_1: Arm long descriptors, 32-bit; _2: VMSAv8-64 stage 2 */
	u32	ias, oas;	/* input and output address bits */
	u64	pgsize_bitmap;
	/* answered by the shim */
	u64	ttb;		/* TTBR0 or VTTBR, address bits only */
	u32	mair;		/* stage 1 */
	u8	sl;		/* stage 2: VTCR.SL0 */
};

/*
 * Create a domain on the root of @core with a page table from ipmmu_shim_pgtable_alloc(@shim, …), and
 * take a context for it.  Sleeps.  -ENOSPC: no context is left (logged).  -ETIMEDOUT.  -EIO.  -ENOMEM.
 */
int ipmmu_core_domain_create(struct ipmmu_core *core, void *shim, struct ipmmu_domain **out);

/* Release the context, then the page table.  No device may be attached.  Sleeps. */
void ipmmu_core_domain_destroy(struct ipmmu_domain *domain);

/* Forget every translation of the domain; returns when the IPMMU has.  The hardware knows no ranges. */
void ipmmu_core_flush(struct ipmmu_domain *domain);

/* ---- called by the core ---- */

/* Allocate a page table as asked in @pgtable and answer in it.  Sleeps.  0 or -ENOMEM. */
int ipmmu_shim_pgtable_alloc(void *shim, struct device *dev, struct ipmmu_pgtable *pgtable);
void ipmmu_shim_pgtable_free(void *shim);

struct ipmmu_fault {
	u64	iova;
	u32	status;		/* IMSTR as read */
	u32	context;
	u32	masters;	/* devices attached to the context */
	bool	multiple_hits;	/* IMSTR.MHIT */
	bool	walk_abort;	/* IMSTR.ABORT */
	bool	permission;	/* IMSTR.PF */
	bool	translation;	/* IMSTR.TF */
};

/*
 * Say what happened.  @client: the device that did it, or NULL when several may have.  @shim: the domain,
 * or NULL for a device that is blocked.  Sleeps.
 */
void ipmmu_shim_report_fault(struct device *dev, struct device *client, void *shim,
			     const struct ipmmu_fault *fault);

/* Say that a flush of @context did not end. */
void ipmmu_shim_report_stuck(struct device *dev, u32 context);

/* ---- tracepoints; any context ---- */

enum ipmmu_power_state {
	IPMMU_POWER_OFF,	/* not started, or stopped for good */
	IPMMU_POWER_ACTIVE,
	IPMMU_POWER_SUSPENDED,	/* power may go, or has gone */
	IPMMU_POWER_FAILED,	/* did not come back: what was translated is blocked */
};

/* A change of power state, and how long it took. */
void ipmmu_shim_trace_power(struct device *dev, enum ipmmu_power_state from,
			    enum ipmmu_power_state to, u64 duration_ns);

/* A resume has failed: the flush of @context did not end. */
void ipmmu_shim_trace_restore_failed(struct device *dev, u32 context);

#ifdef __cplusplus
}
#endif

#endif
