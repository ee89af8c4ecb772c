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

#include "os/tables.h"
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
	SMMU_OPT_ECMDQ			= 1u << 2,	/* ecmdq=on: use Enhanced Command queues */
};

/* GBPA after smmu_core_stop(): what DMA does while translation is off. */
enum smmu_exit_policy {
	SMMU_EXIT_FIRMWARE,	/* as found at probe; aborting, if the SMMU was translating then */
	SMMU_EXIT_ABORT,	/* aborting every transaction */
};

/* Properties of one SMMU from firmware and the kernel; read by smmu_core_create() only. */
struct smmu_platform {
	void	*page0;		/* SMMU_PAGE_BYTES mapped at offset 0 */
	void	*page1;		/* SMMU_PAGE_BYTES mapped at SMMU_PAGE1_OFFSET, or page0 again */
	u32	options;	/* enum smmu_option, or-ed */
	u8	va_bits;	/* the kernel's VA_BITS: the most input bits of stage 1 */
	u8	page_shift;	/* log2 of the kernel's page size */
	u8	max_dma_shift;	/* log2 of the largest naturally aligned coherent allocation */
	bool	coherent;	/* coherent according to firmware (dma-coherent, COHACC) */
	bool	has_httu;	/* IDR0.HTTU is @httu at most */
	u8	httu;
	bool	vhe;		/* the kernel runs at EL2: use the EL2-E2H stream world if implemented */
	bool	crash_kernel;	/* a kdump kernel: keep the event and PRI queues off */
};

/* The configuration that the core has chosen; constant after smmu_core_create(). */
struct smmu_info {
	u64	pgsize_bitmap;	/* page and block sizes offered to the IOMMU core */
	u32	queue_entries[3];	/* CMDQ, EVENTQ, PRIQ; 0 where absent */
	u32	idr[6];		/* SMMU_IDR0..5 as read */
	u32	iidr;
	u8	oas_bits;
	u8	sid_bits;
	u8	ssid_bits;
	u8	pasid_bits;	/* width of the PASIDs that a device may use, 0 for none */
	bool	coherent;
	bool	has_msi;	/* interrupts may be messages */
	bool	has_pri;
	bool	takes_page_requests;	/* has_pri, and not in a crash kernel */
	bool	has_ats;	/* not where it forces stalls */
	bool	has_dirty;	/* domains may have dirty tracking */
	bool	has_stalls;	/* faulting transactions can stall */
	bool	forces_stalls;	/* those of every device do */
	u32	stall_max;	/* how many can be stalled */
	bool	has_stage1;
	bool	has_stage2;
};

/*
 * Create an SMMU: check its ID registers and allocate its queues and tables.  Writes no register.
 * Sleeps.  -ENXIO: the SMMU is not supported (logged).  -ENOMEM (logged).
 */
int smmu_core_create(struct device *dev, const struct smmu_platform *platform,
		     struct smmu_core **out);

/*
 * Release everything smmu_core_create() allocated; NULL is allowed.  The SMMU must be stopped.  Where it has
 * not acknowledged that, or where a domain exists that was attached behind it, everything is leaked (logged).
 * Sleeps.
 */
void smmu_core_destroy(struct smmu_core *core);

const struct smmu_info *smmu_core_info(struct smmu_core *core);

/*
 * Reserve the streams @sids, which firmware has started and which must not stop (ACPI RMR).  They bypass
 * while no device is attached to them; while the SMMU is off, they use GBPA as firmware has set it.  A
 * stream ID out of range is logged and ignored.  Called before smmu_core_start().  Sleeps.  -ENOMEM.
 */
int smmu_core_reserve_bypass(struct smmu_core *core, const u32 *sids, u32 count);

/* Whether any stream is reserved: then the SMMU should stay on. */
bool smmu_core_has_reserved(struct smmu_core *core);

