// SPDX-License-Identifier: GPL-2.0-only
/* Fault handlers (iommu_set_fault_handler()) while the power of IPMMUs goes and comes. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/ipmmu/bench.h"

static struct {
	struct completion go;	/* the handler waits for it */
	int started, ended, resumed;
} handler;

static bool becomes(struct test_run *t, int *count, int value)
{
	for (int i = 0; i < 100 && *count != value; i++)
		msleep(10);
	return EXPECT_EQ(t, *count, value);
}

static void goes_off(struct test_run *t)
{
	for (int i = 0; i < 100 && ipmmu_model_powered(IPMMU_ROOT); i++)
		msleep(10);
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
}

static int handle(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags,
		  void *token)
{
	handler.started++;
	wait_for_completion(&handler.go);
	handler.resumed = pm_runtime_resume_and_get(dev);
	if (!handler.resumed)
		pm_runtime_put_sync(dev);
	handler.ended++;
	return 0;
}

static bool start(struct test_run *t, struct ipmmu_space *space)
{
	handler.started = 0;
	handler.ended = 0;
	handler.resumed = -ENOENT;
	init_completion(&handler.go);
	if (!ipmmu_start(t) || !ipmmu_attach(t, space, IPMMU_A))
		return false;
	iommu_set_fault_handler(space->domain, handle, NULL);
	return true;
}

static void a_handler_may_resume_a_device_whose_root_goes_down(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start(t, &space))
		return ipmmu_stop(t);
	complete(&handler.go);
	ipmmu_model_on_irq(NULL);	/* a wire that is late */
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	ipmmu_clients_sleep();
	becomes(t, &handler.ended, 1);
	EXPECT_EQ(t, handler.resumed, 0);
	goes_off(t);
	EXPECT_EQ(t, test_log_count("fault: translation"), 0);
	ipmmu_clients_wake(t);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void power_goes_while_a_handler_runs(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start(t, &space))
		return ipmmu_stop(t);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	becomes(t, &handler.started, 1);
	ipmmu_clients_sleep();
	goes_off(t);
	complete(&handler.go);
	becomes(t, &handler.ended, 1);
	EXPECT_EQ(t, handler.resumed, 0);
	goes_off(t);
	ipmmu_clients_wake(t);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* The one that waited is logged just before. */
static void end_once_it_is_waited_for(struct work_struct *work)
{
	for (int i = 0; i < 100 && !test_log_count("fault: translation"); i++)
		msleep(10);
	complete(&handler.go);
}

static DECLARE_WORK(ending, end_once_it_is_waited_for);

/* Freeing the domain waits for the handler that runs; the fault that waits for it is logged. */
static void no_handler_runs_for_a_domain_that_is_gone(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start(t, &space))
		return ipmmu_stop(t);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	becomes(t, &handler.started, 1);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	msleep(100);
	EXPECT_EQ(t, test_log_count("fault: translation"), 0);
	queue_work(system_unbound_wq, &ending);
	ipmmu_detach(&space);
	EXPECT_EQ(t, handler.started, 1);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, test_log_count("fault: translation client: ipmmu-board:client-a"), 1);
	flush_work(&ending);
	ipmmu_stop(t);
}

/* As for an owner that frees what its handler uses after the detach, and the domain later. */
static void no_handler_runs_for_a_device_that_is_detached(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start(t, &space))
		return ipmmu_stop(t);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	becomes(t, &handler.started, 1);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	msleep(100);
	queue_work(system_unbound_wq, &ending);
	iommu_detach_group(space.domain, space.group);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, test_log_count("fault: translation client: ipmmu-board:client-a"), 1);
	complete_all(&handler.go);
	msleep(100);
	EXPECT_EQ(t, handler.started, 1);
	flush_work(&ending);
	EXPECT_EQ(t, iommu_attach_group(space.domain, space.group), 0);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_handlers, TEST_CASE(a_handler_may_resume_a_device_whose_root_goes_down),
	   TEST_CASE(power_goes_while_a_handler_runs),
	   TEST_CASE(no_handler_runs_for_a_domain_that_is_gone),
	   TEST_CASE(no_handler_runs_for_a_device_that_is_detached));
