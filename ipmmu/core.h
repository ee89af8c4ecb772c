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

#include "os/tables.h"
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

/* Properties of one IPMMU from firmware and the kernel; read by ipmmu_core_create() only. */
struct ipmmu_platform {
	void	*base;		/* its registers */
	u32	size;		/* bytes mapped there */
	u32	soc;		/* enum ipmmu_soc */
	u32	stage;		/* enum ipmmu_stage: the requested stage; of a root only */
	struct ipmmu_core *root;	/* of a leaf: its root; NULL for a root */
	u32	prr;		/* the Product Register, when has_prr */
	bool	has_prr;
};

/* The configuration that the core has chosen; constant after ipmmu_core_create(). */
struct ipmmu_info {
	u32	utlbs;		/* micro-TLBs are numbered below this */
	u32	contexts;	/* in the whole root */
	u32	first_context;	/* their numbers begin with it */
	u32	domains;	/* most domains with a context; the rest is for blocked devices */
	u32	stage;		/* IPMMU_STAGE_1 or _2 */
	u32	ias;		/* input address bits */
	bool	is_root;
	bool	has_masters;	/* has micro-TLBs: Linux registers it as an IOMMU */
};

/* Whether nodes of @soc may be leaves of a root ("renesas,ipmmu-main"). */
bool ipmmu_core_soc_has_leaves(u32 soc);

/*
 * Create an IPMMU.  Accesses no register.  A root must outlive its leaves.  Sleeps.
 * -ENODEV: unknown SoC.  -EINVAL: the register range is too small, or the root is of another generation
 * (logged).  -ENOMEM.
 */
int ipmmu_core_create(struct device *dev, const struct ipmmu_platform *platform,
		      struct ipmmu_core **out);

/*
 * Destroy an IPMMU; NULL is allowed.  It must be stopped and its masters destroyed.  Domains that outlive
 * their root no longer translate.  Must not run concurrently with ipmmu_core_domain_destroy().  Sleeps.
 */
void ipmmu_core_destroy(struct ipmmu_core *core);

const struct ipmmu_info *ipmmu_core_info(struct ipmmu_core *core);

/* The number of contexts of the root of @core that domains hold, or that wait for the end of a flush. */
u32 ipmmu_core_domains(struct ipmmu_core *core);

/*
 * Whether a flush that did not end in time may have ended, which can't be read while the root is suspended: a domain
 * may be created with success once the root has power.
 */
bool ipmmu_core_flush_is_unread(struct ipmmu_core *core);

/* ---- power; calls for the same IPMMU must be serialised ---- */

/*
 * Start the IPMMU: disable all contexts and micro-TLBs.  Those of a leaf are disabled when the first device
 * behind it is attached; until then no register of the leaf is accessed.  The root must be started before
 * its leaves.  Sleeps.  -EBUSY: the root is not powered.
 */
int ipmmu_core_start(struct ipmmu_core *core);

/* Disable all contexts and micro-TLBs.  The IPMMU can't be started again. */
void ipmmu_core_stop(struct ipmmu_core *core);

/*
 * For a powered root: quarantine every micro-TLB that is translated, behind all leaves.  DMA through it
 * faults without an interrupt, and no register is accessed any more.  Otherwise does nothing.  Sleeps.
 */
void ipmmu_core_block(struct ipmmu_core *core);

/*
 * Report pending faults and suspend.  After a return of 0 no register is accessed until
 * ipmmu_core_resume().  The interrupt of a root must be disabled.  Sleeps.
 * -EBUSY: a leaf of this root is active.
 */
int ipmmu_core_suspend(struct ipmmu_core *core);

/*
 * Restore the registers that have lost their value, flush, and wait for the flush.  Sleeps.
 * -ETIMEDOUT: a flush did not end (logged).  The root has failed: every micro-TLB that was translated is
 * quarantined, and registers of the root and its leaves are accessed only to keep it so.  -EIO: the root
 * has failed before.  -EBUSY: the root is not powered.
 */
int ipmmu_core_resume(struct ipmmu_core *core);

/* Whether a resume of the root or of one of its leaves has failed; ipmmu_core_resume() returns -EIO. */
bool ipmmu_core_failed(struct ipmmu_core *core);

/* ---- interrupts ---- */

/* Report and clear the faults of every context of a root.  Sleeps.  True if a fault was pending. */
bool ipmmu_core_handle_faults(struct ipmmu_core *core);

/* ---- masters ---- */

/*
 * Register @dev, which is connected to the micro-TLBs @utlbs.  Its DMA is not translated until it is
 * attached.  Sleeps.  -EINVAL: the SoC does not have one of the micro-TLBs (logged).  -ENOMEM.
 */
int ipmmu_core_master_create(struct ipmmu_core *core, struct device *dev, const u32 *utlbs,
			     u32 count, struct ipmmu_master **out);

/* Detach the device and destroy its master.  Sleeps. */
void ipmmu_core_master_destroy(struct ipmmu_master *master);

/* Whether two devices share a micro-TLB. */
bool ipmmu_core_masters_share(struct ipmmu_master *master, struct ipmmu_master *other);

