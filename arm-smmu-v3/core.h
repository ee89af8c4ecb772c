/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boundary between the Linux shims (C) and the SMMUv3 core (C++).
 *
 * smmu_core_*: the core, called by the shims.  smmu_shim_*: the shims, called by the core.
 * Errors are negative errno values.  "Sleeps" means process context; everything else may be called
 * with interrupts off.
 */
#ifndef ARM_SMMU_V3_CORE_H
#define ARM_SMMU_V3_CORE_H

#include "os/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct device;
struct smmu_core;	/* one SMMU */
struct smmu_master;	/* one device behind it */
struct smmu_domain;	/* one address space */

/* ---- one SMMU ---- */

#define SMMU_PAGE_BYTES		0xe00		/* mapped of each register page; the rest is the PMCG's */
#define SMMU_PAGE1_OFFSET	0x10000

enum smmu_option {
	SMMU_OPT_PAGE0_REGS_ONLY	= 1u << 0,	/* Cavium CN9900: page 1 registers answer in page 0 */
	SMMU_OPT_NO_MSI_POLL		= 1u << 1,	/* disable_msipolling=1: wait for CMD_SYNC without an MSI */
};

/* How smmu_core_stop() leaves GBPA, and with it DMA without translation. */
enum smmu_exit_policy {
	SMMU_EXIT_FIRMWARE,	/* as found at probe; aborting, if the SMMU was translating then */
	SMMU_EXIT_ABORT,	/* aborting every transaction */
};

/* What firmware and the kernel say about one SMMU; read once, by smmu_core_create(). */
struct smmu_platform {
	void	*page0;		/* SMMU_PAGE_BYTES mapped at offset 0 */
	void	*page1;		/* SMMU_PAGE_BYTES mapped at SMMU_PAGE1_OFFSET, or page0 again */
	u32	options;	/* enum smmu_option, or-ed */
	u8	va_bits;	/* the kernel's VA_BITS: the widest stage 1 input worth offering */
	u8	page_shift;	/* log2 of the kernel's page size */
	u8	max_dma_shift;	/* log2 of the largest naturally aligned coherent allocation */
	bool	coherent;	/* firmware's word on coherency (dma-coherent, COHACC) */
	bool	vhe;		/* the kernel runs at EL2: use the EL2-E2H stream world where offered */
	bool	crash_kernel;	/* a kdump kernel: keep the event queues off */
};

/* What the core found and decided; constant after smmu_core_create(). */
struct smmu_info {
	u64	pgsize_bitmap;	/* page and block sizes offered to the IOMMU core */
	u32	queue_entries[3];	/* CMDQ, EVENTQ, PRIQ; 0 where absent */
	u32	idr[6];		/* SMMU_IDR0..5 as read */
	u32	iidr;
	u8	oas_bits;
	u8	sid_bits;
	u8	ssid_bits;
	bool	coherent;
	bool	has_msi;	/* interrupts may be messages */
	bool	has_pri;
	bool	has_stage1;
	bool	has_stage2;
};

/*
 * Identify the SMMU behind @platform, refuse what can't be driven, and allocate its queues and tables.
 * Writes no register.  Sleeps.
 * -ENODEV, -ENXIO: a feature that is required is missing (logged).  -ENOMEM.
 */
int smmu_core_create(struct device *dev, const struct smmu_platform *platform,
		     struct smmu_core **out);

/*
 * Release everything smmu_core_create() allocated; NULL is allowed.  The SMMU must be stopped.  Where it has
 * not acknowledged that, everything is leaked (logged).  Sleeps.
 */
void smmu_core_destroy(struct smmu_core *core);

const struct smmu_info *smmu_core_info(struct smmu_core *core);

/*
 * Install a bypass STE for each of @sids before the SMMU is started, for streams that firmware keeps
 * alive across boot (ACPI RMR).  They bypass whenever no device is attached, and as firmware had it
 * while the SMMU is off.  A stream ID that the SMMU does not have is logged and left out.  Sleeps.
 * -ENOMEM.
 */
int smmu_core_reserve_bypass(struct smmu_core *core, const u32 *sids, u32 count);

/* Whether a stream is reserved: the SMMU should stay on. */
bool smmu_core_has_reserved(struct smmu_core *core);

/*
 * Bring the SMMU from any state to translating (IHI 0070 3.11, "Reset, Enable and initialization").
 * Interrupt handlers may run only from its return to smmu_core_stop().
 * Sleeps.  -ETIMEDOUT: the SMMU does not answer (logged); it aborts everything until smmu_core_stop().
 */
int smmu_core_start(struct smmu_core *core);

/* Stop translating and interrupting, and say what becomes of DMA.  Power is on.  Sleeps. */
void smmu_core_stop(struct smmu_core *core, enum smmu_exit_policy policy);

