// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of page tables while 1 GiB is mapped in pages of 4K, and after they were unmapped in random order.
 *
 * Binds to QEMU's "edu" PCI device.  The kernel log says, in bytes beyond those before the first map:
 *   table_cost: mapped=2113536 unmapped=4096
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "edu.h"

#define PAGES		(SZ_1G / SZ_4K)

/* Longer than the counters of each CPU are collected after, and than empty tables are looked for after. */
#define SETTLE_MS	20000

static long table_bytes(void)
{
	msleep(SETTLE_MS);
	return global_node_page_state(NR_IOMMU_PAGES) * PAGE_SIZE;
}

static unsigned int map_all(struct device *dev, void *buffer, dma_addr_t *iovas)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		iovas[i] = dma_map_single(dev, buffer, SZ_4K, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(dev, iovas[i]))
			break;
		if (!(i % 1024))
			cond_resched();
	}
	return i;
}

/* The same order in each run. */
static void unmap_all(struct device *dev, dma_addr_t *iovas, unsigned int count)
{
	u32 random = 1;
	unsigned int i;

	for (i = count; i; i--) {
		random = random * 1664525 + 1013904223;
		swap(iovas[i - 1], iovas[random % i]);
		dma_unmap_single(dev, iovas[i - 1], SZ_4K, DMA_BIDIRECTIONAL);
		if (!(i % 1024))
			cond_resched();
	}
}

static int table_run(struct device *dev, void *buffer, dma_addr_t *iovas)
{
	long before = table_bytes(), mapped;
	unsigned int count = map_all(dev, buffer, iovas);

	mapped = table_bytes();
	unmap_all(dev, iovas, count);
	pr_info("%s: mapped=%ld unmapped=%ld\n", KBUILD_MODNAME, mapped - before,
		table_bytes() - before);
	return count == PAGES ? 0 : -ENOMEM;
}

static int table_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	dma_addr_t *iovas;
	void *buffer;
	int ret;

	ret = edu_enable(pdev);
	if (ret)
		return ret;
	iovas = vmalloc_array(PAGES, sizeof(*iovas));
	buffer = (void *)__get_free_page(GFP_KERNEL);
	ret = iovas && buffer ? table_run(&pdev->dev, buffer, iovas) : -ENOMEM;
	free_page((unsigned long)buffer);
	vfree(iovas);
	return ret;
}

static struct pci_driver table_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = table_probe,
};
module_pci_driver(table_driver);

MODULE_DESCRIPTION("Measures the memory of page tables");
MODULE_LICENSE("GPL");
