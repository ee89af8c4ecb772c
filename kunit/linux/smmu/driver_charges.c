// SPDX-License-Identifier: GPL-2.0-only
/* Which page tables are charged to a memory cgroup, as the page allocator's tracepoint shows it. */
#include <linux/mm.h>
#include <trace/events/kmem.h>

#include "kunit/linux/smmu/bench.h"

static struct task_struct *mapper;
static gfp_t flags_of_all, flags_of_any;
static u32 pages_seen;

static void note_pages(void *unused, struct page *page, unsigned int order, gfp_t flags,
		       int migratetype)
{
	if (current != mapper || !(flags & __GFP_ZERO) || !(flags & __GFP_COMP))
		return;
	flags_of_all &= flags;
	flags_of_any |= flags;
	pages_seen++;
}

/* Map a page in tables of its own, and note what the page allocator is called with. */
static void map_traced(struct bench *bench, unsigned long iova, gfp_t gfp)
{
	phys_addr_t pa = page_to_phys(bench->page);

	flags_of_all = ~(gfp_t)0;
	flags_of_any = 0;
	pages_seen = 0;
	mapper = current;
	EXPECT_EQ(bench->t, register_trace_mm_page_alloc(note_pages, NULL), 0);
	EXPECT_EQ(bench->t, iommu_map(bench->domain, iova, pa, SZ_4K, IOMMU_READ, gfp), 0);
	unregister_trace_mm_page_alloc(note_pages, NULL);
	tracepoint_synchronize_unregister();
	EXPECT_EQ(bench->t, iommu_unmap(bench->domain, iova, SZ_4K), SZ_4K);
}

static void tables_are_charged_as_the_map_says(struct test_run *t)
{
	struct bench bench;

	bench = (struct bench){ .t = t };
	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	map_traced(&bench, IOVA, GFP_KERNEL_ACCOUNT);
	EXPECT(t, pages_seen >= 2);
	EXPECT(t, flags_of_all & __GFP_ACCOUNT);
	map_traced(&bench, IOVA + SZ_1G, GFP_ATOMIC | __GFP_ACCOUNT);
	EXPECT(t, pages_seen >= 2);
	EXPECT(t, flags_of_all & __GFP_ACCOUNT);
	EXPECT(t, !(flags_of_any & __GFP_DIRECT_RECLAIM));
	map_traced(&bench, IOVA + 2UL * SZ_1G, GFP_KERNEL);
	EXPECT(t, pages_seen >= 2);
	EXPECT(t, !(flags_of_any & __GFP_ACCOUNT));
	bench_detach(&bench);
	bench_stop(t);
}

TEST_SUITE(driver_charges, TEST_CASE(tables_are_charged_as_the_map_says));
