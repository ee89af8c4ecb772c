// SPDX-License-Identifier: GPL-2.0-only
/* Registers through logic_iomem: readl() and writel() of the drivers reach a device model. */
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/logic_iomem.h>

#include "uml.h"

#define REGIONS		16
#define REGION_SHIFT	20

/* Above UML's memory; the device trees have it too. */
#define BASE		0x80000000ULL

static struct resource window = {
	.name = "modelled registers",
	.start = BASE,
	.end = BASE + (REGIONS << REGION_SHIFT) - 1,
	.flags = IORESOURCE_MEM,
};

struct region {
	struct test_mmio ops;
	u32 size;
	void __iomem *mapped;	/* by test_mmio_map() */
	bool used;
};

static struct region regions[REGIONS];

static unsigned long region_read(void *priv, unsigned int offset, int size)
{
	struct region *region = priv;

	if (WARN(!region->used || offset + size > region->size, "no register at %#x", offset))
		return ~0UL;
	return region->ops.read(region->ops.ctx, offset, size);
}

static void region_write(void *priv, unsigned int offset, int size, unsigned long value)
{
	struct region *region = priv;

	if (WARN(!region->used || offset + size > region->size, "no register at %#x", offset))
		return;
	region->ops.write(region->ops.ctx, offset, size, value);
}

static const struct logic_iomem_ops region_ops = {
	.read = region_read,
	.write = region_write,
};

static long window_map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops,
		       void **priv)
{
	struct region *region = &regions[offset >> REGION_SHIFT];

	*ops = &region_ops;
	*priv = region;
	return offset & ((1 << REGION_SHIFT) - 1);
}

static const struct logic_iomem_region_ops window_ops = { .map = window_map };

/* Some regions are where device trees say; the others are for whoever asks. */
void uml_mmio_claim_at(u32 n, const struct test_mmio *ops, u32 size)
{
	regions[n] = (struct region){ .ops = *ops, .size = size, .used = true };
}

void uml_mmio_release_at(u32 n)
{
	regions[n].used = false;
}

static struct region *take_region(const struct test_mmio *ops, u32 size)
{
	for (u32 i = UML_SMMU_REGION + 2; i < UML_IPMMU_REGION && size <= 1 << REGION_SHIFT; i++) {
		if (regions[i].used)
			continue;
		regions[i] = (struct region){ .ops = *ops, .size = size, .used = true };
		return &regions[i];
	}
	return NULL;
}

void *test_mmio_map(const struct test_mmio *ops, u32 size)
{
	struct region *region = take_region(ops, size);

	if (!region)
		return NULL;
	region->mapped = ioremap(BASE + ((u64)(region - regions) << REGION_SHIFT), size);
	return (void __force *)region->mapped;
}

static void unmap(struct region *region)
{
	iounmap(region->mapped);
	region->mapped = NULL;
	region->used = false;
}

void test_mmio_unmap(void *address)
{
	for (u32 i = 0; i < REGIONS; i++)
		if (regions[i].mapped == (void __iomem __force *)address)
			unmap(&regions[i]);
}

void uml_reset_mmio(void)
{
	for (u32 i = 0; i < REGIONS; i++)
		if (regions[i].mapped)
			unmap(&regions[i]);
}

static int __init add_window(void)
{
	return logic_iomem_add_region(&window, &window_ops);
}
core_initcall(add_window);
