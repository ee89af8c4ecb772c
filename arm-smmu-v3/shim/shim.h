/* SPDX-License-Identifier: GPL-2.0-only */
/* What the Linux side of the driver shares with itself. */
#ifndef ARM_SMMU_V3_SHIM_H
#define ARM_SMMU_V3_SHIM_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "shim/clients.h"
#include "shim/faults.h"
#include "shim/pm.h"
#include "shim/runtime_pm.h"
#include "arm-smmu-v3/core.h"

/**
 * struct smmu - one SMMU, as Linux sees it
 * @power: its power
 * @dev: its platform device; the driver data of @dev is this struct, which begins with @power
 * @core: its C++ half, valid from smmu_core_create() until devres runs
 * @iommu: its handle in the IOMMU core
 * @base: physical address of register page 0
 * @irq: Linux interrupt of each vector; 0 where there is none, all the same when combined
 * @irqs_off: whether its interrupts are disabled, because it is not started, suspended or did not come up
 * @drain: looks at the record queues when an interrupt may be lost
 * @limits: how often it may be logged what can repeat
 * @debugfs: its directory there
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
	struct ratelimit_state	limits[SMMU_NR_LINES];
	struct dentry		*debugfs;
};

static_assert(!offsetof(struct smmu, power));

/**
 * struct smmu_client - one device behind an SMMU, in its dev_iommu_priv_get()
 * @smmu: the SMMU
 * @master: the core's half
 * @power: what keeps @smmu on for it
 * @faults: what its domain's fault handler is called for
 * @lock: keeps @domain alive while a fault is offered to it.  Innermost.
 * @domain: what the device is attached to
 */
struct smmu_client {
	struct smmu		*smmu;
	struct smmu_master	*master;
	struct shim_client	power;
	struct shim_fault_source	faults;
	struct mutex		lock;	/* of @domain, see above */
	struct iommu_domain	*domain;
};

/* irq.c */
int smmu_irqs_request(struct smmu *smmu);
void smmu_irqs_disable(struct smmu *smmu);
void smmu_irqs_enable(struct smmu *smmu);

/* pm.c */
extern const struct dev_pm_ops smmu_pm_ops;
extern struct shim_clients smmu_clients;
extern const struct shim_pm_ops smmu_power_ops;

/* report.c */
void smmu_report_init(struct smmu *smmu);

/* iommu.c */
extern const struct iommu_ops smmu_iommu_ops;

/* domain.c */
extern const struct iommu_domain_ops smmu_paging_ops;
struct iommu_domain *smmu_paging_alloc(struct device *dev);

/* attach.c */
extern struct iommu_domain smmu_identity_domain;
extern struct iommu_domain smmu_blocked_domain;
void smmu_client_attached(struct smmu_client *client, struct iommu_domain *domain);
int smmu_attach_result(struct device *dev, struct iommu_domain *domain, int ret);

/* debugfs.c */
void smmu_debugfs_init(void);
void smmu_debugfs_exit(void);
void smmu_debugfs_add(struct smmu *smmu);
void smmu_debugfs_remove(struct smmu *smmu);

#endif
