// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uacce.h>

#include "kunit/linux/smmu/accelerator.h"
#include "kunit/linux/smmu/board.h"
#include "kunit/user/accelerator.h"

#define TRANSACTION	4096
#define GROUPS		64	/* of page requests: the model of the function has no more */

/* A queue of a process, and the job that it runs: what the process writes into its page meanwhile has no effect. */
struct queue {
	struct list_head entry;
	u32 pasid;
	struct accelerator_job *shared;	/* the page */
	struct accelerator_job job;
	bool started;	/* and the process has not seen the end */
	bool runs, stalled, stops;
	u16 tag;	/* of the stall, or the group of the page request */
};

static struct accelerator {
	struct uacce_device *uacce;
	struct task_struct *task;	/* the device */
	struct mutex lock;		/* of the queues */
	struct list_head queues;
	wait_queue_head_t wait;
	atomic_t started;		/* jobs */
	u32 sid;
	enum accelerator_faults faults;
	u16 next_group;
	u32 strays, stopped_stalls;
	bool holds_events;
} accelerator;

/* ---- the device: transactions ---- */

/* Kernel memory that is part of the image, such as the page of zeroes, has an owner as well. */
static bool is_owned(u64 pa)
{
	const unsigned long pfn = PHYS_PFN(pa);

	return pfn_valid(pfn) && page_count(compound_head(pfn_to_page(pfn)));
}

static void read_bytes(struct accelerator_job *job, const u8 *memory, size_t size)
{
	size_t i;

	if (job->operation == ACCELERATOR_READ)
		memcpy(job->data + job->done, memory, size);
	for (i = 0; i < size; i++)
		job->sum += memory[i];
}

static void write_bytes(struct accelerator_job *job, u8 *memory, size_t size)
{
	if (job->operation == ACCELERATOR_WRITE)
		memcpy(memory, job->data + job->done, size);
	else
		memset(memory, job->data[0], size);
}

static bool writes(const struct accelerator_job *job)
{
	return job->operation == ACCELERATOR_WRITE || job->operation == ACCELERATOR_FILL;
}

static void move(struct accelerator_job *job, u64 pa, size_t size)
{
	if (!is_owned(pa))
		accelerator.strays++;
	else if (writes(job))
		write_bytes(job, phys_to_virt(pa), size);
	else
		read_bytes(job, phys_to_virt(pa), size);
	job->done += size;
}

static void end(struct queue *queue, enum accelerator_state state)
{
	queue->runs = false;
	queue->job.state = state;
}

static enum smmu_dma request(struct queue *queue, const struct smmu_model_dma *dma)
{
	queue->tag = accelerator.next_group;
	accelerator.next_group = (accelerator.next_group + 1) % GROUPS;
	return smmu_model_pri_request_for(dma, queue->tag) ? SMMU_DMA_STALLED : SMMU_DMA_ABORTED;
}

static enum smmu_dma access(struct queue *queue, struct smmu_model_dma *dma)
{
	enum smmu_dma result;

	if (accelerator.faults == ACCELERATOR_REQUESTS) {
		result = smmu_model_dma_by_atc(dma);
		return result == SMMU_DMA_DONE ? result : request(queue, dma);
	}
	result = smmu_model_dma(dma);
	queue->tag = dma->stag;
	return result;
}

/* The next transaction of a job. */
static void issue(struct queue *queue)
{
	struct accelerator_job *job = &queue->job;
	const u64 address = job->address + job->done;
	const size_t size = min_t(u64, job->size - job->done,
				  TRANSACTION - address % TRANSACTION);
	struct smmu_model_dma dma = {
		.sid = accelerator.sid, .pasid = queue->pasid, .iova = address, .size = size,
		.write = writes(job),
	};

	switch (access(queue, &dma)) {
	case SMMU_DMA_DONE:
		job->block_shift = dma.page_shift;
		move(job, dma.pa, size);
		break;
	case SMMU_DMA_STALLED:
		queue->stalled = true;
		job->stalls++;
		break;
	default:
		end(queue, ACCELERATOR_ABORTED);
	}
}

static enum smmu_stalled state_of_fault(const struct queue *queue)
{
	if (accelerator.faults == ACCELERATOR_STALLS)
		return smmu_model_stalled(queue->tag);
	if (smmu_model_pri_waits(queue->tag))
		return SMMU_STALLED_WAITS;
	return smmu_model_pri_response(queue->tag) == SMMU_PRI_SUCCESS ? SMMU_STALLED_TRIES_AGAIN :
									 SMMU_STALLED_ABORTED;
}

