// SPDX-License-Identifier: GPL-2.0-only
/* Page tables as Linux has them: their memory, and the work item that looks for empty ones. */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/rcupdate.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "arm-smmu-v3/core_inspect.h"
#include "kunit/linux/smmu/bench.h"
#include "paging.h"

/* Enough for a search at once. */
#define REGIONS		200

static struct iommu_domain *the_domain;

static u64 tables(void)
{
	return smmu_core_domain_table_bytes(to_smmu_paging(the_domain)->head.core) / PAGE_SIZE;
}

static bool one_path_is_left(void)
{
	return tables() <= 4;
}

/* A page in each of as many tables. */
static void map_regions(struct bench *bench)
{
	for (unsigned long i = 0; i < REGIONS; i++)
		EXPECT_EQ(bench->t, bench_map(bench, IOVA + i * SZ_2M, SZ_4K, IOMMU_READ), 0);
}

static void unmap_regions(struct bench *bench)
{
	for (unsigned long i = 0; i < REGIONS; i++)
		EXPECT_EQ(bench->t, iommu_unmap(bench->domain, IOVA + i * SZ_2M, SZ_4K), SZ_4K);
}

static bool begin(struct bench *bench, struct test_run *t)
{
	*bench = (struct bench){ .t = t };
	if (!bench_start(t) || !bench_attach(bench, BOARD_CLIENT_A))
		return false;
	the_domain = bench->domain;
	return true;
}

static void empty_tables_are_freed_by_the_work_item(struct test_run *t)
{
	struct bench bench;

	if (!begin(&bench, t))
		return bench_stop(t);
	map_regions(&bench);
	EXPECT(t, tables() >= REGIONS);
	unmap_regions(&bench);
	for (u32 i = 0; i < 20 && !one_path_is_left(); i++)
		wait_for(one_path_is_left);
	EXPECT(t, one_path_is_left());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

/* Freed memory is poisoned: a work item that runs later does not go unnoticed. */
static void domain_goes_while_empty_tables_are_searched(struct test_run *t)
{
	struct bench bench;

	if (!begin(&bench, t))
		return bench_stop(t);
	map_regions(&bench);
	unmap_regions(&bench);
	bench_detach(&bench);
	rcu_barrier();
	EXPECT_EQ(t, test_log_count("BUG"), 0);
	bench_stop(t);
}

static void full_tables_go_with_the_domain(struct test_run *t)
{
	const u32 before = test_live_allocs();
	struct bench bench;
	u32 with_tables;

	if (!begin(&bench, t))
		return bench_stop(t);
	map_regions(&bench);
	with_tables = test_live_allocs();
	EXPECT(t, with_tables >= before + REGIONS);
	bench_detach(&bench);
	EXPECT(t, test_live_allocs() <= with_tables - REGIONS);
	EXPECT_EQ(t, test_leaked_table_bytes(), 0);
	bench_stop(t);
}

/* "nr_iommu_pages" of /proc/vmstat. */
static void tables_are_counted_as_iommu_pages(struct test_run *t)
{
	struct bench bench;
	long before;
	u64 own;

	if (!begin(&bench, t))
		return bench_stop(t);
	before = global_node_page_state(NR_IOMMU_PAGES);
	own = tables();
	map_regions(&bench);
	/* Each CPU holds some back. */
	EXPECT(t, global_node_page_state(NR_IOMMU_PAGES) - before > (long)(tables() - own) - 150);
	unmap_regions(&bench);
	bench_detach(&bench);
	bench_stop(t);
}

static void search_goes_on_while_the_smmu_is_suspended(struct test_run *t)
{
	struct bench bench;

	bench = (struct bench){ .t = t };
	if (!bench_start_in_domain(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	the_domain = bench.domain;
	map_regions(&bench);
	unmap_regions(&bench);
	bench_put_clients();
	EXPECT_EQ(t, pm_runtime_suspend(board_smmu()), 0);
	EXPECT(t, !smmu_model_powered(0));
	test_reclaim_tables();
	EXPECT(t, one_path_is_left());
	EXPECT(t, !smmu_model_powered(0));
	bench_resume_clients(t);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

/* As a driver with a spinlock held. */
static void atomic_map_allocates_without_sleeping(struct test_run *t)
{
	struct bench bench;
	int ret;

	if (!begin(&bench, t))
		return bench_stop(t);
	preempt_disable();
	ret = iommu_map(bench.domain, IOVA, page_to_phys(bench.page), SZ_4K, IOMMU_READ, GFP_ATOMIC);
	preempt_enable();
	EXPECT_EQ(t, ret, 0);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	preempt_disable();
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	preempt_enable();
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	bench_detach(&bench);
	bench_stop(t);
}

TEST_SUITE(driver_tables, TEST_CASE(empty_tables_are_freed_by_the_work_item),
	   TEST_CASE(domain_goes_while_empty_tables_are_searched),
	   TEST_CASE(full_tables_go_with_the_domain), TEST_CASE(tables_are_counted_as_iommu_pages),
	   TEST_CASE(search_goes_on_while_the_smmu_is_suspended),
	   TEST_CASE(atomic_map_allocates_without_sleeping));
