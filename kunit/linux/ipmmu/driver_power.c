// SPDX-License-Identifier: GPL-2.0-only
/* The IPMMU driver over power domains: runtime PM and system sleep. */
#include <linux/delay.h>
#include <linux/pm.h>
#include <linux/pm_runtime.h>
#include <linux/suspend.h>

#include "kunit/linux/ipmmu/bench.h"

static int told;
static u32 noirq_calls;	/* that clients got until power was back */

static int count_fault(struct iommu_domain *domain, struct device *dev, unsigned long iova,
		       int flags, void *token)
{
	told++;
	return 0;
}

static bool is_told(void)
{
	return told;
}

static void power_follows_the_clients(struct test_run *t)
{
	struct ipmmu_space space = { };
	u64 writes;

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	ipmmu_clients_sleep();
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, !ipmmu_model_powered(n));

	writes = ipmmu_model_writes();
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA + SZ_4K, SZ_4K), 0);
	EXPECT_EQ(t, ipmmu_model_writes(), writes);

	ipmmu_clients_wake(t);
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, ipmmu_model_powered(n));
	/* Each client woke in its probe, was probed, slept and woke, and had power in all of it. */
	EXPECT_EQ(t, ipmmu_board_calls().all, 4 * IPMMU_CLIENTS);
	EXPECT_EQ(t, ipmmu_board_calls().without_power, 0);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA + SZ_4K, &space));
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void a_root_is_on_while_a_leaf_is(struct test_run *t)
{
	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	pm_runtime_put_sync(board_client(IPMMU_C));
	EXPECT(t, wait_for(ipmmu_leaf2_is_off));
	msleep(200);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF1) && ipmmu_model_powered(IPMMU_ROOT));
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
	ipmmu_stop(t);
}

static void a_driver_without_runtime_pm_keeps_power_on(struct test_run *t)
{
	struct device *client;

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	client = board_client(IPMMU_C);
	pm_runtime_put_sync(client);
	pm_runtime_disable(client);
	msleep(300);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF2));
	pm_runtime_enable(client);
	EXPECT_EQ(t, pm_runtime_resume_and_get(client), 0);

	/* Without a driver it does no DMA. */
	device_release_driver(client);
	EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_unit(IPMMU_LEAF2)), 0);
	pm_runtime_put(ipmmu_board_unit(IPMMU_LEAF2));
	EXPECT(t, wait_for(ipmmu_leaf2_is_off));
	EXPECT_EQ(t, board_bind(IPMMU_C), 1);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF2));
	ipmmu_stop(t);
}

static void a_leaf_may_go_while_all_sleep(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_C))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	ipmmu_clients_sleep();
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
	device_release_driver(ipmmu_board_unit(IPMMU_LEAF1));
	EXPECT(t, !ipmmu_board_unit(IPMMU_LEAF1)->driver);
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF2, UTLB_C, IOVA, &space));
	EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF1)), 1);
	EXPECT_EQ(t, board_bind(IPMMU_A), 1);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF1));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void a_domain_is_attached_while_all_sleep(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	ipmmu_clients_sleep();
	if (ipmmu_attach(t, &space, IPMMU_B)) {
		EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
		EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
		ipmmu_clients_wake(t);
		EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_B, IOVA, &space));
		ipmmu_detach(&space);
	}
	ipmmu_stop(t);
}

static void pending_faults_are_read_before_power_goes(struct test_run *t)
{
	struct ipmmu_space space = { };

	told = 0;
	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	iommu_set_fault_handler(space.domain, count_fault, NULL);
	ipmmu_model_on_irq(NULL);	/* a wire that is late */
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT_EQ(t, told, 0);
	ipmmu_clients_sleep();
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
	/* A worker calls the handler. */
	EXPECT(t, wait_for(is_told));
	EXPECT_EQ(t, told, 1);
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
	ipmmu_clients_wake(t);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* Looks while power is back and the clients have not been resumed to the end. */
static void sleep_and_wake(struct test_run *t, struct ipmmu_space *space)
{
	unsigned int flags = lock_system_sleep();

	EXPECT_EQ(t, dpm_suspend_start(PMSG_SUSPEND), 0);
	EXPECT_EQ(t, dpm_suspend_end(PMSG_SUSPEND), 0);
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, !ipmmu_model_powered(n));
	dpm_resume_start(PMSG_RESUME);
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, ipmmu_model_powered(n));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, space));
	noirq_calls = ipmmu_board_calls().all;
	dpm_resume_end(PMSG_RESUME);
	unlock_system_sleep(flags);
}

