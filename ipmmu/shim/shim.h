/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations of the shim. */
#ifndef IPMMU_SHIM_H
#define IPMMU_SHIM_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/ratelimit.h>

#include "ipmmu/core.h"
#include "shim/clients.h"
#include "shim/compat.h"
#include "shim/faults.h"
#include "shim/pm.h"
#include "shim/runtime_pm.h"

/**
 * struct ipmmu - an IPMMU
 * @power: its power
 * @dev: its platform device; the driver data of @dev is this struct, which begins with @power
 * @core: its core object, valid from ipmmu_core_create() until devres runs
 * @root: its root; itself for a root
 * @iommu: its handle in the IOMMU core, if devices are connected to it
 * @irq: the fault interrupt of a root
 * @ready: whether leaves may be probed
 * @irq_off: whether its interrupt is disabled: it is not started, suspended, stopped or has failed
 * @report_limit: rate limit of its faults
 * @refused: the names of devices whose refusal has been logged (allow.c)
 * @debugfs: its directory
 */
struct ipmmu {
	struct shim_power	power;
	struct device		*dev;
	struct ipmmu_core	*core;
	struct ipmmu		*root;
	struct iommu_device	iommu;
	int			irq;
	bool			ready;
	bool			irq_off;
	struct ratelimit_state	report_limit;
	struct list_head	refused;
	struct dentry		*debugfs;
};

static_assert(!offsetof(struct ipmmu, power));

/**
 * enum ipmmu_use - what a device is attached to; groups with higher values are joined first
 * @IPMMU_NEW: nothing yet; its default domain may not exist
 * @IPMMU_UNTRANSLATED: the identity domain
 * @IPMMU_OWNED: a domain of an owner such as VFIO, or the blocked domain
 * @IPMMU_DMA: a domain of the DMA API
 */
enum ipmmu_use {
	IPMMU_NEW,
	IPMMU_UNTRANSLATED,
	IPMMU_OWNED,
	IPMMU_DMA,
};

/**
 * struct ipmmu_client - a device behind an IPMMU, its dev_iommu_priv_get()
 * @dev: the device
 * @node: in the list of groups.c
 * @shares: whether its group is the one that devices join when contexts run out
 * @use: what it is attached to; written under the mutex of its group, read without it
 * @ipmmu: the IPMMU
 * @master: its core object
 * @power: its effect on the power of @ipmmu
 * @faults: its pending faults
 */
struct ipmmu_client {
	struct device		*dev;
	struct list_head	node;
	bool			shares;
	enum ipmmu_use		use;
	struct ipmmu		*ipmmu;
	struct ipmmu_master	*master;
	struct shim_client	power;
	struct shim_fault_source	faults;
};

/* driver.c */
int ipmmu_driver_register(void);

/* firmware.c */
int ipmmu_firmware_read(struct ipmmu *ipmmu, struct ipmmu_platform *platform);

/* debugfs.c */
void ipmmu_debugfs_init(void);
void ipmmu_debugfs_exit(void);
void ipmmu_debugfs_add(struct ipmmu *ipmmu);
void ipmmu_debugfs_remove(struct ipmmu *ipmmu);

/* contexts.c */
void ipmmu_contexts_add(struct ipmmu *ipmmu, u32 first, u32 count);

/* allow.c */
bool ipmmu_soc_denied(void);
bool ipmmu_device_allowed(struct ipmmu *ipmmu, struct device *dev);

/* kexec.c */
int ipmmu_kexec_watch(void);
void ipmmu_kexec_unwatch(void);
bool ipmmu_kexec_begun(void);

/* irq.c */
int ipmmu_irq_request(struct ipmmu *ipmmu);
void ipmmu_irq_disable(struct ipmmu *ipmmu);
void ipmmu_irq_enable(struct ipmmu *ipmmu);

/* pm.c */
extern const struct dev_pm_ops ipmmu_pm_ops;
extern struct shim_clients ipmmu_clients;
extern const struct shim_pm_ops ipmmu_power_ops;
int ipmmu_link_root(struct ipmmu *leaf, struct ipmmu *root);

/* iommu.c */
extern const struct iommu_ops ipmmu_iommu_ops;

/* groups.c */
void ipmmu_groups_add(struct ipmmu_client *client, struct device *dev);
void ipmmu_groups_remove(struct ipmmu_client *client);
int ipmmu_note_use(struct ipmmu_client *client, int ret, enum ipmmu_use use);
struct iommu_group *ipmmu_device_group(struct device *dev);

/* domain.c */
extern const struct iommu_domain_ops ipmmu_paging_ops;
struct iommu_domain *ipmmu_paging_alloc(struct device *dev);
void ipmmu_lock_lives(void);
void ipmmu_unlock_lives(void);

/* trace.c */
void ipmmu_trace_fault(struct device *dev, struct device *client, const struct ipmmu_fault *fault);

/* attach.c */
int ipmmu_client_attached(struct ipmmu_client *client, struct shim_faults *faults, int ret);
extern struct iommu_domain ipmmu_identity_domain;
extern struct iommu_domain ipmmu_blocked_domain;

#endif
