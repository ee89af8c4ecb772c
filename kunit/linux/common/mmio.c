// SPDX-License-Identifier: GPL-2.0-only
/* Registers of device models: what answers at which address.  How an access gets here differs by architecture. */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/ioport.h>

#include "kunit/linux/common/uml.h"

#define REGION_SHIFT	20
#define REGION_BYTES	BIT(REGION_SHIFT)
#define REGIONS		(UML_MMIO_BYTES >> REGION_SHIFT)

struct region {
	struct test_mmio ops;
	u32 size;
	void __iomem *mapped;	/* by test_mmio_map() */
	bool used;
};

static struct region regions[REGIONS];

static struct region *find_region(u64 offset, u32 bytes)
{
	struct region *region = &regions[offset >> REGION_SHIFT];

	if (WARN(!region->used || offset % REGION_BYTES + bytes > region->size,
		 "no register at %#llx", offset))
		return NULL;
	return region;
}

u64 uml_mmio_read(u64 offset, u32 bytes)
{
	struct region *region = find_region(offset, bytes);

	return region ? region->ops.read(region->ops.ctx, offset % REGION_BYTES, bytes) : ~0ULL;
}

void uml_mmio_write(u64 offset, u32 bytes, u64 value)
{
	struct region *region = find_region(offset, bytes);

	if (region)
		region->ops.write(region->ops.ctx, offset % REGION_BYTES, bytes, value);
}

/* Some regions are where device trees say; the others are allocated on request. */
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
	for (u32 i = UML_SMMU_REGION + 2; i < UML_IPMMU_REGION && size <= REGION_BYTES; i++) {
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
	region->mapped = ioremap(UML_MMIO_BASE + ((u64)(region - regions) << REGION_SHIFT), size);
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