/*
 * Bring the SMMU from any state to translating (IHI 0070 3.11, "Reset, Enable and initialization").
 * Interrupt handlers may run only from its return to smmu_core_stop().  Sleeps.
 * -ETIMEDOUT: a register was not updated or a command not completed (logged).  -EIO: a command was refused,
 * or the SMMU is in Service Failure Mode (logged).  All DMA behind it aborts until smmu_core_stop().
 */
int smmu_core_start(struct smmu_core *core);

/* Disable translation and interrupts, and set GBPA by @policy.  The SMMU must have power.  Sleeps. */
void smmu_core_stop(struct smmu_core *core, enum smmu_exit_policy policy);

/*
 * Prepare the SMMU for a loss of power (the steps are in Documentation/power.rst).  Every client must be
 * suspended.  After a return of 0, and with its interrupt handlers disabled, no register is accessed until
 * smmu_core_resume().  Sleeps.
 * -ETIMEDOUT: the command queue was not drained or a register not updated (logged).  The SMMU translates as
 * before, or has failed.
 */
int smmu_core_suspend(struct smmu_core *core);

/*
 * Bring the SMMU to translating after a loss of power; its registers may have any value.  Sleeps.
 * -ETIMEDOUT, -EIO: it has failed (logged).  -EIO: it had failed before.
 */
int smmu_core_resume(struct smmu_core *core);

/* Whether a start, a resume or the rollback of a suspend has failed (logged); final. */
bool smmu_core_failed(struct smmu_core *core);

/* ---- interrupts ---- */

enum smmu_vector { SMMU_VECTOR_EVTQ, SMMU_VECTOR_GERROR, SMMU_VECTOR_PRIQ, SMMU_NR_VECTORS };

/* Set the MSI of @vector (SMMU_*_IRQ_CFG0..2); @address 0 disables it.  Any context, interrupts off. */
void smmu_core_set_msi(struct smmu_core *core, enum smmu_vector vector, u64 address, u32 data);

/* Service SMMU_GERROR.  Hard interrupt.  True: an error was serviced. */
bool smmu_core_handle_gerror(struct smmu_core *core);

/* Report and consume what is in the event queue; smmu_shim_drain_later() gets what is added meanwhile.  Sleeps. */
void smmu_core_drain_evtq(struct smmu_core *core);

/* Answer or offer, and consume what is in the PRI queue, likewise.  Sleeps. */
void smmu_core_drain_priq(struct smmu_core *core);

/* ---- stalled transactions (IHI 0070 3.12.2), and groups of page requests (8) ---- */

enum smmu_stall_answer {
	SMMU_STALL_RETRY,	/* the fault is resolved */
	SMMU_STALL_ABORT	/* of a group: Invalid Request */
};

/*
 * Answer the fault that smmu_shim_resolve_fault() has got with @token, or smmu_shim_resolve_page_requests().  Nothing
 * is done if its transaction has ended:
 * with a detach, a suspend, by smmu_core_abort_stalls(), or if it has been answered.  Sleeps.
 */
void smmu_core_answer_stall(struct smmu_core *core, u32 token, enum smmu_stall_answer answer);

/*
 * Abort those that have waited for an answer for @ns (logged), and drop page requests that have waited for the last one
 * of their group.  True: there are others that wait.  Sleeps.
 */
bool smmu_core_abort_stalls(struct smmu_core *core, u64 ns);

/* ---- masters ---- */

/*
 * Register @dev, which issues transactions with the stream IDs @sids (no duplicates).  Its STEs abort, or
 * bypass if reserved, until it is attached.  @ssid_bits: the width of its SubstreamIDs, 0 for none.  Sleeps.
 * -ERANGE: a stream ID is out of range.  -EBUSY: another device uses it (both logged).  -ENOMEM.
 */
int smmu_core_master_create(struct smmu_core *core, struct device *dev, const u32 *sids, u32 count,
			    u32 ssid_bits, struct smmu_master **out);

