// SPDX-License-Identifier: GPL-2.0-only
/* See faults.h. */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "shim/faults.h"

static struct shim_fault *shim_copy_fault(const struct shim_fault *fault)
{
	/* The caller may be in the suspend of an IOMMU that memory reclaim waits for. */
	const gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN;
	struct shim_fault *copy = kmemdup(fault, sizeof(*fault), gfp);

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

static void shim_free_fault(struct shim_fault *fault)
{
	put_device(fault->dev);
	put_device(fault->iommu);
	kfree(fault->line);
	kfree(fault);
}

static struct shim_fault *shim_begin_oldest_fault(struct shim_faults *faults)
{
	struct shim_fault *fault;

	spin_lock(&faults->lock);
	fault = list_first_entry_or_null(&faults->waiting, struct shim_fault, node);
	if (fault) {
		list_del(&fault->node);
		faults->count--;
		faults->running = fault->dev;
	}
	spin_unlock(&faults->lock);
	return fault;
}

static void shim_end_fault(struct shim_faults *faults)
{
	spin_lock(&faults->lock);
	faults->running = NULL;
	spin_unlock(&faults->lock);
	wake_up_all(&faults->done);
}

static void shim_log_fault(struct shim_faults *faults, const struct shim_fault *fault)
{
	if (__ratelimit(&faults->limit))
		dev_err(fault->iommu, "%s\n", fault->line);
}

static void shim_call_handler(struct work_struct *work)
{
	struct shim_faults *faults = container_of(work, struct shim_faults, work);
	struct shim_fault *fault;

	while ((fault = shim_begin_oldest_fault(faults))) {
		if (report_iommu_fault(faults->domain, fault->dev, fault->iova, fault->flags))
			shim_log_fault(faults, fault);
		shim_end_fault(faults);
		shim_free_fault(fault);
	}
}

/* Whether a fault of @dev may be passed to the handler.  @dev is @iommu if the device is not known. */
static bool shim_is_attached(const struct shim_faults *faults, const struct device *dev,
			     const struct device *iommu)
{
	const struct shim_fault_source *source;

	list_for_each_entry(source, &faults->sources, node)
		if (source->dev == dev || dev == iommu)
			return true;
	return false;
}

static void shim_take_orphans(struct shim_faults *faults, struct list_head *orphans)
{
	struct shim_fault *fault, *next;

	list_for_each_entry_safe(fault, next, &faults->waiting, node) {
		if (shim_is_attached(faults, fault->dev, fault->iommu))
			continue;
		list_move_tail(&fault->node, orphans);
		faults->count--;
	}
}

static void shim_log_orphans(struct shim_faults *faults, struct list_head *orphans)
{
	struct shim_fault *fault, *next;

	list_for_each_entry_safe(fault, next, orphans, node) {
		shim_log_fault(faults, fault);
		shim_free_fault(fault);
	}
}

/* After the last detach, also wait for the handler of a fault whose device is not known. */
static bool shim_may_use(struct shim_faults *faults, const struct device *dev)
{
	bool may;

	spin_lock(&faults->lock);
	may = faults->running && (faults->running == dev || list_empty(&faults->sources));
	spin_unlock(&faults->lock);
	return may;
}

/* A handler that detaches a device does not wait for itself. */
static void shim_wait_for_handler(struct shim_faults *faults, const struct device *dev)
{
	if (current_work() != &faults->work)
		wait_event(faults->done, !shim_may_use(faults, dev));
}

static void shim_leave_domain(struct shim_fault_source *source, struct shim_faults *faults)
{
	LIST_HEAD(orphans);

	spin_lock(&faults->lock);
	list_del(&source->node);
	shim_take_orphans(faults, &orphans);
	spin_unlock(&faults->lock);
	shim_log_orphans(faults, &orphans);
	shim_wait_for_handler(faults, source->dev);
}

static void shim_join_domain(struct shim_fault_source *source, struct shim_faults *faults)
{
	spin_lock(&faults->lock);
	list_add(&source->node, &faults->sources);
	spin_unlock(&faults->lock);
}

/**
 * shim_fault_source_move - record that a device has changed its domain
 * @source: the device
 * @faults: those of the paging domain it is attached to now, or NULL
 *
 * When this returns, the handler of the previous domain does not run for the device, unless it is the caller, and is
 * not called again.  Pending faults of the device are logged.
 *
 * Context: process context, also in the handler.
 */
void shim_fault_source_move(struct shim_fault_source *source, struct shim_faults *faults)
{
	struct shim_faults *const from = source->faults;

	if (from == faults)
		return;
	source->faults = faults;
	if (from)
		shim_leave_domain(source, from);
	if (faults)
		shim_join_domain(source, faults);
}

/**
 * shim_faults_start - initialise
 * @faults: part of a domain
 * @domain: the domain
 *
 * Context: process context.
 */
void shim_faults_start(struct shim_faults *faults, struct iommu_domain *domain)
{
	faults->domain = domain;
	spin_lock_init(&faults->lock);
	INIT_LIST_HEAD(&faults->sources);
	INIT_LIST_HEAD(&faults->waiting);
	init_waitqueue_head(&faults->done);
	INIT_WORK(&faults->work, shim_call_handler);
	ratelimit_default_init(&faults->limit);
}

/**
 * shim_faults_stop - undo shim_faults_start() before the domain is freed
 * @faults: part of a domain
 *
 * Waits for a running handler.  Pending faults are logged, and no more are accepted.
 *
 * Context: process context, not in the handler.
 */
void shim_faults_stop(struct shim_faults *faults)
{
	struct shim_fault_source *source, *next;
	LIST_HEAD(orphans);

	spin_lock(&faults->lock);
	/* The IOMMU core frees a domain also if detaching a device has failed. */
	list_for_each_entry_safe(source, next, &faults->sources, node) {
		list_del(&source->node);
		source->faults = NULL;
	}
	shim_take_orphans(faults, &orphans);
	spin_unlock(&faults->lock);
	shim_log_orphans(faults, &orphans);
	/* A handler that frees its own domain would wait for itself. */
	if (!WARN_ON(current_work() == &faults->work))
		cancel_work_sync(&faults->work);
}

/* Queued under the lock: shim_faults_stop() has taken all faults before it ends the work. */
static bool shim_add_fault(struct shim_faults *faults, struct shim_fault *fault)
{
	bool room;

	spin_lock(&faults->lock);
	room = faults->count < SHIM_FAULTS_WAITING &&
	       shim_is_attached(faults, fault->dev, fault->iommu);
	if (room) {
		list_add_tail(&fault->node, &faults->waiting);
		faults->count++;
		queue_work(system_freezable_wq, &faults->work);
	}
	spin_unlock(&faults->lock);
	return room;
}

/**
 * shim_fault_offer - queue a fault for the handler of a domain
 * @faults: of a domain with a handler
 * @fault: the fault, which is copied
 *
 * The handler is not called while tasks are frozen, since its device may be suspended.
 *
 * Context: process context.
 * Return: true if the fault will be passed to the handler or logged; false without memory, if too many faults are
 * pending, or if the device is not attached to the domain.
 */
bool shim_fault_offer(struct shim_faults *faults, const struct shim_fault *fault)
{
	struct shim_fault *copy = shim_copy_fault(fault);

	if (!copy)
		return false;
	if (!shim_add_fault(faults, copy)) {
		shim_free_fault(copy);
		return false;
	}
	return true;
}
