// SPDX-License-Identifier: GPL-2.0-only
/* SVA as the IOMMU core and a process use it: client A has five bits of PASIDs. */
#include <linux/pm_runtime.h>

#include "kunit/linux/common/compat_domains.h"
#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/user_process.h"

#define PASID		3
#define C_BAD_CD	0x0a

/* ---- what iommu_sva_bind_device() does ---- */

static bool start(struct test_run *t, bool may_stall, bool power_domain)
{
	const u32 bits = 5, yes = 1;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       (!may_stall || EXPECT_EQ(t, tree_set("client-a", "dma-can-stall", &yes, 1), 0)) &&
	       (!power_domain || EXPECT_EQ(t, board_add_power_domain(), 0)) && bench_populate(t) &&
	       user_process_make(t);
}

static int attach(struct iommu_domain *domain)
{
	static struct iommu_attach_handle handle;

	return iommu_attach_device_pasid(domain, board_client(BOARD_CLIENT_A), PASID, &handle);
}

static void detach(struct iommu_domain *domain)
{
	iommu_detach_device_pasid(domain, board_client(BOARD_CLIENT_A), PASID);
}

static struct iommu_domain *bind(struct test_run *t)
{
	struct iommu_domain *domain = user_process_domain();

	if (!EXPECT(t, !IS_ERR(domain)))
		return NULL;
	EXPECT_EQ(t, attach(domain), 0);
	return domain;
}

static void stop(struct test_run *t)
{
	smmu_sva_flush();
	bench_stop(t);
	user_process_destroy();
}

static void free_domain(struct test_run *t, struct iommu_domain *domain)
{
	domain->ops->free(domain);
	if (EXPECT(t, user_process.put))
		user_process_end_notifier();
}

static void unbind(struct test_run *t, struct iommu_domain *domain)
{
	detach(domain);
	free_domain(t, domain);
	stop(t);
}

static bool reaches(void)
{
	u64 pa;

	return smmu_model_translate_pasid(BOARD_SID_A, PASID, USER_PROCESS_VA, &pa) &&
	       pa == page_to_phys(user_process.page);
}

static bool aborts(void)
{
	u64 pa;

	return !smmu_model_translate_pasid(BOARD_SID_A, PASID, USER_PROCESS_VA, &pa);
}

/* ---- cases ---- */

static void device_uses_the_page_table_of_a_process(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	user_process_unmap();
	EXPECT(t, aborts());
	user_process_map();
	EXPECT(t, reaches());
	unbind(t, domain);
}

static void process_exits_before_it_is_unbound(struct test_run *t)
{
	struct iommu_domain *domain;
	u32 i;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	user_process_exit();
	for (i = 0; i < 10; i++)
		EXPECT(t, aborts());
	EXPECT_EQ(t, smmu_model_events(F_TRANSLATION), 0);
	EXPECT_EQ(t, smmu_model_events(C_BAD_CD), 0);
	detach(domain);
	EXPECT_EQ(t, attach(domain), -EINVAL);
	EXPECT(t, aborts());
	free_domain(t, domain);
	stop(t);
}

/* What a process releases when it exits may need a mutex that the attach has. */
static void process_does_not_exit_in_an_attach(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, false))
		return stop(t);
	domain = user_process_domain();
	if (!EXPECT(t, !IS_ERR(domain)))
		return stop(t);
	user_process.exits = true;
	EXPECT_EQ(t, attach(domain), 0);
	EXPECT(t, !user_process.exited_in_attach && user_process.exits_later);
	user_process_exit();
	EXPECT(t, aborts());
	unbind(t, domain);
}

/* Readers of the list of notifiers may call it until a grace period has ended. */
static void notifier_is_called_after_the_domain_is_freed(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	detach(domain);
	domain->ops->free(domain);
	user_process_unmap();
	user_process_exit();
	user_process_end_notifier();
	stop(t);
}

