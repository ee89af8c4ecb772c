// SPDX-License-Identifier: GPL-2.0-only
/*
 * The project's page tables beside io-pgtable: the same calls, the same translations, descriptors and errors.
 *
 * Three things differ on purpose, and no call here makes use of them.  io-pgtable silently drops pages where a block
 * is mapped over them (-EEXIST); it checks the beginning of a range only (-ERANGE); and at stage 2 IOMMU_NOEXEC sets
 * XN[1:0] to 0b11, which permits execution at EL1 where the SMMU has XNX (0b10).
 */
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "kunit/base/testos.h"
#include "kunit/linux/common/compat.h"
#include "kunit/linux/common/expect.h"
#include "kunit/linux/common/uml.h"
#include "kunit/linux/pgtable/intree.h"
#include "kunit/linux/pgtable/ours.h"

#define SLOTS		4
#define OPERATIONS	3000
#define XN0		BIT_ULL(53)

struct format {
	enum io_pgtable_fmt intree;
	u32 stage, page_shift, ias, oas;
	bool ns, dirty;
};

struct pair {
	const struct format *format;
	struct io_pgtable_ops *intree;
	struct pgtable_ours *ours;
	u64 page, block, base;
	u32 pages, per_slot;
	/* What is mapped, by page; which slots are a block. */
	bool *mapped;
	bool blocks[SLOTS];
	struct rnd_state random;
};

static u64 linear_map(void)
{
	void *memory = kmalloc(64, GFP_KERNEL);
	u64 at = (unsigned long)memory - virt_to_phys(memory);

	kfree(memory);
	return at;
}

static bool create(struct test_run *t, struct pair *pair, const struct format *format)
{
	u64 page = BIT_ULL(format->page_shift);
	struct io_pgtable_cfg cfg = {
		.quirks		= (format->ns ? IO_PGTABLE_QUIRK_ARM_NS : 0) |
				  (format->dirty ? IO_PGTABLE_QUIRK_ARM_HD : 0),
		.ias		= format->ias,
		.oas		= format->oas,
		.coherent_walk	= true,
		.iommu_dev	= test_device(),
	};
	struct pgtable_ours_config config = {
		.stage		= format->stage,
		.page_shift	= format->page_shift,
		.input_bits	= format->ias,
		.output_bits	= format->oas,
		.ns		= format->ns,
		.dirty		= format->dirty,
		.linear		= linear_map(),
	};

	memset(pair, 0, sizeof(*pair));
	pair->format = format;
	pair->page = page;
	pair->per_slot = page / 8;
	pair->pages = SLOTS * pair->per_slot;
	pair->block = page * pair->per_slot;
	/* Two slots on each side of a boundary of level 1. */
	pair->base = pair->block * pair->per_slot - 2 * pair->block;
	if (pair->base + SLOTS * pair->block > BIT_ULL(format->ias))
		pair->base = 0;
	prandom_seed_state(&pair->random, 1);

	pair->mapped = kcalloc(pair->pages, sizeof(bool), GFP_KERNEL);
	pair->ours = pgtable_ours_create(&config);
	if (!EXPECT(t, pair->mapped && pair->ours))
		return false;
	cfg.pgsize_bitmap = pgtable_ours_sizes(pair->ours);
	pair->intree = pgtable_intree_create(format->intree, &cfg);
	return EXPECT(t, pair->intree) && EXPECT_EQ(t, cfg.pgsize_bitmap, pgtable_ours_sizes(pair->ours));
}

static void destroy(struct pair *pair)
{
	if (pair->intree)
		pgtable_intree_destroy(pair->intree);
	if (pair->ours)
		pgtable_ours_destroy(pair->ours);
	kfree(pair->mapped);
}

static u32 below(struct pair *pair, u32 limit)
{
	return prandom_u32_state(&pair->random) % limit;
}

static u64 iova_of(const struct pair *pair, u32 page)
{
	return pair->base + page * pair->page;
}

/* As iommu_map() and iommu_unmap() call it: one table each time. */
static int map_intree(struct pair *pair, u64 iova, u64 pa, u64 size, u64 count, int prot, size_t *mapped)
{
	struct io_pgtable_ops *ops = pair->intree;
	int ret = 0;

	do {
		u64 done = *mapped;

		ret = ops->map_pages(ops, iova + done, pa + done, size, count - done / size, prot, GFP_KERNEL, mapped);
	} while (!ret && *mapped < size * count);
	return ret;
}

static u64 unmap_intree(struct pair *pair, u64 iova, u64 size, u64 count)
{
	struct io_pgtable_ops *ops = pair->intree;
	u64 done = 0, more;

	do {
		more = ops->unmap_pages(ops, iova + done, size, count - done / size, NULL);
		done += more;
	} while (more && done < size * count);
	return done;
}

