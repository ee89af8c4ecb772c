// SPDX-License-Identifier: GPL-2.0-only
/* Fault handlers (iommu_set_fault_handler()) while the power of IPMMUs goes and comes. */
#include <linux/delay.h>

#include "kunit/linux/common/handler.h"
#include "kunit/linux/ipmmu/bench.h"

#define FAULT	"fault: translation"

static bool start(struct test_run *t, struct ipmmu_space *space)
{
	if (!ipmmu_start(t) || !ipmmu_attach(t, space, IPMMU_A))
		return false;
	handler_set(space->domain);
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
	EXPECT(t, wait_for(handler_has_ended));
	EXPECT_EQ(t, handler.resumed, 0);
	EXPECT(t, wait_for(ipmmu_root_is_off));
	EXPECT_EQ(t, test_log_count(FAULT), 0);
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
	EXPECT(t, wait_for(handler_has_started));
	ipmmu_clients_sleep();
	EXPECT(t, wait_for(ipmmu_root_is_off));
	complete(&handler.go);
	EXPECT(t, wait_for(handler_has_ended));
	EXPECT_EQ(t, handler.resumed, 0);
	EXPECT(t, wait_for(ipmmu_root_is_off));
	ipmmu_clients_wake(t);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* Freeing the domain waits for the handler that runs; the fault that waits for it is logged before. */
static void no_handler_runs_for_a_domain_that_is_gone(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start(t, &space))
		return ipmmu_stop(t);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, wait_for(handler_has_started));
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	msleep(100);
	EXPECT_EQ(t, test_log_count(FAULT), 0);
	handler_go_on_after(FAULT, 1);
	ipmmu_detach(&space);
	EXPECT_EQ(t, handler.started, 1);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, test_log_count(FAULT " client: ipmmu-board:client-a"), 1);
	handler_flush();
	ipmmu_stop(t);
}

/* As for an owner that frees what its handler uses after the detach, and the domain later. */
static void no_handler_runs_for_a_device_that_is_detached(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start(t, &space))
		return ipmmu_stop(t);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, wait_for(handler_has_started));
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	msleep(100);
	handler_go_on_after(FAULT, 1);
	iommu_detach_group(space.domain, space.group);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, test_log_count(FAULT " client: ipmmu-board:client-a"), 1);
	complete_all(&handler.go);
	msleep(100);
	EXPECT_EQ(t, handler.started, 1);
	handler_flush();
	EXPECT_EQ(t, iommu_attach_group(space.domain, space.group), 0);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* The domain is freed meanwhile: its page table, too, stays until the handler has ended. */
static void handler_may_use_its_domain_to_the_end(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	handler_set_detaching(space.domain, IOVA);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA + SZ_4K));
	EXPECT(t, wait_for(handler_has_started));
	iommu_domain_free(space.domain);
	EXPECT_EQ(t, handler.ended, 1);
	EXPECT_EQ(t, handler.found, page_to_phys(space.page));
	__free_page(space.page);
	iommu_group_put(space.group);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_handlers, TEST_CASE(a_handler_may_resume_a_device_whose_root_goes_down),
	   TEST_CASE(power_goes_while_a_handler_runs),
	   TEST_CASE(no_handler_runs_for_a_domain_that_is_gone),
	   TEST_CASE(no_handler_runs_for_a_device_that_is_detached),
	   TEST_CASE(handler_may_use_its_domain_to_the_end));