/* Let the streams of the device bypass after it is destroyed, because its DMA must work without a driver. */
void smmu_core_master_keep_direct(struct smmu_master *master);

/*
 * Let faults of the device stall in domains that resolve them, where the SMMU offers it: the device and its path to the
 * SMMU must bear that a transaction waits.  Called before its first attach.
 */
void smmu_core_master_allow_stalls(struct smmu_master *master);

/*
 * Let the device be granted PRI.  @pasids: its responses have the PASIDs of its requests.  Called before its first
 * attach.
 */
void smmu_core_master_allow_page_requests(struct smmu_master *master, bool pasids);

/*
 * Report faults of the domains that the device has been attached to, also by a PASID.  Until this is called after an
 * attach, a transaction that stalls in the new domain waits, and so does a page request; then it is tried again, and
 * reported if it faults again.  Serialised with attaches of the device by the caller.  Sleeps.
 */
void smmu_core_master_report_stalls(struct smmu_master *master);

/*
 * Destroy a master.  Its streams abort, or bypass if they are reserved or kept direct.  Sleeps.
 */
void smmu_core_master_destroy(struct smmu_master *master);

/*
 * Put a translation in force for all streams of a device.  Sleeps.
 * 0: the SMMU uses nothing of the one before any more.  -ENOMEM; -ENOSPC: no ASID or VMID left; -EINVAL: the SMMU
 * can't use the domain's page table: the device keeps the one before.  A domain that has been attached behind the
 * SMMU before fails for none of these.
 * -ETIMEDOUT: it is in force in memory, but the SMMU has not answered and may still use the one before.
 * What it may use is not freed: the domain before can be destroyed.
 */
int smmu_core_attach(struct smmu_master *master, struct smmu_domain *domain);
int smmu_core_attach_identity(struct smmu_master *master);
int smmu_core_attach_blocked(struct smmu_master *master);

/*
 * Put a translation in force for the transactions with @pasid, for the one before if there is one.  The others are not
 * affected.  Errors as above, and -ERANGE: the device has no such PASID (logged); -EINVAL also where the domain has
 * stage 2, or the one of the transactions without a PASID.  While PASIDs are attached, smmu_core_attach() returns
 * -EBUSY for a domain of stage 2.  Sleeps.
 */
int smmu_core_attach_pasid(struct smmu_master *master, u32 pasid, struct smmu_domain *domain);

/*
 * Let transactions with @pasid abort; nothing is done if it is not attached.  The domain before can be destroyed.
 * smmu_core_master_destroy() does it for all.  Sleeps.
 */
void smmu_core_detach_pasid(struct smmu_master *master, u32 pasid);

/*
 * Have ATS granted in the identity domain, too.  Must be called before the first attach.  -ENOMEM; -EINVAL: not
 * possible with an SMMU without stage 1 or SubstreamIDs.  Sleeps.
 */
int smmu_core_bypass_with_ats(struct smmu_master *master);

/* Whether it applies: the device is attached by smmu_core_attach_identity(). */
bool smmu_core_bypasses_with_ats(struct smmu_master *master);

/*
 * Whether the device is attached to a domain otherwise than by @pasid.  If not, and it does not bypass with ATS,
 * detaching @pasid withdraws ATS.
 */
bool smmu_core_in_domain_besides(struct smmu_master *master, u32 pasid);

/*
 * Grant ATS to a device that is attached to a domain, possibly by a PASID, or bypasses with ATS: its Translation
 * Requests are answered, and its Translated transactions pass.  The caller enables ATS at the device afterwards.  A
 * second grant changes nothing.  Sleeps.
 * -EINVAL: not possible with this SMMU or this attachment.  -ENOMEM.  -ENODEV: the device has not answered an
 * invalidation (logged).  -EIO, -ETIMEDOUT: the SMMU does not translate, or does not answer.
 */