static void the_system_sleeps_and_wakes(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	for (int round = 0; round < 3; round++) {
		sleep_and_wake(t, &space);
		EXPECT_EQ(t, noirq_calls, (2 * round + 4) * IPMMU_CLIENTS);
	}
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* Power comes back with the system, before runtime PM asks for it, and a micro-TLB that is off translates nothing. */
static void the_system_sleeps_while_all_sleep(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	ipmmu_clients_sleep();
	sleep_and_wake(t, &space);
	EXPECT(t, wait_for(ipmmu_root_is_off));
	ipmmu_clients_wake(t);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* Power management that saves nothing is left out: of R-Car the root, and most leaves. */
static void where_power_stays_runtime_pm_is_off(struct test_run *t)
{
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	domains_keep_on(IPMMU_ROOT);
	domains_keep_on(IPMMU_LEAF1);
	EXPECT_EQ(t, tree_populate(), 0);
	EXPECT(t, !pm_runtime_enabled(ipmmu_board_unit(IPMMU_ROOT)));
	EXPECT(t, !pm_runtime_enabled(ipmmu_board_unit(IPMMU_LEAF1)));
	EXPECT(t, pm_runtime_enabled(ipmmu_board_unit(IPMMU_LEAF2)));
	pm_runtime_put_sync(board_client(IPMMU_C));
	EXPECT(t, wait_for(ipmmu_leaf2_is_off));
	EXPECT(t, ipmmu_model_powered(IPMMU_ROOT));
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
	ipmmu_stop(t);
}

static void system_sleep(struct test_run *t, bool broken)
{
	unsigned int flags = lock_system_sleep();

	EXPECT_EQ(t, dpm_suspend_start(PMSG_SUSPEND), 0);
	EXPECT_EQ(t, dpm_suspend_end(PMSG_SUSPEND), 0);
	ipmmu_model_hold_flush(broken);
	dpm_resume_start(PMSG_RESUME);
	ipmmu_model_hold_flush(false);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, IOVA));
	dpm_resume_end(PMSG_RESUME);
	unlock_system_sleep(flags);
}

/* All devices of the root stay blocked, also when power has gone once more. */
static void a_resume_that_fails_isolates_the_root(struct test_run *t)
{
	struct ipmmu_space space = { }, other = { };

	EXPECT_EQ(t, parameter_set("ipmmu.resume_failure", "isolate"), 0);
	if (ipmmu_start(t) && ipmmu_attach(t, &space, IPMMU_A) && ipmmu_attach(t, &other, IPMMU_C)) {
		EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
		EXPECT_EQ(t, ipmmu_map(&other, IOVA, SZ_4K), 0);
		system_sleep(t, true);
		EXPECT_EQ(t, test_log_count("all DMA is blocked"), 1);
		for (u32 n = 0; n < IPMMU_UNITS; n++)
			EXPECT(t, ipmmu_model_powered(n));
		EXPECT_EQ(t, parameter_set("ipmmu.resume_failure", "panic"), 0);
		system_sleep(t, false);	/* an old failure is not fatal */
		EXPECT_EQ(t, test_log_count("all DMA is blocked"), 1);
		ipmmu_detach(&space);
		ipmmu_detach(&other);
	}
	ipmmu_stop(t);
}

static void a_failed_restore_keeps_clients_asleep(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	ipmmu_clients_sleep();
	ipmmu_model_hold_flush(true);
	EXPECT(t, pm_runtime_resume_and_get(board_client(IPMMU_A)) < 0);
	EXPECT(t, test_log_count("all DMA is blocked") > 0);
	ipmmu_model_hold_flush(false);
	EXPECT(t, pm_runtime_resume_and_get(board_client(IPMMU_A)) < 0);
	/* What the clients' driver gives back. */
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		pm_runtime_get_noresume(board_client(n));
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_power, TEST_CASE(power_follows_the_clients),
	   TEST_CASE(a_root_is_on_while_a_leaf_is),
	   TEST_CASE(a_driver_without_runtime_pm_keeps_power_on),
	   TEST_CASE(a_leaf_may_go_while_all_sleep), TEST_CASE(a_domain_is_attached_while_all_sleep),
	   TEST_CASE(pending_faults_are_read_before_power_goes), TEST_CASE(the_system_sleeps_and_wakes),
	   TEST_CASE(the_system_sleeps_while_all_sleep),
	   TEST_CASE(where_power_stays_runtime_pm_is_off),
	   TEST_CASE(a_resume_that_fails_isolates_the_root),
	   TEST_CASE(a_failed_restore_keeps_clients_asleep));