/*
 * Change the translation of every micro-TLB of the device.  Devices that share a micro-TLB and have the same
 * @group change it together.  May be called while suspended: resume writes the registers.
 * -EBUSY: a micro-TLB is in use by a device of another group (logged).  -ENOSPC: no context left for
 * blocking (logged).  -ETIMEDOUT: a flush did not end.  -EIO: the root has failed; the
 * device is detached from its domain.  -EINVAL: the domain belongs to another root.  After any other error
 * the device keeps its translation.
 * A quarantined micro-TLB stays quarantined, whatever is returned.
 */
int ipmmu_core_attach(struct ipmmu_master *master, struct ipmmu_domain *domain, const void *group);
int ipmmu_core_attach_identity(struct ipmmu_master *master, const void *group);
int ipmmu_core_attach_blocked(struct ipmmu_master *master, const void *group);

/* ---- domains ---- */

/*
 * Create a domain on the root of @core with a page table of its stage, and take a context for it.  @shim is what
 * ipmmu_shim_report_fault() gets.  Sleeps.  -ENOSPC: no context is left (logged).  -ETIMEDOUT.  -EIO.  -ENOMEM.
 */
int ipmmu_core_domain_create(struct ipmmu_core *core, void *shim, struct ipmmu_domain **out);

/*
 * Release the context, then the page table; where a flush does not end, the page table is leaked, since the
 * IPMMU may still use it (logged).  No device may be attached.  Sleeps.
 */
void ipmmu_core_domain_destroy(struct ipmmu_domain *domain);

/* The sizes of pages and blocks, as a bitmap. */
u64 ipmmu_core_page_sizes(struct ipmmu_domain *domain);

/*
 * Map @count pages of @size; *@mapped grows by the bytes that were mapped, also on failure.  Sleeps if @gfp permits.
 * -EINVAL: @size or an alignment, or @prot permits nothing.  -ERANGE: beyond the input or output addresses.
 * -EEXIST: something is mapped there.  -ENOMEM.
 */
int ipmmu_core_map(struct ipmmu_domain *domain, u64 iova, u64 pa, size_t size, size_t count, int prot, gfp_t gfp,
		   size_t *mapped);

/*
 * Unmap @count pages of @size and return the bytes that were unmapped.  It ends early at a hole, or without memory for
 * the rest of a block.  The caller flushes.
 */
size_t ipmmu_core_unmap(struct ipmmu_domain *domain, u64 iova, size_t size, size_t count);

/* The physical address, or 0 if nothing is mapped. */
u64 ipmmu_core_iova_to_phys(struct ipmmu_domain *domain, u64 iova);

/* Invalidate the domain's TLB entries and wait.  The hardware has no invalidation by address. */
void ipmmu_core_flush(struct ipmmu_domain *domain);

/* ---- dumps ---- */

/* What a context is used for. */
struct ipmmu_context_use {
	bool	taken;
	u32	devices;		/* attached to it */
	struct ipmmu_domain *domain;	/* to compare only; NULL: devices without a domain are blocked by it */
	u64	table_bytes;		/* memory of the page table */
};

/* Read the use of one of the contexts of a root.  Any context. */
void ipmmu_core_read_context(struct ipmmu_core *core, u32 context, struct ipmmu_context_use *out);

/*
 * Find the next range that @context maps, at or above *@iova (pgtable/ranges.hpp).  OS_SCAN_END also where it is not
 * used by @domain any more.  Sleeps.
 */
enum os_scan ipmmu_core_scan_context(struct ipmmu_core *core, u32 context, const struct ipmmu_domain *domain,
				     u64 *iova, struct os_range *range);

/* The descriptors of the walk for @iova.  Any context. */
void ipmmu_core_trace_walk(struct ipmmu_domain *domain, u64 iova, struct os_walk *out);

/* ---- called by the core ---- */

/* Log that a map of @iova by the domain @shim is beyond the input addresses; ipmmu_core_map() returns -ERANGE. */
void ipmmu_shim_report_range(void *shim, u64 iova);

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
 * Report a fault.  @client: the device that caused it, or NULL if several use the context.  @shim: the
 * domain, or NULL for a blocked device.  Sleeps.
 */
void ipmmu_shim_report_fault(struct device *dev, struct device *client, void *shim,
			     const struct ipmmu_fault *fault);

/* Log that a flush of @context did not end. */
void ipmmu_shim_report_stuck(struct device *dev, u32 context);

/* ---- tracepoints; any context ---- */

enum ipmmu_power_state {
	IPMMU_POWER_OFF,	/* not started, or stopped for good */
	IPMMU_POWER_ACTIVE,
	IPMMU_POWER_SUSPENDED,	/* power may be lost */
	IPMMU_POWER_FAILED,	/* resume has failed: translated DMA is blocked */
};

/* A change of the power state and its duration. */
void ipmmu_shim_trace_power(struct device *dev, enum ipmmu_power_state from,
			    enum ipmmu_power_state to, u64 duration_ns);

/* A resume has failed: the flush of @context did not end. */
void ipmmu_shim_trace_restore_failed(struct device *dev, u32 context);

#ifdef __cplusplus
}
#endif

#endif
