// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "kunit/linux/common/fail_dma.h"
#include "kunit/linux/common/compat_domains.h"

#define PAGE		0x12340000UL

/* Two blocks, and pages of four tables: before them, theirs, and behind them. */
#define BLOCK		0x12400000UL
#define RANGE		(BLOCK - SZ_64K)
#define RANGE_BYTES	(2 * SZ_2M + 2 * SZ_64K)

/* Never accessed.  No multiple of a block's size, so that RANGE is made of pages. */
#define MEMORY		0x40001000UL

static const struct fail_view *view;
static struct iommu_domain *domain, *other;

static struct iommu_group *group(void)
{
	return view->client->iommu_group;
}

static void keeps_identity(struct test_run *t)
{
	EXPECT(t, view->reaches(PAGE, PAGE));
	EXPECT(t, view->others_work());
}

static int map(struct iommu_domain *into, u64 iova, u64 pa, size_t size)
{
	return iommu_map(into, iova, pa, size, IOMMU_READ, GFP_KERNEL);
}

/* ---- making a domain ---- */

static int alloc_domain(struct test_run *t)
{
	domain = iommu_paging_domain_alloc(view->client);
	return PTR_ERR_OR_ZERO(domain);
}

static void free_domain(struct test_run *t)
{
	iommu_domain_free(domain);
	keeps_identity(t);
}

static const struct fail_op allocating = {
	.name	= "allocating a domain",
	.run	= alloc_domain,
	.failed	= keeps_identity,
	.worked	= keeps_identity,
	.undo	= free_domain,
};

/* ---- attaching ---- */

static struct iommu_domain *alloc_vague_domain(struct test_run *t)
{
	struct iommu_domain *made = test_domain_alloc(view->client);

	EXPECT(t, made);
	return made;
}

static void make_vague_domain(struct test_run *t)
{
	domain = alloc_vague_domain(t);
}

static int attach(struct test_run *t)
{
	return iommu_attach_group(domain, group());
}

static void nothing_is_mapped(struct test_run *t)
{
	EXPECT(t, view->stops(PAGE));
	EXPECT(t, view->others_work());
}

static void detach(struct test_run *t)
{
	iommu_detach_group(domain, group());
	free_domain(t);
}

static const struct fail_op attaching = {
	.name		= "attaching",
	.prepare	= make_vague_domain,
	.run		= attach,
	.failed		= keeps_identity,
	.worked		= nothing_is_mapped,
	.undo		= detach,
};

static u32 least_allocs_of_attach(void)
{
	return TEST_ATTACHING_ALLOCATES_TABLES ? 3 : view->attach_allocs;
}

void fail_attaching(struct test_run *t, const struct fail_view *as)
{
	view = as;
	EXPECT(t, fail_each(t, &allocating, view->iommu) >= 3);
	EXPECT(t, fail_each(t, &attaching, view->iommu) >= least_allocs_of_attach());
}

/* ---- replacing ---- */

static void attach_mapped_domain(struct test_run *t)
{
	EXPECT_EQ(t, alloc_domain(t), 0);
	EXPECT_EQ(t, attach(t), 0);
	EXPECT_EQ(t, map(domain, PAGE, MEMORY, SZ_4K), 0);
	other = alloc_vague_domain(t);
}

static int replace(struct test_run *t)
{
	return test_replace_domain(group(), other);
}

static void has_the_first(struct test_run *t)
{
	EXPECT(t, view->reaches(PAGE, MEMORY));
	EXPECT_EQ(t, iommu_unmap(domain, PAGE, SZ_4K), SZ_4K);
	nothing_is_mapped(t);
	EXPECT_EQ(t, map(domain, PAGE, MEMORY, SZ_4K), 0);
}

static void has_the_other(struct test_run *t)
{
	nothing_is_mapped(t);
	EXPECT_EQ(t, map(other, PAGE, MEMORY + SZ_4K, SZ_4K), 0);
	EXPECT(t, view->reaches(PAGE, MEMORY + SZ_4K));
}

static void detach_other(struct test_run *t)
{
	test_detach_replaced(group(), other);
	iommu_domain_free(other);
	free_domain(t);
}

static const struct fail_op replacing = {
	.name		= "replacing a domain",
	.prepare	= attach_mapped_domain,
	.run		= replace,
	.failed		= has_the_first,
	.worked		= has_the_other,
	.undo		= detach_other,
};

void fail_replacing(struct test_run *t, const struct fail_view *as)
{
	view = as;
	EXPECT(t, fail_each(t, &replacing, view->iommu) >= least_allocs_of_attach());
}