/*
 * Make the SMMU ready to lose its power (Documentation/power.rst has the steps).  When it returns 0 and
 * interrupt handlers are disabled, nobody touches a register until smmu_core_resume().  Every client is
 * suspended.  Sleeps.
 * -ETIMEDOUT: it would not drain, or does not answer; it works as before, or is failed when even that is
 * impossible (logged).
 */
int smmu_core_suspend(struct smmu_core *core);

/*
 * Power is back: bring the SMMU up, assuming nothing of its registers.  Sleeps.
 * -ETIMEDOUT or -EIO: it is failed (logged).  -EIO: it has failed before.
 */
int smmu_core_resume(struct smmu_core *core);

/* Whether it did not come up, or back up: it will not do so again, and was told of in the log. */
bool smmu_core_failed(struct smmu_core *core);

/* ---- interrupts ---- */

enum smmu_vector { SMMU_VECTOR_EVTQ, SMMU_VECTOR_GERROR, SMMU_VECTOR_PRIQ, SMMU_NR_VECTORS };

/* Remember where @vector's MSI goes and program it (SMMU_*_IRQ_CFG0..2); @address 0 turns it off. */
void smmu_core_set_msi(struct smmu_core *core, enum smmu_vector vector, u64 address, u32 data);

/* Service SMMU_GERROR.  Hard interrupt.  True when there was an error to service. */
bool smmu_core_handle_gerror(struct smmu_core *core);

/* Report and consume everything in the event queue.  Sleeps. */
void smmu_core_drain_evtq(struct smmu_core *core);

/* Report, deny and consume everything in the PRI queue.  Sleeps. */
void smmu_core_drain_priq(struct smmu_core *core);

/* ---- masters ---- */

/*
 * Make @dev, which issues transactions with @sids, each named once, known; its STEs stay as they are, which
 * is aborting or reserved, until it is attached.  @ssid_bits: the width of the SubstreamIDs it can send, 0 for
 * none.  Sleeps.
 * -ERANGE: a stream ID the SMMU does not have.  -EBUSY: one that another device uses (both logged).  -ENOMEM.
 */
int smmu_core_master_create(struct smmu_core *core, struct device *dev, const u32 *sids, u32 count,
			    u32 ssid_bits, struct smmu_master **out);

/* The device must reach its memory while nobody drives it, too: destroying it lets its streams bypass. */
void smmu_core_master_keep_direct(struct smmu_master *master);

/*
 * Block the device, or let its streams bypass where they are reserved or must stay direct, and forget it.
 * Sleeps.
 */
void smmu_core_master_destroy(struct smmu_master *master);

/*
 * Put a translation in force for all streams of a device.  Sleeps.
 * 0: the SMMU uses nothing of the one before any more.  -ENOMEM: the device keeps the one before.
 * -ETIMEDOUT: it is in force in memory, but the SMMU has not answered and may still use the one before.
 * What it may use is not freed: the domain before can be destroyed.
 */
int smmu_core_attach(struct smmu_master *master, struct smmu_domain *domain);
int smmu_core_attach_identity(struct smmu_master *master);
int smmu_core_attach_blocked(struct smmu_master *master);

/* ---- domains ---- */

enum smmu_stage { SMMU_STAGE_ANY, SMMU_STAGE_1, SMMU_STAGE_2 };

/* The page table that a domain needs, and what io-pgtable made of it. */
struct smmu_pgtable {
	/* asked for by the core */
	u32	stage;		/* SMMU_STAGE_1 or _2 */
	u32	ias;		/* input address bits */
	u32	oas;		/* output address bits */
	u64	pgsize_bitmap;	/* in: allowed sizes; out: those in use */
	bool	coherent_walk;
	/* answered by the shim: TCR/VTCR fields in their architectural encoding */
	u64	ttb;		/* TTBR0 or VTTBR, address bits only */
	u64	mair;
	u8	tsz, tg, sh, orgn, irgn, ips, sl;
};

/*
 * Create a domain on @core with a page table from smmu_shim_pgtable_alloc(@shim, …).  Sleeps.
 * -EINVAL: that stage is not offered.  -ENOSPC: no ASID or VMID left.  -ENOMEM.
 */
int smmu_core_domain_create(struct smmu_core *core, enum smmu_stage stage, void *shim,
			    struct smmu_domain **out);

/*
 * Invalidate, release the ASID or VMID and the page table; where the SMMU has not acknowledged an invalidation,
 * they are leaked (logged).  No device may be attached.  Sleeps.
 */
void smmu_core_domain_destroy(struct smmu_domain *domain);

/* Forget every translation of the domain; returns when the SMMU has. */
void smmu_core_flush_domain(struct smmu_domain *domain);

/*
 * Forget translations of [@iova, @iova + @size), mapped in pages of @granule bytes; with @leaf_only,
 * table entries above the leaves may stay cached.  Returns when the SMMU has.
 */
