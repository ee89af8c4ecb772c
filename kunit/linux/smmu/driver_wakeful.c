// SPDX-License-Identifier: GPL-2.0-only
/* Clients that need their SMMU on although runtime PM does not know that they are active. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/of_device.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/common/compat.h"
#include "kunit/linux/smmu/bench.h"

/* Longer than the autosuspend delay. */
static bool stays_on(struct test_run *t)
{
	u64 pa = 0;

	msleep(200);
	return EXPECT(t, smmu_model_powered(0)) &&
	       EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa)) && EXPECT_EQ(t, pa, IOVA);
}

static void sleep_client(enum board_client which)
{
	pm_runtime_put_sync(board_client(which));
}

static void wake_client(struct test_run *t, enum board_client which)
{
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(which)), 0);
}

/* Client B sleeps, so that all depends on client A, whose driver has suspended it once. */
static bool start(struct test_run *t)
{
	if (!bench_start_in_domain(t))
		return false;
	sleep_client(BOARD_CLIENT_B);
	sleep_client(BOARD_CLIENT_A);
	if (!EXPECT(t, wait_for(bench_is_off)))
		return false;
	wake_client(t, BOARD_CLIENT_A);
	return true;
}

static void stop(struct test_run *t)
{
	EXPECT_EQ(t, board_dma_without_smmu(), 0);
	EXPECT_EQ(t, test_log_count("underflow"), 0);
	EXPECT_EQ(t, test_log_count("WARNING"), test_log_late_probes());
	if (board_client(BOARD_CLIENT_B))
		pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	bench_stop(t);
}

static bool rebind(struct test_run *t, enum board_driver driver)
{
	device_release_driver(board_device(BOARD_CLIENT_A));
	if (!EXPECT(t, wait_for(bench_is_off)))
		return false;
	board_set_driver(BOARD_CLIENT_A, driver);
	return EXPECT_EQ(t, board_bind(BOARD_CLIENT_A), 1);
}

static void has_no_power(struct test_run *t)
{
	EXPECT(t, bench_is_off());
}

static void driver_without_runtime_pm_after_one_with_keeps_it_on(struct test_run *t)
{
	if (!start(t) || !rebind(t, BOARD_UNMANAGED))
		return stop(t);
	stays_on(t);
	EXPECT_EQ(t, bench_sleep(t, has_no_power, NULL), 0);
	stays_on(t);
	/* Another client comes and goes. */
	wake_client(t, BOARD_CLIENT_B);
	sleep_client(BOARD_CLIENT_B);
	stays_on(t);

	/* The next driver knows runtime PM again. */
	if (rebind(t, BOARD_MANAGED)) {
		EXPECT(t, smmu_model_powered(0));
		sleep_client(BOARD_CLIENT_A);
		EXPECT(t, wait_for(bench_is_off));
		wake_client(t, BOARD_CLIENT_A);
	}
	stop(t);
}

static void irq_safe_driver_keeps_it_on(struct test_run *t)
{
	if (!start(t) || !rebind(t, BOARD_IRQ_SAFE))
		return stop(t);
	stays_on(t);
	sleep_client(BOARD_CLIENT_A);
	stays_on(t);
	wake_client(t, BOARD_CLIENT_A);
	stays_on(t);
	rebind(t, BOARD_MANAGED);
	stop(t);
}

/* Its device link is made in its probe, so the PM core has not resumed the SMMU before. */
static void new_client_with_irq_safe_driver_keeps_it_on(struct test_run *t)
{
	struct device_node *node;

	if (!start(t))
		return stop(t);
	of_platform_device_destroy(board_device(BOARD_CLIENT_A), NULL);
	EXPECT(t, wait_for(bench_is_off));
	board_set_driver(BOARD_CLIENT_A, BOARD_IRQ_SAFE);
	node = tree_node("client-a");
	if (EXPECT(t, of_platform_device_create(node, NULL, board_smmu()->parent))) {
		EXPECT(t, board_client(BOARD_CLIENT_A));
		stays_on(t);
	}
	of_node_put(node);
	stop(t);
}

static void client_that_becomes_irq_safe_keeps_it_on(struct test_run *t)
{
	if (!start(t))
		return stop(t);
	pm_runtime_irq_safe(board_client(BOARD_CLIENT_A));
	sleep_client(BOARD_CLIENT_A);
	wake_client(t, BOARD_CLIENT_B);
	sleep_client(BOARD_CLIENT_B);
	stays_on(t);
	wake_client(t, BOARD_CLIENT_A);
	stays_on(t);
	stop(t);
}

