/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations of the shim. */
#ifndef ARM_SMMU_V3_SHIM_H
#define ARM_SMMU_V3_SHIM_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "shim/clients.h"
#include "shim/faults.h"
#include "shim/pm.h"
#include "shim/runtime_pm.h"
#include "arm-smmu-v3/core.h"

/* What a worker does after an attach. */
enum smmu_settling {
	SMMU_SETTLE_FAULTS,	/* has faults reported */
	SMMU_SETTLE_ATS,	/* resumes the device and enables ATS */
	SMMU_NR_SETTLINGS
};

/**
 * struct smmu - an SMMU
 * @power: its power
 * @dev: its platform device; the driver data of @dev is this struct, which begins with @power
 * @core: its core object, valid from smmu_core_create() until devres runs
 * @iommu: its handle in the IOMMU core
 * @base: physical address of register page 0
 * @irq: interrupt of each vector; 0 if there is none, all equal if combined
 * @irqs_off: whether its interrupts are disabled, because it is not started, suspended or has failed
 * @drain: reads the record queues when an interrupt may have been lost
 * @stalls: aborts stalled transactions whose fault is not resolved
 * @settle: see to @unsettled, see settle.c
 * @settle_lock: protects @unsettled.  Innermost
 * @unsettled: the devices that have been attached since, for each of enum smmu_settling
 * @limits: rate limits of messages
 * @debugfs: its directory
 * @streams: the directory of its streams, in @debugfs
 * @ats_lock: protects @ats_clients and @ats_asleep; held while a PASID is attached or detached, which changes what
 *	ATS is withdrawn from.  Outside the locks of the core
 * @ats_clients: the devices with ATS
 * @ats_asleep: whether ATS is disabled at these for system sleep
 * @pri_bearers: the devices with a PRI capability; protected by @ats_lock, as is the next
 * @pri_credits: how many page requests its devices may have outstanding
 */
struct smmu {
	struct shim_power	power;
	struct device		*dev;
	struct smmu_core	*core;
	struct iommu_device	iommu;
	resource_size_t		base;
	int			irq[SMMU_NR_VECTORS];
	bool			irqs_off;
	struct work_struct	drain;
	struct delayed_work	stalls;
	struct work_struct	settle[SMMU_NR_SETTLINGS];
	spinlock_t		settle_lock;	/* see above */
	struct list_head	unsettled[SMMU_NR_SETTLINGS];
	struct ratelimit_state	limits[SMMU_NR_LINES];
	struct dentry		*debugfs;
	struct dentry		*streams;
	struct mutex		ats_lock;	/* see above */
	struct list_head	ats_clients;
	bool			ats_asleep;
	struct list_head	pri_bearers;
	u32			pri_credits;
};

static_assert(!offsetof(struct smmu, power));

/* What the core reports of a device, for debugfs: page faults and page requests may be denied after that. */
enum smmu_count {
	SMMU_COUNT_EVENTS,		/* without a handler of page faults */
	SMMU_COUNT_STALLS,		/* offered to one */
	SMMU_COUNT_PAGE_REQUESTS,	/* likewise */
	SMMU_COUNT_DENIED,		/* groups of page requests that were not */
	SMMU_NR_COUNTS
};

/**
 * struct smmu_client - a device behind an SMMU, its dev_iommu_priv_get()
 * @smmu: the SMMU
 * @master: its core object
 * @power: its effect on the power of @smmu
 * @faults: its pending faults
 * @lock: keeps @domain alive while a fault is offered to it, or a part of it is shown.  Innermost.
 * @domain: the domain that the device is attached to
 * @iopf: its queue of page faults, from its first domain with a handler on, or NULL
 * @may_stall: whether its faults may stall
 * @may_request: whether it may have PRI
 * @wants_pasids: whether responses to its page requests have their PASIDs
 * @pri_capability: of a bearer: where its PRI capability is in its configuration space
 * @pri_node: of a bearer: in the list of its SMMU
 * @pri_bearer: the device whose PRI it uses, which is the PF of a VF, while it has PRI; else NULL.  As the next two,
 *	protected by @ats_lock of @smmu
 * @pri_users: of a bearer: how many devices have its PRI
 * @pri_credits: how many page requests these may have outstanding
 * @unanswered: how many faults have been reported and not answered, by PASID (IOMMU_NO_PASID without one)
 * @counts: what the core has reported of it
 * @files: in debugfs, one for each of its streams
 * @nr_files: how many
 * @has_pasids: whether the device has PASIDs enabled
 * @unsettled: in the lists of its SMMU, if a worker has to see to it
 * @needs_ats: whether it does not work without ATS, also in an identity domain
 * @ats_node: in the list of its SMMU, if it has ATS; meanwhile the device has a runtime PM reference
 */