int smmu_core_grant_ats(struct smmu_master *master);

/*
 * Withdraw it, and PRI before it.  Both must be disabled at the device.  Attaches and smmu_core_master_destroy() do the
 * same.  Sleeps.
 */
void smmu_core_withdraw_ats(struct smmu_master *master);

/* Whether the device or one of its PASIDs is attached to a domain that resolves faults of the device.  Sleeps. */
bool smmu_core_resolves_faults(struct smmu_master *master);

/*
 * Grant PRI to a device with ATS: its page requests are offered to its domains.  The caller enables PRI at the device
 * afterwards, with @credits at most.  Those of a device without a grant are denied: by Invalid Request, and where
 * smmu_core_master_allow_page_requests() has not been called by Response Failure.  Sleeps.  -EINVAL: not possible.
 */
int smmu_core_grant_pri(struct smmu_master *master, u32 credits);

/* Withdraw it: what the device has requested is denied.  PRI must be disabled at the device.  Sleeps. */
void smmu_core_withdraw_pri(struct smmu_master *master);

/*
 * Whether the device has left an invalidation of its ATC unanswered (logged).  Its DMA aborts until it is attached
 * again.  Any context.
 */
bool smmu_core_is_quarantined(struct smmu_master *master);

/* ---- domains ---- */

enum smmu_stage { SMMU_STAGE_ANY, SMMU_STAGE_1, SMMU_STAGE_2 };

/* Formats of page tables: the granule, and LPA2 or not.  Entries of both stages are written by the same code. */
#define SMMU_FORMATS(X)	X(4K, 4k) X(16K, 16k) X(64K, 64k) X(4K_LPA2, 4k_lpa2) X(16K_LPA2, 16k_lpa2)

#define SMMU_FORMAT(NAME, name)	SMMU_FORMAT_##NAME,
enum smmu_format { SMMU_FORMATS(SMMU_FORMAT) SMMU_NR_FORMATS };
#undef SMMU_FORMAT

/* The page table of a domain. */
struct smmu_pgtable {
	u32	stage;		/* SMMU_STAGE_1 or _2 */
	u32	format;		/* enum smmu_format */
	u32	ias;		/* input address bits */
	u32	oas;		/* output address bits */
	u64	pgsize_bitmap;
	bool	coherent_walk;
	u8	bbml;		/* SMMU_IDR3.BBML that replacing blocks needs */
	bool	dirty;		/* hardware records writes */
	bool	access_flag;	/* and accesses */
	bool	access_flag_of_tables;	/* in table descriptors, too */
	bool	ds;		/* 4K or 16K with LPA2 */
	/* TCR/VTCR fields in their architectural encoding */
	u64	ttb;		/* TTBR0 or VTTBR, address bits only */
	u64	mair;
	u8	tsz, tg, sh, orgn, irgn, ips, sl0, sl2;
};

/*
 * Create a domain with a page table that @core can use.  It may be attached behind any SMMU that can use it, too.
 * @dirty: hardware records writes in it.  Sleeps.  -EINVAL: that stage is not offered, or dirty tracking.  -ENOMEM.
 */
int smmu_core_domain_create(struct smmu_core *core, enum smmu_stage stage, bool dirty,
			    struct smmu_domain **out);

/* The page tables of processes, as the CPUs use them. */
struct smmu_process_tables {
	u64	mair;		/* MAIR_EL1 */
	u8	page_shift;
	u8	va_bits;	/* of user addresses */
	u8	pa_bits;	/* of the CPUs */
	bool	ds;		/* 4K or 16K with LPA2 */
	bool	access_flag;	/* hardware may record accesses, */
	bool	dirty;		/* and writes */
	bool	access_flag_of_tables;	/* the kernel needs accesses recorded in table descriptors */
	bool	live_blocks;	/* blocks are replaced while they are valid (FEAT_BBM level 2) */
};

