/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of a domain with a handler (iommu_set_fault_handler()): a worker calls the handler.
 *
 * A handler may resume the device, which waits for the end of a suspend of its IOMMU.  That suspend reads the
 * recorded faults, and waits for interrupt threads that read them: neither may call the handler.
 *
 * The handler is called for attached devices only, so that the owner may free what the handler uses after the
 * detach has returned.
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

/* The number of faults that may be pending. */
#define SHIM_FAULTS_WAITING	32

/**
 * struct shim_faults - the pending faults of a domain
 * @domain: the domain
 * @lock: protects @sources, @waiting, @count and @running
 * @sources: of struct shim_fault_source: the devices attached to @domain
 * @waiting: of struct shim_fault, oldest first
 * @count: how many are in @waiting
 * @running: the device for whose fault the handler runs, or NULL
 * @done: woken when @running becomes NULL
 * @work: calls the handler
 * @limit: rate limit of faults that the handler does not handle
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
 * struct shim_fault_source - a device that may cause faults
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
 * struct shim_fault - a fault
 * @node: in the list
 * @iommu: the IOMMU that reports it
 * @dev: the device, or @iommu if it is not known
 * @iova: the address
 * @flags: IOMMU_FAULT_READ or IOMMU_FAULT_WRITE
 * @line: logged if the handler does not handle the fault
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