static void map_both(struct test_run *t, struct pair *pair, u64 iova, u64 pa, u64 size, u64 count, int prot)
{
	size_t intree = 0;
	u64 ours = 0;
	int ret = map_intree(pair, iova, pa, size, count, prot, &intree);

	EXPECT_EQ(t, (u64)(s64)pgtable_ours_map(pair->ours, iova, pa, size, count, prot, &ours), (u64)(s64)ret);
	EXPECT_EQ(t, ours, intree);
}

static u64 unmap_both(struct test_run *t, struct pair *pair, u64 iova, u64 size, u64 count)
{
	u64 intree = unmap_intree(pair, iova, size, count);

	EXPECT_EQ(t, pgtable_ours_unmap(pair->ours, iova, size, count), intree);
	return intree;
}

/* Descriptors differ in XN[0] of stage 2 only. */
static bool same_leaf(const struct pair *pair, u64 iova)
{
	u64 ours = pgtable_ours_leaf(pair->ours, iova), intree = pgtable_intree_leaf(pair->intree, iova);

	return ours == (pair->format->stage == 1 ? intree : intree & ~XN0);
}

static void compare(struct test_run *t, struct pair *pair, u32 page)
{
	u64 iova = iova_of(pair, page) + below(pair, pair->page);
	u64 intree = pair->intree->iova_to_phys(pair->intree, iova);

	EXPECT_EQ(t, pgtable_ours_look_up(pair->ours, iova), intree);
	EXPECT(t, same_leaf(pair, iova));
}

static void note(struct pair *pair, u32 first, u32 count, bool mapped)
{
	memset(pair->mapped + first, mapped, count);
}

static bool any_mapped(const struct pair *pair, u32 slot)
{
	return memchr(pair->mapped + slot * pair->per_slot, true, pair->per_slot);
}

static u64 some_pa(struct pair *pair, u64 align)
{
	u64 pa = (u64)prandom_u32_state(&pair->random) << 32 | prandom_u32_state(&pair->random);

	return pa & (BIT_ULL(pair->format->oas - 1) - 1) & ~(align - 1);
}

static int some_prot(struct pair *pair)
{
	return (1 + below(pair, 3)) | below(pair, 16) << 2;
}

static void map_pages(struct test_run *t, struct pair *pair)
{
	u32 first = below(pair, pair->pages);
	u32 count = min(1 + below(pair, 3) * below(pair, pair->per_slot), pair->pages - first), end = 0;

	/* Up to the first table in which something is mapped. */
	while (end < count) {
		u32 next = min(count, (first + end) / pair->per_slot * pair->per_slot + pair->per_slot - first);

		if (memchr(pair->mapped + first + end, true, next - end))
			break;
		end = next;
	}
	map_both(t, pair, iova_of(pair, first), some_pa(pair, pair->page), pair->page, count, some_prot(pair));
	note(pair, first, end, true);
	compare(t, pair, first + count - 1);
}

static void map_blocks(struct test_run *t, struct pair *pair)
{
	u32 slot = below(pair, SLOTS);

	if (any_mapped(pair, slot) && !pair->blocks[slot])
		return;
	map_both(t, pair, iova_of(pair, slot * pair->per_slot), some_pa(pair, pair->block), pair->block, 1,
		 some_prot(pair));
	note(pair, slot * pair->per_slot, pair->per_slot, true);
	pair->blocks[slot] = true;
}

/* Whether io-pgtable unmaps these as well: a part of a block only where it splits blocks. */
static bool intree_unmaps(const struct pair *pair, u32 first, u32 count)
{
	u32 begin = first / pair->per_slot, end = (first + count - 1) / pair->per_slot + 1;

	return TEST_BLOCKS_ARE_SPLIT || !memchr(pair->blocks + begin, true, end - begin);
}

static void unmap_pages(struct test_run *t, struct pair *pair)
{
	u32 first = below(pair, pair->pages), done;
	u32 count = min(1 + below(pair, 3) * below(pair, pair->per_slot), pair->pages - first);

	if (!intree_unmaps(pair, first, count))
		return;
	done = unmap_both(t, pair, iova_of(pair, first), pair->page, count) / pair->page;
	note(pair, first, done, false);
	for (u32 i = 0; i < done; i++)
		pair->blocks[(first + i) / pair->per_slot] = false;
	compare(t, pair, first);
}

