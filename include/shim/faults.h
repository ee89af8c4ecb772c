/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of a domain whose owner has called iommu_set_fault_handler(): a worker hands them over.
 *
 * A handler may resume the device, which waits for the end of a suspend of its IOMMU.  That suspend reads what
 * the hardware has recorded, and waits for interrupt threads that do: neither may call the handler.
 *
 * Only a device that is attached to the domain has faults handed over, so that the owner may free what its handler
 * uses once the detach has returned.
 */
#ifndef SHIM_FAULTS_H
#define SHIM_FAULTS_H

#include <linux/list.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct device;
struct iommu_domain;

/* How many may wait for a handler. */
#define SHIM_FAULTS_WAITING	32

/**
 * struct shim_faults - the faults of a domain that wait for its handler
 * @domain: the domain
 * @lock: protects @sources, @waiting, @count and @running
 * @sources: of struct shim_fault_source: the devices attached to @domain
 * @waiting: of struct shim_fault, oldest first
 * @count: how many are in @waiting
 * @running: the device for whose fault the handler runs, or NULL
 * @done: woken when @running becomes NULL
 * @work: calls the handler
 * @limit: how often faults that the handler does not take may be logged
 */
struct shim_faults {
	struct iommu_domain	*domain;
	spinlock_t		lock;	/* see above */
	struct list_head	sources;
	struct list_head	waiting;
	unsigned int		count;
	struct device		*running;
	wait_queue_head_t	done;
	struct work_struct	work;
	struct ratelimit_state	limit;
};

/**
 * struct shim_fault_source - a device, as the faults of its domain see it
 * @node: in @faults
 * @dev: the device
 * @faults: those of the paging domain that @dev is attached to, or NULL.  Calls for one device are serialised by
 *	its group.
 */
struct shim_fault_source {
	struct list_head	node;
	struct device		*dev;
	struct shim_faults	*faults;
};

/**
 * struct shim_fault - what is known about a fault
 * @node: in the list
 * @iommu: who reports it
 * @dev: which device it was, or @iommu when that is not known
 * @iova: the address
 * @flags: IOMMU_FAULT_READ or IOMMU_FAULT_WRITE
 * @line: what to log if the handler does not take it
 */
struct shim_fault {
	struct list_head	node;
	struct device		*iommu, *dev;
	unsigned long		iova;
	int			flags;
	const char		*line;
};

void shim_faults_start(struct shim_faults *faults, struct iommu_domain *domain);
void shim_faults_stop(struct shim_faults *faults);
void shim_fault_source_move(struct shim_fault_source *source, struct shim_faults *faults);
bool shim_fault_offer(struct shim_faults *faults, const struct shim_fault *fault);

#endif