void smmu_core_flush_range(struct smmu_domain *domain, u64 iova, u64 size, u64 granule,
			   bool leaf_only);

/* ---- called by the core ---- */

/* Lines that faults, or a broken SMMU, can repeat without end. */
enum smmu_line {
	SMMU_LINE_FAULT,
	SMMU_LINE_OVERFLOW,
	SMMU_LINE_GERROR,
	SMMU_LINE_TIMEOUT,
	SMMU_NR_LINES
};

/* Whether another one of them may be logged for the SMMU @dev.  Any context. */
bool smmu_shim_may_log(struct device *dev, enum smmu_line line);

/* Allocate a page table as asked in @pgtable and answer in it.  Sleeps.  0 or -ENOMEM. */
int smmu_shim_pgtable_alloc(void *shim, struct device *dev, struct smmu_pgtable *pgtable);
void smmu_shim_pgtable_free(void *shim);

/* An event record (IHI 0070 7.3), decoded. */
struct smmu_event {
	u64	raw[4];
	const char *name;	/* "F_TRANSLATION", or "UNKNOWN" */
	const char *class_name;	/* "CD", "TTD", "IN", or NULL where the event has no class */
	u64	address;	/* input address, when has_address */
	u64	ipa;		/* when has_ipa */
	u64	fetch_address;	/* of the structure that could not be read, when has_fetch_address */
	u64	ste[2];		/* the STE in force, first two doublewords, when has_ste */
	u32	sid, ssid;
	u16	stag;
	u8	id;
	bool	has_ssid, has_address, has_access, has_ipa, has_fetch_address, has_ste;
	bool	read, instruction, privileged;	/* when has_access */
	bool	stage2, stall;
};

/*
 * Say what happened; @client is NULL when no device owns the stream, and stays valid until this returns.
 * Sleeps.
 */
void smmu_shim_report_event(struct device *dev, struct device *client,
			    const struct smmu_event *event);

/* @wanted was refused: its stream ID @sid belongs to @owner, which stays valid until this returns.  Sleeps. */
void smmu_shim_report_shared_stream(struct device *dev, struct device *wanted,
				    struct device *owner, u32 sid);

struct smmu_page_request {
	u64	address;
	u32	sid, ssid;
	u16	group;
	bool	has_ssid, read, write, execute, privileged, last;
};

void smmu_shim_report_page_request(struct device *dev, struct device *client,
				   const struct smmu_page_request *request);

/*
 * Call smmu_core_drain_evtq() and smmu_core_drain_priq() for the SMMU @dev soon, unless its interrupts are disabled
 * by then: one of theirs may be lost.  Any context, with the descriptor of an interrupt locked, too.
 */
void smmu_shim_drain_later(struct device *dev);

/* ---- for debugfs and tracepoints ---- */

enum smmu_power_state {
	SMMU_POWER_OFF,		/* not started, or stopped for good */
	SMMU_POWER_RESUMING,
	SMMU_POWER_ACTIVE,
	SMMU_POWER_DRAINING,
	SMMU_POWER_SUSPENDED,	/* power may go, or has gone */
	SMMU_POWER_FAILED,	/* did not come up: everything behind it aborts */
	SMMU_NR_POWER_STATES
};

struct smmu_power {
	u32	state;		/* enum smmu_power_state */
	u32	suspends, resumes, rollbacks;
	u64	now_ns, since_ns;			/* when read, when the state began (os_now_ns()) */
	u64	residency_ns[SMMU_NR_POWER_STATES];	/* completed stays */
	u64	last_suspend_ns, worst_suspend_ns;	/* from draining to suspended */
	u64	last_resume_ns, worst_resume_ns;	/* from resuming to active */
};

struct smmu_stats {
	u64	commands;	/* entered into the command queue, modulo 2^30 */
	u64	elided;		/* requests to invalidate while the SMMU was off */
	u64	events;		/* taken from the event queue */
	u64	page_requests;
	u64	gerrors;
	u64	queue_full;	/* times a producer found the command queue full */
	u64	sync_timeouts;
	struct smmu_power power;
};

void smmu_core_read_stats(struct smmu_core *core, struct smmu_stats *out);

/* A change of power state.  Process context. */
void smmu_shim_trace_power(struct device *dev, enum smmu_power_state from,
			   enum smmu_power_state to);

/* The command queue was stopped at @position and has @result: 0 drained, or a negative errno. */
void smmu_shim_trace_drain(struct device *dev, u32 position, u64 duration_ns, int result);

/* A suspend was undone.  @result: 0 or a negative errno, the SMMU being failed then. */
void smmu_shim_trace_rollback(struct device *dev, int result);

/* Somebody wants to know of each elision. */
extern bool smmu_shim_traces_elisions;

/* An invalidation was left out because the SMMU is off.  Any context. */
void smmu_shim_trace_elided(struct device *dev);

#ifdef __cplusplus
}
#endif

#endif
