// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/smmu/bench.h"

#include <linux/pm.h>
#include <linux/pm_runtime.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>

bool bench_populate(struct test_run *t)
{
	return EXPECT_EQ(t, tree_populate(), 0) && EXPECT(t, board_smmu()->driver) &&
	       EXPECT(t, board_client(BOARD_CLIENT_A));
}

bool bench_start(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && bench_populate(t);
}

bool bench_start_polled(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0() & ~IDR0_MSI, smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && bench_populate(t);
}

bool bench_start_in_domain(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, board_add_power_domain(), 0) &&
	       bench_populate(t);
}

bool bench_start_with_pasids(struct test_run *t)
{
	const u32 bits = 5;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       bench_populate(t);
}

void bench_stop(struct test_run *t)
{
	board_destroy();
	test_release_leaked_tables();
	EXPECT_EQ(t, test_log_count("OF: ERROR"), 0);
	if (!EXPECT_EQ(t, smmu_model_violations(), 0))
		pr_info("last violation: %s\n", smmu_model_last_violation());
}

bool bench_attach(struct bench *bench, enum board_client which)
{
	struct test_run *t = bench->t;

	bench->client = board_client(which);
	bench->domain = iommu_paging_domain_alloc(bench->client);
	if (!EXPECT(t, !IS_ERR(bench->domain)))
		return false;
	bench->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return EXPECT(t, bench->page) &&
	       EXPECT_EQ(t, iommu_attach_device(bench->domain, bench->client), 0);
}

void bench_detach(struct bench *bench)
{
	iommu_detach_device(bench->domain, bench->client);
	iommu_domain_free(bench->domain);
	__free_page(bench->page);
}

int bench_map(struct bench *bench, unsigned long iova, size_t size, int prot)
{
	return iommu_map(bench->domain, iova, page_to_phys(bench->page), size, prot, GFP_KERNEL);
}

static void call(struct test_run *t, void (*hook)(struct test_run *t))
{
	if (hook)
		hook(t);
}

int bench_sleep(struct test_run *t, void (*asleep)(struct test_run *t),
		void (*waking)(struct test_run *t))
{
	unsigned int flags = lock_system_sleep();
	int ret = dpm_suspend_start(PMSG_SUSPEND) ?: dpm_suspend_end(PMSG_SUSPEND);

	if (!ret) {
		call(t, asleep);
		dpm_resume_noirq(PMSG_RESUME);
		call(t, waking);
		dpm_resume_early(PMSG_RESUME);
	}
	dpm_resume_end(PMSG_RESUME);
	unlock_system_sleep(flags);
	return ret;
}

int bench_sleep_to_idle(struct test_run *t, void (*asleep)(struct test_run *t))
{
	int ret;

	pm_suspend_target_state = PM_SUSPEND_TO_IDLE;
	ret = bench_sleep(t, asleep, NULL);
	pm_suspend_target_state = PM_SUSPEND_ON;
	return ret;
}

bool bench_is_off(void)
{
	return !smmu_model_powered(0);
}

void bench_put_clients(void)
{
	pm_runtime_put_sync(board_client(BOARD_CLIENT_A));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_B));
}

bool bench_suspend_clients(struct test_run *t)
{
	bench_put_clients();
	return EXPECT(t, wait_for(bench_is_off));
}

void bench_resume_clients(struct test_run *t)
{
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)), 0);
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_B)), 0);
}

void bench_await_reports(void)
{
	__flush_workqueue(system_freezable_wq);
}

bool bench_reaches(u32 sid, u64 iova, u64 pa)
{
	u64 got;

	return smmu_model_translate(sid, iova, &got) && got == pa;
}

bool bench_aborts(u32 sid, u64 iova)
{
	u64 pa;

	return !smmu_model_translate(sid, iova, &pa);
}
