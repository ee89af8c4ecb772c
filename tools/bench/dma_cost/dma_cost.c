// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the DMA API costs, in instructions.
 *
 * Binds to QEMU's "edu" PCI device, maps and unmaps buffers of several sizes and says in the kernel log,
 * for each size, how many instructions dma_map_single() and dma_unmap_single() took:
 *   dma_cost: bytes=4096 op=unmap loops=2000 min=1 median=2 mean=3 max=4
 * It does the same for dma_map_sg() and dma_unmap_sg() of 64 pages that are not adjacent (op=map_sg, op=unmap_sg).
 */
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "cost.h"
#include "edu.h"

/* Longer than a flush queue waits before its timer empties it. */
#define SETTLE_MS		50

#define SCATTERED_PAGES		64

static unsigned int loops = 1024;
module_param(loops, uint, 0444);
MODULE_PARM_DESC(loops, "maps and unmaps of each size");

static unsigned int warm_up = 600;
module_param(warm_up, uint, 0444);
MODULE_PARM_DESC(warm_up, "maps and unmaps before those that are counted");

/**
 * struct cost_samples - instructions of each operation
 * @map:	dma_map_single()
 * @unmap:	dma_unmap_single()
 */
struct cost_samples {
	u32 *map;
	u32 *unmap;
};

static int cost_compare(const void *a, const void *b)
{
	const u32 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void cost_say(struct device *dev, size_t bytes, const char *op, u32 *samples)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < loops; i++)
		sum += samples[i];
	sort(samples, loops, sizeof(*samples), cost_compare, NULL);
	pr_info("%s: bytes=%zu op=%s loops=%u min=%u median=%u mean=%llu max=%u\n", KBUILD_MODNAME,
		bytes, op, loops, samples[0], samples[loops / 2], div_u64(sum, loops),
		samples[loops - 1]);
}

static int cost_of_size(struct device *dev, size_t bytes, struct cost_samples *samples)
{
	unsigned int order = get_order(bytes), i;
	u32 reading = cost_of_reading(), ignored;
	void *buffer = (void *)__get_free_pages(GFP_KERNEL, order);
	int ret = 0;

	if (!buffer)
		return -ENOMEM;
	for (i = 0; i < warm_up && !ret; i++)
		ret = cost_once(dev, buffer, bytes, reading, &ignored, &ignored);

	/*
	 * In lazy mode the flush queue is empty now, and what follows is over before its timer, whose work is not
	 * counted, runs: each run sees the same number of full queues.
	 */
	msleep(SETTLE_MS);
	mark(MARK_COUNTING);
	for (i = 0; i < loops && !ret; i++)
		ret = cost_once(dev, buffer, bytes, reading, &samples->map[i], &samples->unmap[i]);
	mark(MARK_IGNORING);
	free_pages((unsigned long)buffer, order);
	if (ret)
		return ret;
	cost_say(dev, bytes, "map", samples->map);
	cost_say(dev, bytes, "unmap", samples->unmap);
	return 0;
}

static int cost_scattered_once(struct device *dev, struct sg_table *table, u32 reading, u32 *map,
			       u32 *unmap)
{
	unsigned long flags;
	u32 start;
	int ret;

	local_irq_save(flags);
	start = cost_counter();
	ret = dma_map_sg(dev, table->sgl, table->orig_nents, DMA_BIDIRECTIONAL);
	*map = cost_counter() - start - reading;
	local_irq_restore(flags);
	if (!ret)
		return -ENOMEM;

	local_irq_save(flags);
	start = cost_counter();
	dma_unmap_sg(dev, table->sgl, table->orig_nents, DMA_BIDIRECTIONAL);
	*unmap = cost_counter() - start - reading;
	local_irq_restore(flags);
	return 0;
}

/* Every other page of a buffer. */
static int cost_scatter(struct sg_table *table, void *buffer)
{
	struct scatterlist *entry;
	unsigned int i;
	int ret = sg_alloc_table(table, SCATTERED_PAGES, GFP_KERNEL);

	if (ret)
		return ret;
	for_each_sgtable_sg(table, entry, i)
		sg_set_buf(entry, buffer + i * SZ_8K, SZ_4K);
	return 0;
}

static int cost_of_scattered(struct device *dev, struct cost_samples *samples)
{
	unsigned int order = get_order(SCATTERED_PAGES * SZ_8K), i;
	u32 reading = cost_of_reading(), ignored;
	void *buffer = (void *)__get_free_pages(GFP_KERNEL, order);
	struct sg_table table;
	int ret;

	if (!buffer)
		return -ENOMEM;
	ret = cost_scatter(&table, buffer);
	if (ret)
		goto free_pages;
	for (i = 0; i < warm_up && !ret; i++)
		ret = cost_scattered_once(dev, &table, reading, &ignored, &ignored);
	msleep(SETTLE_MS);
	for (i = 0; i < loops && !ret; i++)
		ret = cost_scattered_once(dev, &table, reading, &samples->map[i],
					  &samples->unmap[i]);
	sg_free_table(&table);
	if (!ret) {
		cost_say(dev, SCATTERED_PAGES * SZ_4K, "map_sg", samples->map);
		cost_say(dev, SCATTERED_PAGES * SZ_4K, "unmap_sg", samples->unmap);
	}
free_pages:
	free_pages((unsigned long)buffer, order);
	return ret;
}

static int cost_run(struct device *dev, struct cost_samples *samples)
{
	static const size_t sizes[] = { SZ_4K, SZ_32K, SZ_256K, SZ_2M };
	unsigned int i;
	u64 before = ktime_get_boottime_ns();
	int ret = 0;

	pr_info("%s: first_dma_ns=%llu\n", KBUILD_MODNAME, before);
	cost_counter_start();
	for (i = 0; i < ARRAY_SIZE(sizes) && !ret; i++)
		ret = cost_of_size(dev, sizes[i], samples);
	if (!ret)
		ret = cost_of_scattered(dev, samples);
	cost_counter_stop();
	return ret;
}

static int cost_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct cost_samples samples;
	int ret;

	if (!loops)
		return -EINVAL;
	ret = edu_enable(pdev);
	if (ret)
		return ret;
	samples.map = vmalloc_array(loops, sizeof(u32));
	samples.unmap = vmalloc_array(loops, sizeof(u32));
	ret = samples.map && samples.unmap ? cost_run(&pdev->dev, &samples) : -ENOMEM;
	vfree(samples.unmap);
	vfree(samples.map);
	return ret;
}

static struct pci_driver cost_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = cost_probe,
};
module_pci_driver(cost_driver);

MODULE_DESCRIPTION("Counts the instructions of the DMA API");
MODULE_LICENSE("GPL");