struct smmu_client {
	struct smmu		*smmu;
	struct smmu_master	*master;
	struct shim_client	power;
	struct shim_fault_source	faults;
	struct mutex		lock;	/* of @domain, see above */
	struct iommu_domain	*domain;
	struct iopf_queue	*iopf;
	bool			may_stall;
	bool			may_request;
	bool			wants_pasids;
	u16			pri_capability;
	struct list_head	pri_node;
	struct smmu_client	*pri_bearer;
	u32			pri_users;
	u32			pri_credits;
	struct xarray		unanswered;
	atomic64_t		counts[SMMU_NR_COUNTS];
	struct smmu_stream_file	*files;
	u32			nr_files;
	bool			has_pasids;
	struct list_head	unsettled[SMMU_NR_SETTLINGS];
	bool			needs_ats;
	struct list_head	ats_node;
};

/* ats.c */
void smmu_ats_init(struct smmu *smmu);
void smmu_ats_prepare(struct device *dev);
bool smmu_ats_capable(struct device *dev);
void smmu_ats_start(struct device *dev);
void smmu_ats_start_later(struct device *dev);
bool smmu_ats_wake(struct device *dev);
void smmu_ats_stop(struct device *dev);
bool smmu_ats_in_use(struct smmu *smmu);
void smmu_ats_suspend(struct smmu *smmu);
void smmu_ats_resume(struct smmu *smmu);

/* pri.c */
void smmu_pri_prepare(struct smmu_client *client);
void smmu_pri_finish(struct smmu_client *client);
void smmu_pri_update(struct smmu_client *client);
void smmu_pri_stop(struct smmu_client *client);

/* iopf.c */
void smmu_iopf_init(struct smmu *smmu);
void smmu_iopf_prepare(struct smmu_client *client);
void smmu_iopf_finish(struct smmu_client *client);
bool smmu_iopf_admit(struct smmu_client *client, u32 pasid);
int smmu_iopf_enter(struct smmu_client *client, struct iommu_domain *domain);
void smmu_iopf_flush(struct smmu_client *client);
void smmu_iopf_attached(struct smmu_client *client);
void smmu_iopf_report(struct device *dev);
void smmu_iopf_respond(struct device *dev, struct iopf_fault *fault,
		       struct iommu_page_response *response);
int smmu_iopf_enable(struct device *dev);

/* settle.c */
int smmu_settle_init(struct smmu *smmu);
void smmu_settle_prepare(struct smmu_client *client);
void smmu_settle_later(struct smmu_client *client, enum smmu_settling what);
void smmu_settle_forget(struct smmu_client *client);

/* irq.c */
int smmu_irqs_request(struct smmu *smmu);
void smmu_irqs_disable(struct smmu *smmu);
void smmu_irqs_enable(struct smmu *smmu);

/* pm.c */
extern const struct dev_pm_ops smmu_pm_ops;
extern struct shim_clients smmu_clients;
extern const struct shim_pm_ops smmu_power_ops;

/* report.c */
void smmu_count(struct device *client, enum smmu_count what);
void smmu_report_init(struct smmu *smmu);

/* late.c */
void smmu_warn_late_clients(struct smmu *smmu);

/* iommu.c */
extern const struct iommu_ops smmu_iommu_ops;

/* domain.c */
extern const struct iommu_domain_ops smmu_paging_ops;
struct iommu_domain *smmu_paging_alloc(struct device *dev);
struct iommu_domain *smmu_paging_alloc_flags(struct device *dev, u32 flags);

/* dirty.c */
bool smmu_tracks_dirty(struct device *dev);

/* pasid.c */
u32 smmu_pasid_prepare(struct smmu *smmu, struct device *dev);
void smmu_pasid_finish(struct device *dev);
int smmu_pasid_enter(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		     struct iommu_domain *old);
int smmu_pasid_attach(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		      struct iommu_domain *old);
int smmu_pasid_attach_short(struct iommu_domain *domain, struct device *dev, ioasid_t pasid);
int smmu_pasid_attach_blocked(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
			      struct iommu_domain *old);
int smmu_pasid_attach_blocked_short(struct iommu_domain *domain, struct device *dev,
				    ioasid_t pasid);
void smmu_pasid_remove(struct device *dev, ioasid_t pasid, struct iommu_domain *domain);

/* sva.c */
int smmu_sva_enable(struct device *dev);
int smmu_sva_attach(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		    struct iommu_domain *old);
int smmu_sva_attach_short(struct iommu_domain *domain, struct device *dev, ioasid_t pasid);
struct iommu_domain *smmu_sva_alloc(struct device *dev, struct mm_struct *mm);
void smmu_sva_flush(void);

/* attach.c */
extern struct iommu_domain smmu_identity_domain;
extern struct iommu_domain smmu_blocked_domain;
void smmu_client_attached(struct smmu_client *client, struct iommu_domain *domain);
int smmu_attach_result(struct device *dev, struct iommu_domain *domain, int ret);
void smmu_attach_again(struct device *dev);
void smmu_attach_before_bind(struct device *dev);

/* streams.c */
void smmu_streams_add(struct smmu_client *client, const u32 *sids, u32 count);
void smmu_streams_remove(struct smmu_client *client);

/* debugfs.c */
void smmu_debugfs_init(void);
void smmu_debugfs_exit(void);
void smmu_debugfs_add(struct smmu *smmu);
void smmu_debugfs_remove(struct smmu *smmu);

#endif