static void unmap_blocks(struct test_run *t, struct pair *pair)
{
	u32 slot = below(pair, SLOTS), count = 1 + below(pair, SLOTS - slot), done;

	done = unmap_both(t, pair, iova_of(pair, slot * pair->per_slot), pair->block, count) / pair->block;
	note(pair, slot * pair->per_slot, done * pair->per_slot, false);
	memset(pair->blocks + slot, 0, done);
}

/* ---- dirty pages ---- */

static u64 dirty_hash;

static u64 dirty_page;

/* By page: the library reports adjacent pages together. */
static void record(u64 iova, u64 size)
{
	u64 at;

	for (at = iova; at < iova + size; at += dirty_page)
		dirty_hash = dirty_hash * 31 + at;
}

static void record_intree(unsigned long iova, unsigned long size)
{
	record(iova, size);
}

static void read_dirty(struct test_run *t, struct pair *pair)
{
	u32 first = below(pair, pair->pages), end = first + 1 + below(pair, 64), count;
	struct iommu_dirty_bitmap bitmap = { };
	bool clear = below(pair, 2);
	u64 intree;
	int ret;

	end = min(end, pair->pages);
	/* io-pgtable cleans a block of which the range is a part. */
	if (pair->blocks[first / pair->per_slot])
		first = rounddown(first, pair->per_slot);
	if (pair->blocks[(end - 1) / pair->per_slot])
		end = roundup(end, pair->per_slot);
	count = end - first;
	if (memchr(pair->mapped + first, false, count))
		return;
	pgtable_intree_record = record_intree;
	dirty_page = pair->page;
	dirty_hash = 0;
	ret = pair->intree->read_and_clear_dirty(pair->intree, iova_of(pair, first), count * pair->page,
						 clear ? 0 : IOMMU_DIRTY_NO_CLEAR, &bitmap);
	intree = dirty_hash;
	dirty_hash = 0;
	EXPECT_EQ(t, (u64)(s64)pgtable_ours_dirty(pair->ours, iova_of(pair, first), count * pair->page, clear, record),
		  (u64)(s64)ret);
	EXPECT_EQ(t, dirty_hash, intree);
}

static void one(struct test_run *t, struct pair *pair)
{
	u32 what = below(pair, 12);

	if (what < 4)
		map_pages(t, pair);
	else if (what < 5)
		map_blocks(t, pair);
	else if (what < 8)
		unmap_pages(t, pair);
	else if (what < 9)
		unmap_blocks(t, pair);
	else if (what < 10 && pair->format->dirty)
		read_dirty(t, pair);
	else
		compare(t, pair, below(pair, pair->pages));
}

static const struct format formats[] = {
	{ ARM_64_LPAE_S1, 1, 12, 48, 48 }, { ARM_64_LPAE_S1, 1, 12, 39, 40 }, { ARM_64_LPAE_S1, 1, 14, 47, 44 },
	{ ARM_64_LPAE_S1, 1, 14, 48, 48 }, { ARM_64_LPAE_S1, 1, 16, 52, 52 }, { ARM_64_LPAE_S1, 1, 16, 42, 48 },
	{ ARM_64_LPAE_S2, 2, 12, 40, 40 }, { ARM_64_LPAE_S2, 2, 12, 44, 44 }, { ARM_64_LPAE_S2, 2, 12, 48, 48 },
	{ ARM_64_LPAE_S2, 2, 14, 48, 48 }, { ARM_64_LPAE_S2, 2, 14, 44, 44 }, { ARM_64_LPAE_S2, 2, 16, 48, 48 },
	{ ARM_64_LPAE_S2, 2, 16, 52, 52 }, { ARM_64_LPAE_S1, 1, 12, 48, 48, .dirty = true },
	{ ARM_64_LPAE_S1, 1, 16, 48, 48, .dirty = true }, { ARM_32_LPAE_S1, 1, 12, 32, 40, .ns = true },
};

static void each_format(struct test_run *t, void (*test)(struct test_run *t, struct pair *pair))
{
	for (u32 i = 0; i < ARRAY_SIZE(formats) && !t->failures; i++) {
		struct pair pair;

		if (create(t, &pair, &formats[i]))
			test(t, &pair);
		destroy(&pair);
	}
}

static void run_program(struct test_run *t, struct pair *pair)
{
	for (u32 i = 0; i < OPERATIONS && !t->failures; i++)
		one(t, pair);
	for (u32 page = 0; page < pair->pages && !t->failures; page++)
		compare(t, pair, page);
}

static void random_programs_have_the_same_result(struct test_run *t)
{
	each_format(t, run_program);
}

static void try_attributes(struct test_run *t, struct pair *pair)
{
	for (int prot = 0; prot < 64; prot++) {
		u64 iova = iova_of(pair, prot);

		map_both(t, pair, iova, pair->page * prot, pair->page, 1, prot);
		EXPECT(t, same_leaf(pair, iova));
	}
}

