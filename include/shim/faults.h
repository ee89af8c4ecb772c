/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of a domain whose owner has called iommu_set_fault_handler(): a worker hands them over.
 *
 * A handler may resume the device, which waits for the end of a suspend of its IOMMU.  That suspend reads what
 * the hardware has recorded, and waits for interrupt threads that do: neither may call the handler.
 */
#ifndef SHIM_FAULTS_H
#define SHIM_FAULTS_H

#include <linux/list.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct device;
struct iommu_domain;

/* How many may wait for a handler. */
#define OS_FAULTS_WAITING	32

/**
 * struct os_faults - the faults of a domain that wait for its handler
 * @domain: the domain
 * @lock: protects @waiting and @count
 * @waiting: of struct os_fault, oldest first
 * @count: how many are in @waiting
 * @work: calls the handler
 * @limit: how often faults that the handler does not take may be logged
 */
struct os_faults {
	struct iommu_domain	*domain;
	spinlock_t		lock;	/* see above */
	struct list_head	waiting;
	unsigned int		count;
	struct work_struct	work;
	struct ratelimit_state	limit;
};

/**
 * struct os_fault - what is known about a fault
 * @node: in the list
 * @iommu: who reports it
 * @dev: which device it was, or @iommu when that is not known
 * @iova: the address
 * @flags: IOMMU_FAULT_READ or IOMMU_FAULT_WRITE
 * @line: what to log if the handler does not take it
 */
struct os_fault {
	struct list_head	node;
	struct device		*iommu, *dev;
	unsigned long		iova;
	int			flags;
	const char		*line;
};

void os_faults_start(struct os_faults *faults, struct iommu_domain *domain);
void os_faults_stop(struct os_faults *faults);
bool os_fault_offer(struct os_faults *faults, const struct os_fault *fault);

#endif
