// SPDX-License-Identifier: GPL-2.0-only
/* UML: readl() and writel() of the drivers reach a device model through logic_iomem. */
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/logic_iomem.h>

#include "kunit/linux/common/uml.h"

static struct resource window = {
	.name = "modelled registers",
	.start = UML_MMIO_BASE,
	.end = UML_MMIO_BASE + UML_MMIO_BYTES - 1,
	.flags = IORESOURCE_MEM,
};

static u32 loads;

u32 uml_loads(void)
{
	return loads;
}

u32 uml_acquiring_loads(void)
{
	return 0;
}

bool uml_loads_must_acquire(void)
{
	return false;
}

static unsigned long window_read(void *base, unsigned int offset, int size)
{
	loads++;
	return uml_mmio_read((uintptr_t)base + offset, size);
}

static void window_write(void *base, unsigned int offset, int size, unsigned long value)
{
	uml_mmio_write((uintptr_t)base + offset, size, value);
}

static const struct logic_iomem_ops window_ops = {
	.read = window_read,
	.write = window_write,
};

static long map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops, void **base)
{
	*ops = &window_ops;
	*base = (void *)offset;
	return 0;
}

static const struct logic_iomem_region_ops map_ops = { .map = map };

u32 uml_instructions(void)
{
	return 0;
}

void uml_count_instructions(const void *a_register)
{
}

static int __init add_window(void)
{
	return logic_iomem_add_region(&window, &map_ops);
}
core_initcall(add_window);
