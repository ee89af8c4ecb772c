// SPDX-License-Identifier: GPL-2.0-only
/* Fault handlers (iommu_set_fault_handler()) while the SMMU's power goes and comes. */
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/pm_runtime.h>
#include <linux/suspend.h>

#include "kunit/linux/common/handler.h"
#include "kunit/linux/smmu/bench.h"

#define FAULT	"F_TRANSLATION"

static bool start_attached(struct test_run *t, struct bench *bench)
{
	*bench = (struct bench){ .t = t };
	return bench_start_in_domain(t) && bench_attach(bench, BOARD_CLIENT_A);
}

static bool start(struct test_run *t, struct bench *bench)
{
	if (!start_attached(t, bench))
		return false;
	handler_set(bench->domain);
	return true;
}

static void stop(struct bench *bench)
{
	bench_detach(bench);
	EXPECT_EQ(bench->t, test_log_count("WARNING"), 0);
	bench_stop(bench->t);
}

static void fault(struct test_run *t, u64 iova)
{
	u64 pa;

	EXPECT(t, !smmu_model_translate(BOARD_SID_A, iova, &pa));
}

/* The SMMU's suspend finds the fault. */
static void handler_may_resume_a_device_whose_smmu_goes_down(struct test_run *t)
{
	struct bench bench;

	if (!start(t, &bench))
		return bench_stop(t);
	complete(&handler.go);
	smmu_model_on_irq(NULL);	/* a wire that is late */
	fault(t, IOVA);
	EXPECT_EQ(t, handler.started, 0);
	bench_put_clients();
	EXPECT(t, wait_for(handler_has_ended));
	EXPECT_EQ(t, handler.resumed, 0);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, test_log_count(FAULT), 0);
	bench_resume_clients(t);
	stop(&bench);
}

static void power_goes_while_a_handler_runs(struct test_run *t)
{
	struct bench bench;

	if (!start(t, &bench))
		return bench_stop(t);
	fault(t, IOVA);
	EXPECT(t, wait_for(handler_has_started));
	bench_suspend_clients(t);
	complete(&handler.go);
	EXPECT(t, wait_for(handler_has_ended));
	EXPECT_EQ(t, handler.resumed, 0);
	EXPECT(t, wait_for(bench_is_off));
	bench_resume_clients(t);
	stop(&bench);
}

static void fault_that_is_not_taken_is_logged(struct test_run *t)
{
	struct bench bench;

	if (!start(t, &bench))
		return bench_stop(t);
	handler.answer = -ENOSYS;
	fault(t, IOVA);
	EXPECT(t, wait_for(handler_has_started));
	EXPECT_EQ(t, test_log_count(FAULT), 0);
	complete(&handler.go);
	EXPECT(t, wait_for_log(FAULT " client: smmuv3-board:client-a", 1));
	stop(&bench);
}

/* Freeing the domain waits for the handler that runs; the faults that wait for it are logged before. */
static void no_handler_runs_for_a_domain_that_is_gone(struct test_run *t)
{
	struct bench bench;

	if (!start(t, &bench))
		return bench_stop(t);
	fault(t, IOVA);
	EXPECT(t, wait_for(handler_has_started));
	fault(t, IOVA + SZ_4K);
	fault(t, IOVA + 2 * SZ_4K);
	msleep(100);
	EXPECT_EQ(t, test_log_count(FAULT), 0);
	handler_go_on_after(FAULT, 2);
	bench_detach(&bench);
	EXPECT_EQ(t, handler.started, 1);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, test_log_count(FAULT), 2);
	handler_flush();
	bench_stop(t);
}

/* As for an owner that frees what its handler uses after the detach, and the domain later. */
static void no_handler_runs_for_a_device_that_is_detached(struct test_run *t)
{
	struct bench bench;

	if (!start(t, &bench))
		return bench_stop(t);
	fault(t, IOVA);
	EXPECT(t, wait_for(handler_has_started));
	fault(t, IOVA + SZ_4K);
	fault(t, IOVA + 2 * SZ_4K);
	msleep(100);
	handler_go_on_after(FAULT, 2);
	iommu_detach_device(bench.domain, bench.client);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, test_log_count(FAULT), 2);
	complete_all(&handler.go);
	msleep(100);
	EXPECT_EQ(t, handler.started, 1);
	EXPECT_EQ(t, handler.ended, 1);
	handler_flush();
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	stop(&bench);
}

static int handle_by_detaching(struct iommu_domain *domain, struct device *dev, unsigned long iova,
			       int flags, void *token)
{
	handler.started++;
	iommu_detach_device(domain, dev);
	handler.ended++;
	return 0;
}

static void handler_may_detach_its_device(struct test_run *t)
{
	struct bench bench;

	if (!start_attached(t, &bench))
		return bench_stop(t);
	handler_set_to(bench.domain, handle_by_detaching);
	fault(t, IOVA);
	EXPECT(t, wait_for(handler_has_ended));
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	stop(&bench);
}

/* The domain is freed meanwhile: its page table, too, stays until the handler has ended. */
static void handler_may_use_its_domain_to_the_end(struct test_run *t)
{
	struct bench bench;

	if (!start_attached(t, &bench))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	handler_set_detaching(bench.domain, IOVA);
	fault(t, IOVA + SZ_4K);
	EXPECT(t, wait_for(handler_has_started));
	iommu_domain_free(bench.domain);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, handler.found, page_to_phys(bench.page));
	__free_page(bench.page);
	bench_stop(t);
}

/* As while the system is about to sleep. */
static void no_handler_runs_while_tasks_are_frozen(struct test_run *t)
{
	struct bench bench;
	unsigned int flags;

	if (!start(t, &bench))
		return bench_stop(t);
	complete(&handler.go);
	flags = lock_system_sleep();
	EXPECT_EQ(t, freeze_kernel_threads(), 0);
	fault(t, IOVA);
	msleep(200);
	EXPECT_EQ(t, handler.started, 0);
	thaw_kernel_threads();
	unlock_system_sleep(flags);
	EXPECT(t, wait_for(handler_has_ended));
	stop(&bench);
}

static bool all_have_ended(void)
{
	return handler.ended == handler.started && handler.started > 30;
}

/* One is being handled, 32 wait, the others are logged. */
static void flood_of_faults_is_not_kept(struct test_run *t)
{
	struct bench bench;

	if (!start(t, &bench))
		return bench_stop(t);
	fault(t, IOVA);
	EXPECT(t, wait_for(handler_has_started));
	for (u32 i = 0; i < 40; i++)
		fault(t, IOVA + i * SZ_4K);
	EXPECT(t, wait_for_log(FAULT, 8));
	complete_all(&handler.go);
	EXPECT(t, wait_for(all_have_ended));
	msleep(100);
	EXPECT_EQ(t, handler.ended, 33);
	EXPECT_EQ(t, test_log_count(FAULT), 8);
	stop(&bench);
}

TEST_SUITE(driver_handlers, TEST_CASE(handler_may_resume_a_device_whose_smmu_goes_down),
	   TEST_CASE(power_goes_while_a_handler_runs),
	   TEST_CASE(fault_that_is_not_taken_is_logged),
	   TEST_CASE(no_handler_runs_for_a_domain_that_is_gone),
	   TEST_CASE(no_handler_runs_for_a_device_that_is_detached),
	   TEST_CASE(handler_may_detach_its_device),
	   TEST_CASE(handler_may_use_its_domain_to_the_end),
	   TEST_CASE(no_handler_runs_while_tasks_are_frozen),
	   TEST_CASE(flood_of_faults_is_not_kept));