/* Why @core can't use @tables, for the log; NULL if it can.  Any context. */
const char *smmu_core_process_obstacle(struct smmu_core *core,
				       const struct smmu_process_tables *tables);

/*
 * Create a domain with the page table of a process, whose first table is at @pgd.  It is attached by PASIDs.  The
 * caller writes the page table, and calls smmu_core_flush_range() for what it removes.  Sleeps.
 * -EINVAL: there is an obstacle.  -ENOMEM.
 */
int smmu_core_domain_create_process(struct smmu_core *core,
				    const struct smmu_process_tables *tables, u64 pgd,
				    struct smmu_domain **out);

/* Invalidate what the SMMUs have of a range of the process, table descriptors included, and wait.  Any context. */
void smmu_core_flush_range(struct smmu_domain *domain, u64 iova, u64 bytes);

/*
 * The process exits, and its page table will be freed: nothing is translated any more.  Transactions of devices that
 * are still attached abort, without events.  Attaches of the domain must not run meanwhile or follow, detaches may.
 * Sleeps.
 */
void smmu_core_domain_quieten(struct smmu_domain *domain);

/* Constant. */
const struct smmu_pgtable *smmu_core_domain_pgtable(struct smmu_domain *domain);

/*
 * Whether faults in the domain are resolved: smmu_shim_resolve_fault() gets those of devices that may stall, which are
 * attached from now on, once smmu_core_master_report_stalls() has been called.  Any context.
 */
void smmu_core_domain_resolve_faults(struct smmu_domain *domain, bool resolves);

/*
 * Release the ASIDs or VMIDs and the page table; where an SMMU has not acknowledged an invalidation, they are leaked
 * (logged).  No device may be attached.  Sleeps.
 */
void smmu_core_domain_destroy(struct smmu_domain *domain);

/* Invalidate every translation of the domain, at every SMMU that it is attached behind, and wait.  Any context. */
void smmu_core_flush_domain(struct smmu_domain *domain);

/*
 * Call @record with adjacent pages of [@iova, @iova + @bytes) that devices have written to, as far as their
 * transactions have completed.  The domain has dirty tracking; the caller excludes unmaps in the range.  Sleeps, as
 * @record may.
 * @clear: the pages are clean afterwards, but for blocks of which the range is a part.  The caller invalidates what
 * was recorded: only later writes are recorded then.
 * -EINVAL: a part of the range is not mapped.  -ETIMEDOUT, -EIO: an SMMU has not answered (logged), nothing is
 * recorded.
 */
int smmu_core_read_dirty(struct smmu_domain *domain, u64 iova, u64 bytes, bool clear,
			 void (*record)(void *argument, u64 iova, u64 bytes), void *argument);

/* ---- mappings: called by the IOMMU core, without a shim between ---- */

/* What lies in front of the struct iommu_domain that these functions get. */
struct smmu_domain_head {
	struct smmu_domain *core;
};

/* struct iommu_iotlb_gather, as the kernel lays it out (shim/domain.c compares). */
struct smmu_gather {
	unsigned long	start;
	unsigned long	end;		/* the last byte */
	size_t		pgsize;		/* 0: nothing is gathered; bits 1:0: TTL of the entries */
	void		*freelist[2];	/* not used */
	bool		queued;
};

struct iommu_domain;
struct iommu_iotlb_gather;

/*
 * For each format, iommu_domain_ops.{map_pages,unmap_pages,iova_to_phys}.
 *
 * smmu_map_*(): context as @gfp says.  0; -EINVAL, -ERANGE, -EEXIST, -ENOMEM: @mapped says how far it has come.
 * smmu_unmap_*(): any context.  Bytes; what the next sync invalidates is in @gather, unless the IOMMU core will flush
 * the whole domain.  Tables that were removed are invalidated before the return.
 * smmu_iova_to_phys_*(): any context.  0 if nothing is mapped.
 */
