// SPDX-License-Identifier: GPL-2.0-only
/*
 * What edu_pm.ko does to an SMMU: cycles of suspend and resume, and mappings that change meanwhile.
 *
 * In each cycle the mapping that the last DMA went through is removed while the SMMU is suspended, and
 * another one made.  After resume the device writes to both: the old page must keep its poison, because
 * a translation that outlived the suspend would let the write through; the new one must have the data.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/pm_runtime.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "edu_pm.h"

#define PATTERN			0x5ca1ab1e0ddba11ULL
#define POISON			0xdeadbeefdeadbeefULL

#define SMMU_SUSPEND_MS		10000
#define CHURN_MAX_PAGES		16
#define CHURN_BURST		64

/* A page and where the device sees it. */
struct edu_pm_page {
	u64 *data;
	dma_addr_t iova;
};

static int edu_pm_map(struct edu_pm *edu, struct edu_pm_page *page)
{
	struct device *dev = &edu->device.pdev->dev;

	WRITE_ONCE(*page->data, POISON);
	page->iova = dma_map_single(dev, page->data, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return dma_mapping_error(dev, page->iova) ? -ENOMEM : 0;
}

static void edu_pm_unmap(struct edu_pm *edu, struct edu_pm_page *page)
{
	struct device *dev = &edu->device.pdev->dev;

	if (!dma_mapping_error(dev, page->iova))
		dma_unmap_single(dev, page->iova, PAGE_SIZE, DMA_BIDIRECTIONAL);
}

/* The SMMU goes down a moment after its last client. */
static int edu_pm_wait_smmu(struct edu_pm *edu)
{
	unsigned int ms;

	for (ms = 0; ms < SMMU_SUSPEND_MS && !kthread_should_stop(); ms++) {
		if (pm_runtime_suspended(edu->smmu))
			return 0;
		usleep_range(1000, 1500);
	}
	return -EBUSY;
}

/* Page 0 and page 1 registers that hold their value while CR0 is 0; 64 bits each where IHI 0070 says so. */
static const u32 scrambled[] = {
	0x28,				/* CR1 */
	0x2c,				/* CR2 */
	0x64,				/* GERRORN */
	0x68, 0x6c, 0x70, 0x74,		/* GERROR_IRQ_CFG0..2 */
	0x80, 0x84, 0x88,		/* STRTAB_BASE, STRTAB_BASE_CFG */
	0x90, 0x94, 0x98, 0x9c,		/* CMDQ_BASE, CMDQ_PROD, CMDQ_CONS */
	0xa0, 0xa4,			/* EVENTQ_BASE */
	0xb0, 0xb4, 0xb8, 0xbc,		/* EVENTQ_IRQ_CFG0..2 */
	0x100a8, 0x100ac,		/* EVENTQ_PROD, EVENTQ_CONS */
};

/* As a loss of power leaves them, or worse. */
static void edu_pm_scramble(struct edu_pm *edu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scrambled); i++)
		writel(get_random_u32(), edu->smmu_regs + scrambled[i]);
	edu->scrambles++;
}

static int edu_pm_check(struct edu_pm *edu, struct edu_pm_page *old, struct edu_pm_page *new)
{
	int ret;

	ret = edu_device_write(&edu->device, old->iova, sizeof(u64)) ?:
	      edu_device_write(&edu->device, new->iova, sizeof(u64));
	if (ret)
		return ret;
	if (READ_ONCE(*old->data) != POISON) {
		dev_err(&edu->device.pdev->dev, "cycle %llu: stale translation of %pad\n", edu->cycles,
			&old->iova);
		return -ESTALE;
	}
	if (READ_ONCE(*new->data) != PATTERN) {
		dev_err(&edu->device.pdev->dev, "cycle %llu: no translation of %pad\n", edu->cycles,
			&new->iova);
		return -EFAULT;
	}
	return 0;
}

/* @old is mapped and was used; afterwards @new is. */
static int edu_pm_cycle(struct edu_pm *edu, struct edu_pm_page *old, struct edu_pm_page *new)
{
	struct device *dev = &edu->device.pdev->dev;
	int ret, waited;

	pm_runtime_put_sync_suspend(dev);
	waited = edu_pm_wait_smmu(edu);
	/* In this order, so that the addresses differ. */
	ret = edu_pm_map(edu, new);
	WRITE_ONCE(*old->data, POISON);
	edu_pm_unmap(edu, old);
	if (!ret && !waited && edu->scramble)
		edu_pm_scramble(edu);
	ret = pm_runtime_resume_and_get(dev) ?: ret;
	return waited ?: ret ?: edu_pm_check(edu, old, new);
}