/* ---- mapping ---- */

static void attach_a_domain(struct test_run *t)
{
	EXPECT_EQ(t, alloc_domain(t), 0);
	EXPECT_EQ(t, attach(t), 0);
}

static int map_page(struct test_run *t)
{
	return map(domain, PAGE, MEMORY, SZ_4K);
}

static void page_is_mapped(struct test_run *t)
{
	EXPECT(t, view->reaches(PAGE, MEMORY));
	EXPECT(t, view->stops(PAGE + SZ_4K));
}

static void page_is_not_mapped(struct test_run *t)
{
	EXPECT_EQ(t, iommu_iova_to_phys(domain, PAGE), 0);
	nothing_is_mapped(t);
}

static void unmap_page(struct test_run *t)
{
	EXPECT_EQ(t, iommu_unmap(domain, PAGE, SZ_4K), SZ_4K);
	page_is_not_mapped(t);
	detach(t);
}

static const struct fail_op mapping_a_page = {
	.name		= "mapping a page",
	.prepare	= attach_a_domain,
	.run		= map_page,
	.failed		= page_is_not_mapped,
	.worked		= page_is_mapped,
	.undo		= unmap_page,
};

static int map_range(struct test_run *t)
{
	return map(domain, RANGE, MEMORY, RANGE_BYTES);
}

static void range_is_mapped(struct test_run *t)
{
	for (u64 at = 0; at < RANGE_BYTES; at += SZ_16K)
		EXPECT(t, view->reaches(RANGE + at, MEMORY + at));
	EXPECT(t, view->stops(RANGE - 1));
	EXPECT(t, view->stops(RANGE + RANGE_BYTES));
}

static void range_is_not_mapped(struct test_run *t)
{
	for (u64 at = 0; at < RANGE_BYTES; at += SZ_16K) {
		EXPECT_EQ(t, iommu_iova_to_phys(domain, RANGE + at), 0);
		EXPECT(t, view->stops(RANGE + at));
	}
}

static void unmap_range(struct test_run *t)
{
	EXPECT_EQ(t, iommu_unmap(domain, RANGE, RANGE_BYTES), RANGE_BYTES);
	range_is_not_mapped(t);
	detach(t);
}

static const struct fail_op mapping_a_range = {
	.name		= "mapping a range",
	.prepare	= attach_a_domain,
	.run		= map_range,
	.failed		= range_is_not_mapped,
	.worked		= range_is_mapped,
	.undo		= unmap_range,
};

void fail_mapping(struct test_run *t, const struct fail_view *as)
{
	view = as;
	EXPECT(t, fail_each(t, &mapping_a_page, view->iommu) >= 2);
	EXPECT(t, fail_each(t, &mapping_a_range, view->iommu) >= 5);
}

/* ---- unmapping a part of a block ---- */

static void block_is_mapped(struct test_run *t)
{
	EXPECT(t, view->reaches(BLOCK, SZ_2M));
	EXPECT(t, view->reaches(BLOCK + SZ_1M, SZ_2M + SZ_1M));
	EXPECT(t, view->reaches(BLOCK + SZ_2M - 1, SZ_2M + SZ_2M - 1));
}

static void map_block(struct test_run *t)
{
	attach_a_domain(t);
	EXPECT_EQ(t, map(domain, BLOCK, SZ_2M, SZ_2M), 0);
	block_is_mapped(t);
}

static int unmap_in_the_middle(struct test_run *t)
{
	return iommu_unmap(domain, BLOCK + SZ_1M, SZ_4K) == SZ_4K ? 0 : -ENOMEM;
}

static void block_has_a_hole(struct test_run *t)
{
	EXPECT(t, view->stops(BLOCK + SZ_1M));
	EXPECT(t, view->reaches(BLOCK + SZ_1M - 1, SZ_2M + SZ_1M - 1));
	EXPECT(t, view->reaches(BLOCK + SZ_1M + SZ_4K, SZ_2M + SZ_1M + SZ_4K));
}

static const struct fail_op splitting = {
	.name		= "unmapping a part of a block",
	.prepare	= map_block,
	.run		= unmap_in_the_middle,
	.failed		= block_is_mapped,
	.worked		= block_has_a_hole,
	.undo		= detach,
};

void fail_unmapping(struct test_run *t, const struct fail_view *as)
{
	view = as;
	EXPECT_EQ(t, fail_each(t, &splitting, view->iommu), 1);
}