#define SMMU_DECLARE_MAPPINGS(NAME, name)							\
int smmu_map_##name(struct iommu_domain *domain, unsigned long iova, u64 pa, size_t size,	\
		    size_t count, int prot, gfp_t gfp, size_t *mapped);				\
size_t smmu_unmap_##name(struct iommu_domain *domain, unsigned long iova, size_t size,		\
			 size_t count, struct iommu_iotlb_gather *gather);			\
u64 smmu_iova_to_phys_##name(struct iommu_domain *domain, u64 iova);

SMMU_FORMATS(SMMU_DECLARE_MAPPINGS)

/* iommu_domain_ops.iotlb_sync: invalidate what was gathered, at every SMMU, and wait.  Any context. */
void smmu_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather);

/* ---- called by the core ---- */

/* Log lines that faults, a broken SMMU or user space can repeat without limit. */
enum smmu_line {
	SMMU_LINE_FAULT,
	SMMU_LINE_OVERFLOW,
	SMMU_LINE_GERROR,
	SMMU_LINE_TIMEOUT,
	SMMU_LINE_PASID,
	SMMU_LINE_UNANSWERED,
	SMMU_LINE_SVA,
	SMMU_LINE_PRI,
	SMMU_NR_LINES
};

/* Whether another such line may be logged for the SMMU @dev.  Any context. */
bool smmu_shim_may_log(struct device *dev, enum smmu_line line);

/*
 * Map @bytes of registers of the SMMU @dev, at @offset from page 0, until it is unbound.  NULL if firmware does not
 * describe that range, or without memory.  Sleeps.
 */
void *smmu_shim_map_registers(struct device *dev, u64 offset, u64 bytes);

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
 * Report an event.  @client: the owner of the stream, valid until the return, or NULL.  Sleeps.
 */
void smmu_shim_report_event(struct device *dev, struct device *client,
			    const struct smmu_event *event);

/*
 * Resolve the fault of a stalled transaction: of @client, which is valid until the return, in a domain of which
 * smmu_core_domain_resolve_faults() says so.  True: smmu_core_answer_stall() is called for @token, once, possibly
 * before the return.  False: the transaction is aborted, and the event reported.  Sleeps.
 */
bool smmu_shim_resolve_fault(struct device *dev, struct device *client,
			     const struct smmu_event *event, u32 token);

/*
 * A transaction waits, or a page request: call smmu_core_abort_stalls() for the SMMU @dev from time to time,
 * until it says that none does.  A suspend may end that.  Process context.
 */
void smmu_shim_stall_waits(struct device *dev);

/* Report that @wanted is refused: @owner has the stream ID @sid and is valid until the return.  Sleeps. */
void smmu_shim_report_shared_stream(struct device *dev, struct device *wanted,
				    struct device *owner, u32 sid);

struct smmu_page_request {
	const struct smmu_page_request *earlier;	/* of its group, or NULL */
	u64	address;
	u32	sid, ssid;
	u16	group;
	bool	has_ssid, read, write, execute, privileged, last;
};

/* Report a page request that is denied.  As smmu_shim_report_event(). */
void smmu_shim_report_page_request(struct device *dev, struct device *client,
				   const struct smmu_page_request *request);

/*
 * Resolve the faults of a group of page requests: @last, and those that came before.  Otherwise as
 * smmu_shim_resolve_fault().
 */
bool smmu_shim_resolve_page_requests(struct device *dev, struct device *client,
				     const struct smmu_page_request *last, u32 token);

/*
 * Schedule smmu_core_drain_evtq() and smmu_core_drain_priq() for the SMMU @dev, because an interrupt of a
 * queue may be lost, or because records are added as fast as they are taken.  They are not called if the
 * interrupts are disabled by then.  Any context, also with an interrupt descriptor locked.
 */
void smmu_shim_drain_later(struct device *dev);

#ifdef __cplusplus
}
#endif

#endif