static int edu_pm_cycles(struct edu_pm *edu, struct edu_pm_page pages[2])
{
	unsigned int i;
	int ret;

	ret = edu_pm_map(edu, &pages[0]);
	if (ret)
		return ret;
	WRITE_ONCE(*pages[0].data, PATTERN);
	ret = edu_device_read(&edu->device, pages[0].iova, sizeof(u64));
	for (i = 0; i < edu->goal && !ret && !kthread_should_stop(); i++) {
		ret = edu_pm_cycle(edu, &pages[i % 2], &pages[(i + 1) % 2]);
		if (!ret)
			edu->cycles++;
	}
	edu_pm_unmap(edu, &pages[i % 2]);
	return ret;
}

static int edu_pm_cycle_thread(void *data)
{
	struct edu_pm *edu = data;
	struct device *dev = &edu->device.pdev->dev;
	struct edu_pm_page pages[2] = {
		{ .data = (u64 *)get_zeroed_page(GFP_KERNEL) },
		{ .data = (u64 *)get_zeroed_page(GFP_KERNEL) },
	};
	int ret = -ENOMEM;

	if (pages[0].data && pages[1].data)
		ret = pm_runtime_resume_and_get(dev);
	if (!ret) {
		ret = edu_pm_cycles(edu, pages);
		pm_runtime_mark_last_busy(dev);
		pm_runtime_put_autosuspend(dev);
	}
	free_page((unsigned long)pages[0].data);
	free_page((unsigned long)pages[1].data);
	WRITE_ONCE(edu->error, ret);
	WRITE_ONCE(edu->running, false);
	while (!kthread_should_stop())
		msleep_interruptible(100);
	return 0;
}

/* The size changes, so that ranges of every kind are invalidated, and tables come and go. */
static int edu_pm_churn_thread(void *data)
{
	struct edu_pm *edu = data;
	struct device *dev = &edu->device.pdev->dev;
	void *buffer = kmalloc(CHURN_MAX_PAGES * PAGE_SIZE, GFP_KERNEL);
	dma_addr_t iova;
	size_t bytes;

	while (buffer && !kthread_should_stop()) {
		bytes = (1 + get_random_u32_below(CHURN_MAX_PAGES)) * PAGE_SIZE;
		iova = dma_map_single(dev, buffer, bytes, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(dev, iova))
			break;
		dma_unmap_single(dev, iova, bytes, DMA_BIDIRECTIONAL);
		if (!(atomic64_inc_return(&edu->maps) % CHURN_BURST))
			usleep_range(500, 1000);
	}
	kfree(buffer);
	while (!kthread_should_stop())
		msleep_interruptible(100);
	return 0;
}

static void edu_pm_stop_thread(struct task_struct **task)
{
	if (*task)
		kthread_stop(*task);
	*task = NULL;
}

static int edu_pm_start_thread(struct task_struct **task, int (*thread)(void *data),
			       struct edu_pm *edu)
{
	struct task_struct *new = kthread_run(thread, edu, "edu_pm");

	if (IS_ERR(new))
		return PTR_ERR(new);
	*task = new;
	return 0;
}

int edu_pm_cycle_start(struct edu_pm *edu, unsigned int cycles)
{
	int ret;

	edu_pm_stop_thread(&edu->cycler);
	if (!cycles)
		return 0;
	edu->goal = cycles;
	edu->cycles = 0;
	edu->error = 0;
	edu->running = true;
	ret = edu_pm_start_thread(&edu->cycler, edu_pm_cycle_thread, edu);
	if (ret)
		edu->running = false;
	return ret;
}

int edu_pm_churn_start(struct edu_pm *edu, unsigned int threads)
{
	unsigned int i;
	int ret = 0;

	if (threads > EDU_PM_MAX_CHURN)
		return -EINVAL;
	for (i = 0; i < EDU_PM_MAX_CHURN; i++)
		edu_pm_stop_thread(&edu->churner[i]);
	for (i = 0; i < threads && !ret; i++)
		ret = edu_pm_start_thread(&edu->churner[i], edu_pm_churn_thread, edu);
	return ret;
}

void edu_pm_stop(struct edu_pm *edu)
{
	mutex_lock(&edu->lock);
	edu_pm_cycle_start(edu, 0);
	edu_pm_churn_start(edu, 0);
	mutex_unlock(&edu->lock);
}