/* pm_runtime_set_suspended() drops what a device link holds. */
static void driver_that_disables_runtime_pm_keeps_it_on(struct test_run *t)
{
	struct device *client;

	if (!start(t))
		return stop(t);
	client = board_client(BOARD_CLIENT_A);
	pm_runtime_disable(client);
	pm_runtime_set_suspended(client);
	stays_on(t);
	EXPECT_EQ(t, pm_runtime_set_active(client), 0);
	pm_runtime_enable(client);
	sleep_client(BOARD_CLIENT_A);
	EXPECT(t, wait_for(bench_is_off));
	wake_client(t, BOARD_CLIENT_A);
	stop(t);
}

static void driver_whose_probe_fails_leaves_no_reference(struct test_run *t)
{
	if (!start(t))
		return stop(t);
	device_release_driver(board_device(BOARD_CLIENT_A));
	board_set_driver(BOARD_CLIENT_A, BOARD_FAILING);
	EXPECT(t, board_bind(BOARD_CLIENT_A) <= 0);
	EXPECT(t, !board_client(BOARD_CLIENT_A));
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, atomic_read(&board_smmu()->power.usage_count), 0);
	if (rebind(t, BOARD_UNMANAGED))
		stays_on(t);
	stop(t);
}

static void client_that_is_removed_leaves_no_reference(struct test_run *t)
{
	if (!start(t) || !rebind(t, BOARD_UNMANAGED))
		return stop(t);
	stays_on(t);
	of_platform_device_destroy(board_device(BOARD_CLIENT_A), NULL);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, atomic_read(&board_smmu()->power.usage_count), 0);
	stop(t);
}

#define COMPANION "smmuv3-kunit-companion"

static void put_behind_smmu(struct test_run *t, struct platform_device *companion)
{
	struct device_node *node = tree_node("client-plain");

	EXPECT_EQ(t, of_dma_configure(&companion->dev, node, true), 0);
	of_node_put(node);
	EXPECT(t, device_iommu_mapped(&companion->dev));
}

/* As drivers do that load firmware into a processor with a stream ID of its own. */
static void companion_without_driver_keeps_it_on(struct test_run *t)
{
	struct platform_device *companion;

	if (!start(t))
		return stop(t);
	sleep_client(BOARD_CLIENT_A);
	EXPECT(t, wait_for(bench_is_off));
	companion = platform_device_register_simple(COMPANION, PLATFORM_DEVID_NONE, NULL, 0);
	if (EXPECT(t, !IS_ERR(companion))) {
		put_behind_smmu(t, companion);
		stays_on(t);
		platform_device_unregister(companion);
	}
	EXPECT(t, wait_for(bench_is_off));
	wake_client(t, BOARD_CLIENT_A);
	stop(t);
}

/* As PCI functions do, which runtime PM manages before they have a driver. */
static void client_that_comes_active_keeps_it_on(struct test_run *t)
{
	struct platform_device *companion;

	if (!start(t))
		return stop(t);
	sleep_client(BOARD_CLIENT_A);
	EXPECT(t, wait_for(bench_is_off));
	companion = platform_device_register_simple(COMPANION, PLATFORM_DEVID_NONE, NULL, 0);
	if (EXPECT(t, !IS_ERR(companion))) {
		pm_runtime_get_noresume(&companion->dev);
		EXPECT_EQ(t, pm_runtime_set_active(&companion->dev), 0);
		pm_runtime_enable(&companion->dev);
		put_behind_smmu(t, companion);
		stays_on(t);
		pm_runtime_put_sync(&companion->dev);
		EXPECT(t, wait_for(bench_is_off));
		platform_device_unregister(companion);
	}
	wake_client(t, BOARD_CLIENT_A);
	stop(t);
}

static DECLARE_COMPLETION(resume_begins);
static DECLARE_COMPLETION(resume_may_end);

static int resume_slowly(struct device *dev)
{
	complete(&resume_begins);
	wait_for_completion(&resume_may_end);
	return 0;
}

static struct dev_pm_domain slow_domain = {
	.ops = { .runtime_resume = resume_slowly },
};

static void end_resume(struct work_struct *work)
{
	complete(&resume_may_end);
}

static DECLARE_DELAYED_WORK(ending_resume, end_resume);

