// SPDX-License-Identifier: GPL-2.0-only
/* Suspend-to-idle, from which a device wakes the system by a message: a write through its SMMU. */
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/pm_wakeup.h>

#include "kunit/linux/common/wires.h"
#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/pair.h"

static int no_domain(void)
{
	return 0;
}

/* One client at work in a paging domain, IOVA leading to its page. */
static bool start(struct test_run *t, struct bench *bench, int (*add_domain)(void))
{
	*bench = (struct bench){ .t = t };
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, add_domain(), 0) &&
	       bench_populate(t) && bench_attach(bench, BOARD_CLIENT_A) &&
	       EXPECT_EQ(t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
}

static void stop(struct test_run *t, struct bench *bench)
{
	if (bench->domain)
		bench_detach(bench);
	bench_stop(t);
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
}

static u64 page_reached;

static bool translates(void)
{
	return smmu_model_powered(0) && bench_reaches(BOARD_SID_A, IOVA, page_reached);
}

static void is_on(struct test_run *t)
{
	EXPECT(t, translates());
}

static u64 writes_before;

/* It is not accessed, and the kernel keeps a fault's interrupt until it resumes. */
static void has_stayed_on(struct test_run *t)
{
	EXPECT_EQ(t, smmu_model_writes(), writes_before);
	EXPECT(t, translates());
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA + SZ_4K));
	EXPECT(t, wait_for(wires_delivered));
}

static void is_off(struct test_run *t)
{
	EXPECT(t, !smmu_model_powered(0) || bench_aborts(BOARD_SID_A, IOVA));
	EXPECT(t, !smmu_model_translating(0));
}

static void has_no_power(struct test_run *t)
{
	EXPECT(t, !smmu_model_powered(0));
}

/* @faults: how many have been recorded in this case so far. */
static void sleeps_on(struct test_run *t, struct bench *bench, u32 faults)
{
	page_reached = page_to_phys(bench->page);
	writes_before = smmu_model_writes();
	EXPECT_EQ(t, bench_sleep_to_idle(t, has_stayed_on), 0);
	EXPECT(t, translates());
	EXPECT(t, wait_for_log("F_TRANSLATION", faults));
}

static void wakes_from_every_sleep(struct test_run *t, struct bench *bench,
				   void (*deep)(struct test_run *t))
{
	sleeps_on(t, bench, 1);
	EXPECT_EQ(t, bench_sleep(t, deep, NULL), 0);
	EXPECT(t, translates());
	sleeps_on(t, bench, 2);
}

static void stays_on_for_a_client_that_may_wake(struct test_run *t)
{
	struct bench bench;

	if (start(t, &bench, no_domain)) {
		device_init_wakeup(bench.client, true);
		wakes_from_every_sleep(t, &bench, is_off);
	}
	stop(t, &bench);
}

static void domain_that_serves_wakeups_stays_on(struct test_run *t)
{
	struct bench bench;

	if (start(t, &bench, board_add_wakeup_domain)) {
		device_init_wakeup(bench.client, true);
		wakes_from_every_sleep(t, &bench, has_no_power);
	}
	stop(t, &bench);
}

/* The PM core takes its power although a client may wake: everything is saved. */
static void domain_that_does_not_goes_off(struct test_run *t)
{
	struct bench bench;

	if (start(t, &bench, board_add_power_domain)) {
		page_reached = page_to_phys(bench.page);
		device_init_wakeup(bench.client, true);
		EXPECT_EQ(t, bench_sleep_to_idle(t, has_no_power), 0);
		EXPECT(t, translates());
	}
	stop(t, &bench);
}

static void goes_off_when_no_client_may_wake(struct test_run *t)
{
	struct bench bench;

	if (start(t, &bench, no_domain)) {
		page_reached = page_to_phys(bench.page);
		EXPECT_EQ(t, bench_sleep_to_idle(t, is_off), 0);
		/* Capable of it, but user space has disabled it. */
		device_set_wakeup_capable(bench.client, true);
		EXPECT_EQ(t, bench_sleep_to_idle(t, is_off), 0);
		EXPECT(t, translates());
	}
	stop(t, &bench);
}

/* As a port's message wakes for the device below it. */
static void stays_on_for_a_device_below_a_client(struct test_run *t)
{
	struct bench bench;

	if (start(t, &bench, no_domain)) {
		const struct platform_device_info info = {
			.parent = bench.client,
			.name = "below",
			.id = PLATFORM_DEVID_NONE,
		};
		struct platform_device *below = platform_device_register_full(&info);

		if (EXPECT(t, !IS_ERR(below))) {
			device_init_wakeup(&below->dev, true);
			sleeps_on(t, &bench, 1);
			platform_device_unregister(below);
		}
	}
	stop(t, &bench);
}

static bool has_gone_off(void)
{
	return !smmu_model_powered(0);
}

/* The client has suspended at run time, armed, and its SMMU after it. */
static void comes_on_for_a_client_that_sleeps_already(struct test_run *t)
{
	struct bench bench;

	if (start(t, &bench, board_add_wakeup_domain)) {
		page_reached = page_to_phys(bench.page);
		device_init_wakeup(bench.client, true);
		bench_put_clients();
		EXPECT(t, wait_for(has_gone_off));
		EXPECT_EQ(t, bench_sleep_to_idle(t, is_on), 0);
		EXPECT(t, wait_for(has_gone_off));
		bench_resume_clients(t);
		EXPECT(t, translates());
	}
	stop(t, &bench);
}

static void second_is_off(struct test_run *t)
{
	EXPECT(t, smmu_model_translating(0));
	EXPECT(t, !smmu_model_translating(1));
}

static void other_smmus_go_off(struct test_run *t)
{
	struct pair pair;

	if (pair_start(&pair, t, false)) {
		device_init_wakeup(pair.benches[0].client, true);
		EXPECT_EQ(t, bench_sleep_to_idle(t, second_is_off), 0);
		EXPECT_EQ(t, pair_power(0).suspends, 0);
		EXPECT_EQ(t, pair_power(1).suspends, 1);
		for (u32 unit = 0; unit < SMMU_UNITS; unit++)
			pair_works(&pair, unit);
	}
	pair_stop(&pair);
}

TEST_SUITE(driver_wakeup, TEST_CASE(stays_on_for_a_client_that_may_wake),
	   TEST_CASE(domain_that_serves_wakeups_stays_on),
	   TEST_CASE(domain_that_does_not_goes_off), TEST_CASE(goes_off_when_no_client_may_wake),
	   TEST_CASE(stays_on_for_a_device_below_a_client),
	   TEST_CASE(comes_on_for_a_client_that_sleeps_already), TEST_CASE(other_smmus_go_off));