/* A transaction that waits has become another one, or an abort. */
static void look_at_stall(struct queue *queue)
{
	switch (state_of_fault(queue)) {
	case SMMU_STALLED_WAITS:
		return;
	case SMMU_STALLED_TRIES_AGAIN:
		break;
	default:
		end(queue, ACCELERATOR_ABORTED);
	}
	queue->stalled = false;
}

static void advance(struct queue *queue)
{
	if (queue->stops)
		end(queue, ACCELERATOR_ABORTED);
	else if (queue->job.done < queue->job.size)
		issue(queue);
	else
		end(queue, ACCELERATOR_DONE);
}

/*
 * A transaction reaches memory before an invalidation that begins after it completes, so nothing comes between its
 * translation and its data.  The model gives the tag of a stall that has ended to another one: all are looked at first.
 */
static bool step(void)
{
	struct queue *queue;
	unsigned long flags;
	bool advances = false;

	local_irq_save(flags);
	list_for_each_entry(queue, &accelerator.queues, entry)
		if (queue->stalled)
			look_at_stall(queue);
	list_for_each_entry(queue, &accelerator.queues, entry) {
		if (!queue->runs || queue->stalled)
			continue;
		advance(queue);
		advances = true;
	}
	local_irq_restore(flags);
	return advances;
}

/* ---- the device: queues ---- */

/* The process sees the end after everything else. */
static void publish(struct queue *queue)
{
	struct accelerator_job *job = &queue->job, *shared = queue->shared;

	memcpy(shared->data, job->data, sizeof(job->data));
	WRITE_ONCE(shared->done, job->done);
	WRITE_ONCE(shared->sum, job->sum);
	WRITE_ONCE(shared->stalls, job->stalls);
	WRITE_ONCE(shared->block_shift, job->block_shift);
	/* ORDER: a process that sees the state sees the results: finish() in kunit/user/device.c. */
	smp_store_release(&shared->state, job->state);
}

static void end_job(struct queue *queue)
{
	queue->started = false;
	pm_runtime_put(accelerator.uacce->parent);
	atomic_dec(&accelerator.started);
	wake_up_all(&accelerator.wait);
}

static void publish_all(void)
{
	struct queue *queue;

	list_for_each_entry(queue, &accelerator.queues, entry) {
		if (!queue->started)
			continue;
		publish(queue);
		if (!queue->runs)
			end_job(queue);
	}
}

static bool step_and_publish(void)
{
	bool advances;

	mutex_lock(&accelerator.lock);
	advances = step();
	publish_all();
	mutex_unlock(&accelerator.lock);
	return advances;
}

static bool has_work(void)
{
	return atomic_read(&accelerator.started) || kthread_should_stop();
}

static int run_device(void *unused)
{
	while (!kthread_should_stop()) {
		wait_event_idle(accelerator.wait, has_work());
		if (!step_and_publish())
			usleep_range(20, 40);	/* all wait for answers */
		cond_resched();
	}
	return 0;
}

/* ---- what uacce asks of its driver ---- */

static int get_queue(struct uacce_device *uacce, unsigned long pasid, struct uacce_queue *of_uacce)
{
	struct queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);

	if (!queue)
		return -ENOMEM;
	queue->shared = (void *)get_zeroed_page(GFP_KERNEL);
	if (!queue->shared) {
		kfree(queue);
		return -ENOMEM;
	}
	queue->pasid = pasid;
	of_uacce->priv = queue;
	mutex_lock(&accelerator.lock);
	list_add(&queue->entry, &accelerator.queues);
	mutex_unlock(&accelerator.lock);
	return 0;
}

/* Waits until no transaction of the PASID is outstanding, as iommu_sva_unbind_device() demands. */
static void stop_queue(struct uacce_queue *of_uacce)
{
	struct queue *queue = of_uacce->priv;

	mutex_lock(&accelerator.lock);
	accelerator.stopped_stalls += queue->stalled;
	queue->stops = true;
	mutex_unlock(&accelerator.lock);
	if (accelerator.holds_events) {
		accelerator.holds_events = false;
		smmu_model_on_irq(board_raise);
		board_raise(0, accelerator.faults == ACCELERATOR_STALLS ? SMMU_WIRE_EVTQ : SMMU_WIRE_PRIQ);
	}
	wait_event(accelerator.wait, !READ_ONCE(queue->started));
}