static void obstacle_is_logged(struct test_run *t)
{
	if (!start(t, false, false))
		return stop(t);
	user_process.use.va_bits = 52;
	EXPECT_EQ(t, PTR_ERR_OR_ZERO(user_process_domain()), -EOPNOTSUPP);
	EXPECT_EQ(t, test_log_count("can't share page tables of processes: their input addresses"), 1);
	stop(t);
}

static void notifier_may_be_refused(struct test_run *t)
{
	if (!start(t, false, false))
		return stop(t);
	user_process.refusal = -EINTR;
	EXPECT_EQ(t, PTR_ERR_OR_ZERO(user_process_domain()), -EINTR);
	stop(t);
}

static void another_domain_takes_the_place_of_a_process(struct test_run *t)
{
	struct bench bench = { .t = t };
	struct iommu_domain *domain;
	u64 pa;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	bench.client = board_client(BOARD_CLIENT_A);
	bench.domain = iommu_paging_domain_alloc(bench.client);
	bench.page = user_process.page;
	if (!EXPECT(t, !IS_ERR(bench.domain)))
		return unbind(t, domain);
	EXPECT_EQ(t, bench.domain->ops->set_dev_pasid(bench.domain, bench.client, PASID, domain),
		  0);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate_pasid(BOARD_SID_A, PASID, IOVA, &pa));
	user_process_exit();
	EXPECT(t, smmu_model_translate_pasid(BOARD_SID_A, PASID, IOVA, &pa));
	EXPECT(t, aborts());
	detach(domain);
	iommu_domain_free(bench.domain);
	free_domain(t, domain);
	stop(t);
}

/* ---- page faults ---- */

static struct iopf_group *group;

static int keep(struct iopf_group *faults)
{
	/* ORDER: the test that sees the group sees its faults: has_come(). */
	smp_store_release(&group, faults);
	return 0;
}

static bool has_come(void)
{
	return smp_load_acquire(&group); /* of keep() */
}

/* The IOMMU core sets its handler after the allocation. */
static void pages_are_faulted_in(struct test_run *t)
{
	struct iommu_domain *domain;
	u16 stag;

	if (!start(t, true, false))
		return stop(t);
	group = NULL;
	*user_process_entry(USER_PROCESS_LEVELS - 1) = 0;
	domain = user_process_domain();
	if (!EXPECT(t, !IS_ERR(domain)))
		return stop(t);
	domain->iopf_handler = keep;
	EXPECT_EQ(t, attach(domain), 0);
	bench_await_reports();
	EXPECT(t, smmu_model_stall(BOARD_SID_A, PASID, USER_PROCESS_VA, &stag));
	EXPECT(t, wait_for(has_come));
	EXPECT_EQ(t, group->last_fault.fault.prm.addr, USER_PROCESS_VA);
	EXPECT_EQ(t, group->last_fault.fault.prm.pasid, PASID);
	user_process_map();
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(group);
	EXPECT_EQ(t, smmu_model_stalled(stag), SMMU_STALLED_TRIES_AGAIN);
	EXPECT(t, reaches());
	unbind(t, domain);
}

/* ---- power ---- */

static void process_does_not_wake_the_smmu(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, true))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	bench_suspend_clients(t);
	user_process_unmap();
	EXPECT(t, bench_is_off());
	bench_resume_clients(t);
	EXPECT(t, aborts());
	user_process_map();
	EXPECT(t, reaches());
	bench_suspend_clients(t);
	user_process_exit();
	EXPECT(t, bench_is_off());
	bench_resume_clients(t);
	EXPECT(t, aborts());
	unbind(t, domain);
}

TEST_SUITE(driver_sva, TEST_CASE(device_uses_the_page_table_of_a_process),
	   TEST_CASE(process_exits_before_it_is_unbound),
	   TEST_CASE(process_does_not_exit_in_an_attach),
	   TEST_CASE(notifier_is_called_after_the_domain_is_freed), TEST_CASE(obstacle_is_logged),
	   TEST_CASE(notifier_may_be_refused),
	   TEST_CASE(another_domain_takes_the_place_of_a_process),
	   TEST_CASE(pages_are_faulted_in), TEST_CASE(process_does_not_wake_the_smmu));
