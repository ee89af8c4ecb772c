// SPDX-License-Identifier: GPL-2.0-only
/* Clients that need their IPMMU on although runtime PM does not know that they are active. */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/ipmmu/bench.h"

/* Longer than the autosuspend delays of a leaf and its root. */
static void stays_on(struct test_run *t)
{
	msleep(300);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF2));
	EXPECT(t, ipmmu_model_powered(IPMMU_ROOT));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));	/* identity */
}

/* All other clients sleep, and the driver of client C has suspended it once. */
static bool start(struct test_run *t)
{
	if (!ipmmu_start(t))
		return false;
	ipmmu_clients_sleep();
	return EXPECT(t, wait_for(ipmmu_root_is_off)) &&
	       EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
}

static void stop(struct test_run *t)
{
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		if (n != IPMMU_C && board_client(n))
			pm_runtime_get_noresume(board_client(n));
	EXPECT_EQ(t, test_log_count("underflow"), 0);
	ipmmu_stop(t);
}

static bool rebind(struct test_run *t, enum board_driver driver)
{
	device_release_driver(board_device(IPMMU_C));
	if (!EXPECT(t, wait_for(ipmmu_root_is_off)))
		return false;
	board_set_driver(IPMMU_C, driver);
	return EXPECT_EQ(t, board_bind(IPMMU_C), 1);
}

static void a_driver_without_runtime_pm_after_one_with_keeps_it_on(struct test_run *t)
{
	if (!start(t) || !rebind(t, BOARD_UNMANAGED))
		return stop(t);
	stays_on(t);
	if (rebind(t, BOARD_MANAGED)) {
		pm_runtime_put_sync(board_client(IPMMU_C));
		EXPECT(t, wait_for(ipmmu_root_is_off));
		EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
	}
	stop(t);
}

static void an_irq_safe_driver_keeps_it_on(struct test_run *t)
{
	if (!start(t) || !rebind(t, BOARD_IRQ_SAFE))
		return stop(t);
	stays_on(t);
	pm_runtime_put_sync(board_client(IPMMU_C));
	stays_on(t);
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
	rebind(t, BOARD_MANAGED);
	stop(t);
}

static void a_driver_that_disables_runtime_pm_keeps_it_on(struct test_run *t)
{
	struct device *client;

	if (!start(t))
		return stop(t);
	client = board_client(IPMMU_C);
	pm_runtime_disable(client);
	pm_runtime_set_suspended(client);
	stays_on(t);
	EXPECT_EQ(t, pm_runtime_set_active(client), 0);
	pm_runtime_enable(client);
	stop(t);
}

/* As PCI functions are. */
static void an_active_client_is_linked_to_one_without_runtime_pm(struct test_run *t)
{
	struct device *client;

	EXPECT_EQ(t, parameter_set("ipmmu.runtime_pm", "off"), 0);
	if (ipmmu_start(t)) {
		device_release_driver(ipmmu_board_unit(IPMMU_LEAF2));
		client = board_device(IPMMU_C);
		EXPECT_EQ(t, pm_runtime_set_active(client), 0);
		pm_runtime_enable(client);
		board_set_driver(IPMMU_C, BOARD_UNMANAGED);
		EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF2)), 1);
		EXPECT_EQ(t, board_bind(IPMMU_C), 1);
		EXPECT(t, device_iommu_mapped(client));
		pm_runtime_disable(client);
	}
	ipmmu_stop(t);
	EXPECT_EQ(t, parameter_set("ipmmu.runtime_pm", "auto"), 0);
}

/* The delay begins when the last client leaves; a root's when its last leaf does. */
static void the_autosuspend_delay_follows_the_last_client(struct test_run *t)
{
	const unsigned int delay_ms = 300;
	ktime_t left;

	if (!start(t))
		return stop(t);
	pm_runtime_set_autosuspend_delay(ipmmu_board_unit(IPMMU_LEAF2), delay_ms);
	pm_runtime_set_autosuspend_delay(ipmmu_board_unit(IPMMU_ROOT), delay_ms);
	msleep(3 * delay_ms);
	left = ktime_get();
	pm_runtime_put_sync(board_client(IPMMU_C));
	EXPECT(t, wait_for(ipmmu_root_is_off));
	EXPECT(t, ktime_ms_delta(ktime_get(), left) >= 2 * delay_ms);
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(IPMMU_C)), 0);
	stop(t);
}

TEST_SUITE(ipmmu_driver_wakeful,
	   TEST_CASE(a_driver_without_runtime_pm_after_one_with_keeps_it_on),
	   TEST_CASE(an_irq_safe_driver_keeps_it_on),
	   TEST_CASE(a_driver_that_disables_runtime_pm_keeps_it_on),
	   TEST_CASE(an_active_client_is_linked_to_one_without_runtime_pm),
	   TEST_CASE(the_autosuspend_delay_follows_the_last_client));