static void put_queue(struct uacce_queue *of_uacce)
{
	struct queue *queue = of_uacce->priv;

	mutex_lock(&accelerator.lock);
	list_del(&queue->entry);
	mutex_unlock(&accelerator.lock);
	free_page((unsigned long)queue->shared);
	kfree(queue);
}

static int start_queue(struct uacce_queue *of_uacce)
{
	return 0;
}

static int map_queue(struct uacce_queue *of_uacce, struct vm_area_struct *vma,
		     struct uacce_qfile_region *region)
{
	struct queue *queue = of_uacce->priv;

	if (region->type != UACCE_QFRT_DUS)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, virt_to_page(queue->shared));
}

static bool is_valid(const struct accelerator_job *job)
{
	return job->operation <= ACCELERATOR_SUM &&
	       (job->operation >= ACCELERATOR_FILL || job->size <= ACCELERATOR_DATA);
}

static long start_job(struct queue *queue)
{
	struct accelerator_job *job = &queue->job;
	int ret;

	if (queue->started)
		return -EBUSY;
	memcpy(job, queue->shared, sizeof(*job));
	if (!is_valid(job))
		return -EINVAL;
	ret = pm_runtime_resume_and_get(accelerator.uacce->parent);
	if (ret)
		return ret;
	job->done = 0;
	job->sum = 0;
	job->stalls = 0;
	job->block_shift = 0;
	job->state = ACCELERATOR_RUNS;
	publish(queue);
	queue->started = true;
	queue->runs = true;
	atomic_inc(&accelerator.started);
	wake_up_all(&accelerator.wait);
	return 0;
}

static long control(struct uacce_queue *of_uacce, unsigned int cmd, unsigned long arg)
{
	long ret;

	switch (cmd) {
	case ACCELERATOR_START:
		mutex_lock(&accelerator.lock);
		ret = start_job(of_uacce->priv);
		mutex_unlock(&accelerator.lock);
		return ret;
	case ACCELERATOR_POWERED:
		return smmu_model_powered(0);
	case ACCELERATOR_HOLD_EVENTS:
		accelerator.holds_events = true;
		smmu_model_on_irq(NULL);
		return 0;
	default:
		return -EINVAL;
	}
}

static const struct uacce_ops ops = {
	.get_queue	= get_queue,
	.put_queue	= put_queue,
	.start_queue	= start_queue,
	.stop_queue	= stop_queue,
	.mmap		= map_queue,
	.ioctl		= control,
};

/* ---- the accelerator ---- */

static int start_device(void)
{
	accelerator.task = kthread_run(run_device, NULL, "accelerator");
	return PTR_ERR_OR_ZERO(accelerator.task);
}

static int add_to_uacce(struct device *parent)
{
	struct uacce_interface interface = {
		.name	= "accelerator",
		.flags	= UACCE_DEV_SVA,
		.ops	= &ops,
	};
	int ret;

	accelerator.uacce = uacce_alloc(parent, &interface);
	if (IS_ERR(accelerator.uacce))
		return PTR_ERR(accelerator.uacce);
	accelerator.uacce->qf_pg_num[UACCE_QFRT_DUS] = 1;
	ret = accelerator.uacce->flags & UACCE_DEV_SVA ? uacce_register(accelerator.uacce) :
							 -EOPNOTSUPP;
	if (ret)
		uacce_remove(accelerator.uacce);
	return ret;
}

int accelerator_create(struct device *parent, u32 sid, enum accelerator_faults faults)
{
	int ret;

	accelerator = (struct accelerator){ .sid = sid, .faults = faults };
	mutex_init(&accelerator.lock);
	INIT_LIST_HEAD(&accelerator.queues);
	init_waitqueue_head(&accelerator.wait);
	ret = add_to_uacce(parent);
	if (ret) {
		accelerator.uacce = NULL;
		return ret;
	}
	ret = start_device();
	if (ret)
		accelerator_remove();
	return ret;
}

void accelerator_remove(void)
{
	if (!accelerator.uacce)
		return;
	uacce_remove(accelerator.uacce);
	accelerator.uacce = NULL;
	if (!IS_ERR_OR_NULL(accelerator.task))
		kthread_stop(accelerator.task);
}

dev_t accelerator_number(void)
{
	return accelerator.uacce->dev.devt;
}

u32 accelerator_strays(void)
{
	return accelerator.strays;
}

u32 accelerator_stopped_stalls(void)
{
	return accelerator.stopped_stalls;
}
