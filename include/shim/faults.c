// SPDX-License-Identifier: GPL-2.0-only
/* See faults.h. */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "shim/faults.h"

static struct os_fault *copy_fault(const struct os_fault *fault)
{
	/* The caller may be suspending an IOMMU, which memory reclaim may be waiting for. */
	const gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN;
	struct os_fault *copy = kmemdup(fault, sizeof(*fault), gfp);

	if (!copy)
		return NULL;
	copy->line = kstrdup(fault->line, gfp);
	if (!copy->line) {
		kfree(copy);
		return NULL;
	}
	get_device(copy->iommu);
	get_device(copy->dev);
	return copy;
}

static void free_fault(struct os_fault *fault)
{
	put_device(fault->dev);
	put_device(fault->iommu);
	kfree(fault->line);
	kfree(fault);
}

static struct os_fault *take_oldest(struct os_faults *faults)
{
	struct os_fault *fault;

	spin_lock(&faults->lock);
	fault = list_first_entry_or_null(&faults->waiting, struct os_fault, node);
	if (fault) {
		list_del(&fault->node);
		faults->count--;
	}
	spin_unlock(&faults->lock);
	return fault;
}

static void log_fault(struct os_faults *faults, const struct os_fault *fault)
{
	if (__ratelimit(&faults->limit))
		dev_err(fault->iommu, "%s\n", fault->line);
}

static void call_handler(struct work_struct *work)
{
	struct os_faults *faults = container_of(work, struct os_faults, work);
	struct os_fault *fault;

	while ((fault = take_oldest(faults))) {
		if (report_iommu_fault(faults->domain, fault->dev, fault->iova, fault->flags))
			log_fault(faults, fault);
		free_fault(fault);
	}
}

/**
 * os_faults_start - begin to hand faults over
 * @faults: part of a domain
 * @domain: the domain
 *
 * Context: process context.
 */
void os_faults_start(struct os_faults *faults, struct iommu_domain *domain)
{
	faults->domain = domain;
	spin_lock_init(&faults->lock);
	INIT_LIST_HEAD(&faults->waiting);
	INIT_WORK(&faults->work, call_handler);
	ratelimit_default_init(&faults->limit);
}

/**
 * os_faults_stop - end it, because the domain is about to be freed
 * @faults: part of a domain for which no fault is offered any more
 *
 * Waits for a handler that runs.  Faults that still wait for it are logged.
 *
 * Context: process context, not in the handler.
 */
void os_faults_stop(struct os_faults *faults)
{
	struct os_fault *fault;

	while ((fault = take_oldest(faults))) {
		log_fault(faults, fault);
		free_fault(fault);
	}
	/* A handler that frees its own domain would wait for itself. */
	if (!WARN_ON(current_work() == &faults->work))
		cancel_work_sync(&faults->work);
}

static bool add_fault(struct os_faults *faults, struct os_fault *fault)
{
	bool room;

	spin_lock(&faults->lock);
	room = faults->count < OS_FAULTS_WAITING;
	if (room) {
		list_add_tail(&fault->node, &faults->waiting);
		faults->count++;
	}
	spin_unlock(&faults->lock);
	return room;
}

/**
 * os_fault_offer - let a domain's handler have a fault
 * @faults: of a domain with a handler
 * @fault: the fault; copied
 *
 * Context: process context.
 * Return: true when the handler will be called, and the fault logged unless it returns 0; false when there is no
 * memory, or too many faults wait.
 */
bool os_fault_offer(struct os_faults *faults, const struct os_fault *fault)
{
	struct os_fault *copy = copy_fault(fault);

	if (!copy)
		return false;
	if (!add_fault(faults, copy)) {
		free_fault(copy);
		return false;
	}
	schedule_work(&faults->work);
	return true;
}