static void attributes_are_the_same(struct test_run *t)
{
	each_format(t, try_attributes);
}

static void try_errors(struct test_run *t, struct pair *pair)
{
	const struct format *format = pair->format;
	u64 iova = pair->base, beyond = BIT_ULL(format->ias);

	map_both(t, pair, iova, 0, pair->page / 2, 1, IOMMU_READ);
	map_both(t, pair, iova, 0, pair->page, 1, IOMMU_CACHE);
	map_both(t, pair, beyond, 0, pair->page, 1, IOMMU_READ);
	map_both(t, pair, iova, BIT_ULL(format->oas), pair->page, 1, IOMMU_READ);
	unmap_both(t, pair, iova, pair->page, 1);
	unmap_both(t, pair, iova, pair->page / 2, 1);
	unmap_both(t, pair, iova, pair->page, 0);
	unmap_both(t, pair, beyond, pair->page, 1);
	map_both(t, pair, iova, 0, pair->page, 1, IOMMU_READ);
	map_both(t, pair, iova, 0, pair->page, 1, IOMMU_READ);
	map_both(t, pair, iova + pair->block, 0, pair->block, 1, IOMMU_READ);
	map_both(t, pair, iova + pair->block, 0, pair->page, 1, IOMMU_READ);
	map_both(t, pair, iova + pair->block, 0, pair->block, 1, IOMMU_READ);
}

static void errors_are_the_same(struct test_run *t)
{
	each_format(t, try_errors);
}

/* ---- instructions ---- */

#define WARM_UP		4
#define ROUNDS		16

struct cost {
	u32 map, unmap;
};

/* Interrupts are off: their instructions are not these. */
static struct cost measure(struct test_run *t, struct pair *pair, u64 size, u64 count, bool ours)
{
	struct cost cost = { };
	unsigned long flags;

	for (int i = 0; i < WARM_UP + ROUNDS; i++) {
		u32 start, mapped, unmapped, looking;
		struct io_pgtable_ops *ops = pair->intree;
		size_t intree = 0;
		u64 bytes = 0;

		local_irq_save(flags);
		looking = uml_instructions();
		start = uml_instructions();
		looking = start - looking;
		if (ours)
			pgtable_ours_map(pair->ours, pair->base, 0, size, count, IOMMU_READ, &bytes);
		else
			ops->map_pages(ops, pair->base, 0, size, count, IOMMU_READ, GFP_ATOMIC, &intree);
		mapped = uml_instructions();
		if (ours)
			bytes -= pgtable_ours_unmap(pair->ours, pair->base, size, count);
		else
			intree -= ops->unmap_pages(ops, pair->base, size, count, NULL);
		unmapped = uml_instructions();
		local_irq_restore(flags);
		EXPECT(t, !bytes && !intree);
		if (i < WARM_UP)
			continue;
		cost.map += mapped - start - looking;
		cost.unmap += unmapped - mapped - looking;
	}
	cost.map /= ROUNDS;
	cost.unmap /= ROUNDS;
	return cost;
}

static void compare_cost(struct test_run *t, struct pair *pair, u64 size, u64 count)
{
	struct cost intree = measure(t, pair, size, count, false), ours = measure(t, pair, size, count, true);

	pr_info("    # %llu x %lluK: map %u, io-pgtable %u; unmap %u, io-pgtable %u instructions\n", count,
		size / SZ_1K, ours.map, intree.map, ours.unmap, intree.unmap);
	/* Half of it is what the targets of whole operations need. */
	EXPECT(t, ours.map * 2 <= intree.map);
	EXPECT(t, ours.unmap * 2 <= intree.unmap);
}

static void costs_half_of_io_pgtable(struct test_run *t)
{
	struct pair pair;
	u32 plain = 0;

	/* UML counts none. */
	if (!IS_ENABLED(CONFIG_ARM64))
		return;
	uml_count_instructions(&plain);
	if (create(t, &pair, &formats[0])) {
		/* A neighbour keeps the tables. */
		map_both(t, &pair, pair.base + 2 * pair.block - pair.page, 0, pair.page, 1, IOMMU_READ);
		compare_cost(t, &pair, SZ_4K, 1);
		compare_cost(t, &pair, SZ_4K, 64);
	}
	destroy(&pair);
}

TEST_SUITE(pgtable_differential, TEST_CASE(random_programs_have_the_same_result), TEST_CASE(attributes_are_the_same),
	   TEST_CASE(errors_are_the_same), TEST_CASE(costs_half_of_io_pgtable));