/* bus_iommu_probe() holds neither the lock nor a reference of a client. */
static void client_that_resumes_while_it_is_added_keeps_it_on(struct test_run *t)
{
	struct platform_device *companion;

	if (!start(t))
		return stop(t);
	reinit_completion(&resume_begins);
	reinit_completion(&resume_may_end);
	sleep_client(BOARD_CLIENT_A);
	EXPECT(t, wait_for(bench_is_off));
	companion = platform_device_register_simple(COMPANION, PLATFORM_DEVID_NONE, NULL, 0);
	if (EXPECT(t, !IS_ERR(companion))) {
		dev_pm_domain_set(&companion->dev, &slow_domain);
		pm_runtime_enable(&companion->dev);
		pm_runtime_get(&companion->dev);
		wait_for_completion(&resume_begins);
		queue_delayed_work(system_unbound_wq, &ending_resume, HZ / 10);
		put_behind_smmu(t, companion);
		flush_delayed_work(&ending_resume);
		stays_on(t);
		pm_runtime_put_sync(&companion->dev);
		EXPECT(t, wait_for(bench_is_off));
		pm_runtime_disable(&companion->dev);
		dev_pm_domain_set(&companion->dev, NULL);
		platform_device_unregister(companion);
	}
	wake_client(t, BOARD_CLIENT_A);
	stop(t);
}

static int late_probe(struct platform_device *pdev)
{
	struct device_node *node = tree_node("client-plain");
	int ret = of_dma_configure(&pdev->dev, node, true);

	of_node_put(node);
	msleep(200);	/* longer than the autosuspend delay */
	pm_runtime_enable(&pdev->dev);
	return ret;
}

static void late_remove(struct platform_device *pdev)
{
	pm_runtime_disable(&pdev->dev);
}

static struct platform_driver late_driver = {
	.driver = {
		.name = "kunit-late",
	},
	.probe = late_probe,
	.remove = late_remove,
	.driver_managed_dma = true,	/* no IOMMU knows it before its probe, for the bus to ask */
};

/*
 * The suspend of the SMMU has been refused in the probe, and no device link was there before it, not even the
 * one that the driver core makes for a node's "iommus".
 */
static void new_client_whose_probe_ends_suspended_lets_it_go(struct test_run *t)
{
	struct platform_device *client;

	if (!start(t))
		return stop(t);
	sleep_client(BOARD_CLIENT_A);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, platform_driver_register(&late_driver), 0);
	client = platform_device_register_simple("kunit-late", PLATFORM_DEVID_NONE, NULL, 0);
	if (EXPECT(t, !IS_ERR(client))) {
		EXPECT(t, client->dev.driver && device_iommu_mapped(&client->dev));
		EXPECT(t, smmu_model_powered(0));
		EXPECT(t, wait_for(bench_is_off));
		platform_device_unregister(client);
	}
	platform_driver_unregister(&late_driver);
	wake_client(t, BOARD_CLIENT_A);
	stop(t);
}

static void driver_is_warned_when_power_does_not_come(struct test_run *t)
{
	if (!start(t))
		return stop(t);
	device_release_driver(board_device(BOARD_CLIENT_A));
	EXPECT(t, wait_for(bench_is_off));
	board_break_power_domain(true);
	board_set_driver(BOARD_CLIENT_A, BOARD_FAILING);
	board_bind(BOARD_CLIENT_A);
	EXPECT_EQ(t, board_dma_without_smmu(), 1);
	EXPECT_EQ(t, test_log_count("failed to resume 80000000.iommu"), 1);
	EXPECT_EQ(t, smmu_model_violations(), 0);
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	board_destroy();
}

/* The delay begins when the last client leaves. */
static void autosuspend_delay_follows_the_last_client(struct test_run *t)
{
	const unsigned int delay_ms = 300;
	ktime_t left;

	if (!start(t))
		return stop(t);
	pm_runtime_set_autosuspend_delay(board_smmu(), delay_ms);
	msleep(delay_ms + 100);
	left = ktime_get();
	sleep_client(BOARD_CLIENT_A);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT(t, ktime_ms_delta(ktime_get(), left) >= delay_ms);
	wake_client(t, BOARD_CLIENT_A);
	stop(t);
}

TEST_SUITE(driver_wakeful, TEST_CASE(driver_without_runtime_pm_after_one_with_keeps_it_on),
	   TEST_CASE(irq_safe_driver_keeps_it_on),
	   TEST_CASE(new_client_with_irq_safe_driver_keeps_it_on),
	   TEST_CASE(client_that_becomes_irq_safe_keeps_it_on),
	   TEST_CASE(driver_that_disables_runtime_pm_keeps_it_on),
	   TEST_CASE(driver_whose_probe_fails_leaves_no_reference),
	   TEST_CASE(client_that_is_removed_leaves_no_reference),
	   TEST_CASE(companion_without_driver_keeps_it_on),
	   TEST_CASE(client_that_comes_active_keeps_it_on),
	   TEST_CASE(client_that_resumes_while_it_is_added_keeps_it_on),
	   TEST_CASE(new_client_whose_probe_ends_suspended_lets_it_go),
	   TEST_CASE(driver_is_warned_when_power_does_not_come),
	   TEST_CASE(autosuspend_delay_follows_the_last_client));
