// SPDX-License-Identifier: GPL-2.0-only
/* ATS with runtime PM and system sleep: who is awake meanwhile, and what sleep does to ATS. */
#include <linux/delay.h>
#include <linux/pm_runtime.h>
#include <linux/pm_wakeup.h>

#include "kunit/linux/smmu/ats_function.h"

static bool has_ats(void)
{
	return smmu_model_ats_enabled();
}

static bool sleeps(void)
{
	return pm_runtime_suspended(board_client(BOARD_CLIENT_A));
}

static void device_with_ats_stays_awake(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, true) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_put_clients();
	msleep(200);
	EXPECT(t, !sleeps());
	EXPECT(t, smmu_model_powered(0));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	bench_detach(&bench);
	EXPECT(t, wait_for(sleeps));
	EXPECT(t, wait_for(bench_is_off));
	bench_resume_clients(t);
	ats_stop(t);
}

static void suspended_device_is_resumed_for_ats(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, true))
		return ats_stop(t);
	bench_suspend_clients(t);
	if (!ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, wait_for(has_ats));
	EXPECT(t, ats_uses_the_page(&bench));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.enables, 1);
	EXPECT_EQ(t, ats_function.disables, 1);
	EXPECT(t, wait_for(bench_is_off));
	bench_resume_clients(t);
	ats_stop(t);
}

/* Without runtime PM no device link keeps the SMMU on. */
static void device_that_loses_runtime_pm_keeps_its_smmu_on(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, true) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, ats_uses_the_page(&bench));
	device_release_driver(bench.client);
	pm_runtime_put_sync(board_client(BOARD_CLIENT_B));
	msleep(200);
	EXPECT(t, smmu_model_powered(0));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	bench_detach(&bench);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, board_bind(BOARD_CLIENT_A), 1);
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_B)), 0);
	ats_stop(t);
}

static struct bench *sleeping;

static void while_asleep(struct test_run *t)
{
	EXPECT(t, bench_is_off());
	EXPECT(t, !smmu_model_ats_enabled());
	EXPECT_EQ(t, iommu_unmap(sleeping->domain, IOVA, SZ_4K), SZ_4K);
}

/* The clients are in D0, and their drivers have not been resumed. */
static void while_waking(struct test_run *t)
{
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, ats_is_refused());
	EXPECT_EQ(t, ats_function.enables, 1);
}

static void page_that_goes_in_system_sleep_is_forgotten(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, true) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, ats_uses_the_page(&bench));
	sleeping = &bench;
	EXPECT_EQ(t, bench_sleep(t, while_asleep, while_waking), 0);
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT_EQ(t, ats_function.disables, 1);
	EXPECT(t, ats_is_refused());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.disables, 2);
	ats_stop(t);
}

/* The device is in D3hot then, and can't answer. */
static void while_idle(struct test_run *t)
{
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, !smmu_model_ats_enabled());
	smmu_model_ignore_invalidations(true);
	EXPECT_EQ(t, iommu_unmap(sleeping->domain, IOVA, SZ_4K), SZ_4K);
	smmu_model_ignore_invalidations(false);
}

static void page_goes_in_suspend_to_idle_with_wakeup(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, false) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, ats_uses_the_page(&bench));
	sleeping = &bench;
	device_init_wakeup(bench.client, true);
	EXPECT_EQ(t, bench_sleep_to_idle(t, while_idle), 0);
	device_init_wakeup(bench.client, false);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	EXPECT(t, ats_is_refused());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	ats_stop(t);
}

static void attach_again(struct test_run *t)
{
	const u32 enables = ats_function.enables;

	iommu_detach_device(sleeping->domain, sleeping->client);
	EXPECT_EQ(t, iommu_attach_device(sleeping->domain, sleeping->client), 0);
	EXPECT_EQ(t, ats_function.enables, enables);
	EXPECT(t, !smmu_model_ats_enabled());
}

static void device_that_is_attached_in_system_sleep_gets_ats_when_it_ends(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, true) || !ats_attach(&bench))
		return ats_stop(t);
	sleeping = &bench;
	EXPECT_EQ(t, bench_sleep(t, attach_again, attach_again), 0);
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT_EQ(t, ats_function.disables, 1);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.disables, 2);
	ats_stop(t);
}

/* It would stay suspended in system sleep, and could not be told. */
static void idle_device_is_awake_before_system_sleep(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, true) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, ats_uses_the_page(&bench));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_A));
	sleeping = &bench;
	EXPECT_EQ(t, bench_sleep(t, while_asleep, while_waking), 0);
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	EXPECT(t, ats_is_refused());
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)), 0);
	bench_detach(&bench);
	ats_stop(t);
}

static void attach_in_resume(void)
{
	iommu_attach_device(sleeping->domain, sleeping->client);
	EXPECT(sleeping->t, !smmu_model_ats_enabled());
}

/* Attached once, suspended, and its driver attaches it in runtime_resume. */
static bool start_suspended(struct bench *bench, struct test_run *t)
{
	if (!ats_start(bench, t, true) || !ats_attach(bench))
		return false;
	iommu_detach_device(bench->domain, bench->client);
	pm_runtime_put_sync(bench->client);
	EXPECT(t, wait_for(sleeps));
	sleeping = bench;
	ats_function.wakes = attach_in_resume;
	return true;
}

/* To wait for the end of its resume would be to wait for itself. */
static void device_that_is_attached_in_its_resume_gets_ats_when_it_has_resumed(struct test_run *t)
{
	struct bench bench;

	if (!start_suspended(&bench, t))
		return ats_stop(t);
	EXPECT_EQ(t, pm_runtime_resume_and_get(bench.client), 0);
	ats_function.wakes = NULL;
	EXPECT(t, wait_for(has_ats));
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	ats_stop(t);
}

/* Its driver needs the mutex of the group, which an attach has. */
static void device_is_not_resumed_by_an_attach(struct test_run *t)
{
	struct bench bench;

	if (!start_suspended(&bench, t))
		return ats_stop(t);
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT(t, wait_for(has_ats));
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT(t, ats_uses_the_page(&bench));
	ats_function.wakes = NULL;
	EXPECT_EQ(t, pm_runtime_resume_and_get(bench.client), 0);
	bench_detach(&bench);
	ats_stop(t);
}

TEST_SUITE(driver_ats_power, TEST_CASE(device_with_ats_stays_awake),
	   TEST_CASE(suspended_device_is_resumed_for_ats),
	   TEST_CASE(device_that_loses_runtime_pm_keeps_its_smmu_on),
	   TEST_CASE(page_that_goes_in_system_sleep_is_forgotten),
	   TEST_CASE(page_goes_in_suspend_to_idle_with_wakeup),
	   TEST_CASE(device_that_is_attached_in_system_sleep_gets_ats_when_it_ends),
	   TEST_CASE(idle_device_is_awake_before_system_sleep),
	   TEST_CASE(device_that_is_attached_in_its_resume_gets_ats_when_it_has_resumed),
	   TEST_CASE(device_is_not_resumed_by_an_attach));
