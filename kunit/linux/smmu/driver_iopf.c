// SPDX-License-Identifier: GPL-2.0-only
/* Page faults as Linux handles them: of client A, which may stall, in a domain with a handler. */
#include <linux/pm_runtime.h>
#include <linux/ratelimit.h>

#include "kunit/linux/smmu/handled.h"
#include "shim/compat.h"

#define PASID		3
#define OP_RESUME	0x44
#define OP_STALL_TERM	0x45
#define EVENTQ_PROD	0x100a8
#define EVENTQ_CONS	0x100ac

static bool create(struct bench *bench, struct test_run *t, bool may_stall)
{
	const u32 bits = 5, yes = 1;

	kept_forget();
	*bench = (struct bench){ .t = t };
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       (!may_stall || EXPECT_EQ(t, tree_set("client-a", "dma-can-stall", &yes, 1), 0));
}

static bool start(struct bench *bench, struct test_run *t, bool may_stall, bool power_domain)
{
	return create(bench, t, may_stall) &&
	       (!power_domain || EXPECT_EQ(t, board_add_power_domain(), 0)) && bench_populate(t);
}

static bool attach(struct handled *handled)
{
	return handled_make(handled) && handled_enter(handled);
}

static void end(struct handled *handled)
{
	struct test_run *t = handled->bench.t;

	handled_leave(handled);
	handled_free(handled);
	bench_stop(t);
}

static u16 fault(struct test_run *t, u32 pasid)
{
	u16 stag;

	EXPECT(t, smmu_model_stall(BOARD_SID_A, pasid, IOVA, &stag));
	return stag;
}

/* The first fault waits for an answer. */
static bool begin(struct handled *handled, struct test_run *t, bool power_domain)
{
	if (!start(&handled->bench, t, true, power_domain) || !attach(handled))
		return false;
	handled->stag = fault(t, 0);
	return EXPECT(t, kept_come(1));
}

static void handler_resolves_a_fault(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	EXPECT_EQ(t, kept.groups[0]->last_fault.fault.prm.addr, IOVA);
	EXPECT_EQ(t, kept.groups[0]->last_fault.fault.prm.perm, IOMMU_FAULT_PERM_READ);
	EXPECT_EQ(t, kept.groups[0]->last_fault.fault.prm.flags, IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE);
	EXPECT_EQ(t, bench_map(&handled.bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_WAITS);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_TRIES_AGAIN);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(handled.bench.page)));
	EXPECT_EQ(t, test_log_count("F_TRANSLATION"), 0);
	end(&handled);
}

/* The disk that memory is written to may be behind the SMMU, whose suspend waits for the report. */
static void report_does_not_wait_for_io(struct test_run *t)
{
	const u32 before = uml_allocations_without_io();
	struct handled handled;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	EXPECT_EQ(t, uml_allocations_without_io(), before + 1);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	end(&handled);
}

static void handler_does_not_resolve_it(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	kept_answer(0, IOMMU_PAGE_RESP_INVALID);
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_ABORTED);
	kept.refusal = -ENOMEM;
	handled.stag = fault(t, 0);
	EXPECT(t, wait_for_log("iopf with pasid 0 aborted", 1));
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_ABORTED);
	end(&handled);
}

static void pasid_has_a_handler_of_its_own(struct test_run *t)
{
	struct handled handled;
	struct bench *bench = &handled.bench;
	u16 stag;
	u64 pa;

	if (!start(bench, t, true, false) || !handled_make(&handled) ||
	    !EXPECT_EQ(t, iommu_attach_device_pasid(bench->domain, bench->client, PASID,
						    &handled.pasid_handle), 0))
		return bench_stop(t);
	bench_await_reports();
	stag = fault(t, PASID);
	EXPECT(t, kept_come(1));
	EXPECT_EQ(t, kept.groups[0]->last_fault.fault.prm.pasid, PASID);
	EXPECT(t, kept.groups[0]->last_fault.fault.prm.flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID);
	EXPECT_EQ(t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, smmu_model_stalled(stag), SMMU_STALLED_TRIES_AGAIN);
	EXPECT(t, smmu_model_translate_pasid(BOARD_SID_A, PASID, IOVA, &pa));
	EXPECT_EQ(t, iommu_unmap(bench->domain, IOVA, SZ_4K), SZ_4K);
	stag = fault(t, PASID);
	EXPECT(t, kept_come(2));
	iommu_detach_device_pasid(bench->domain, bench->client, PASID);
	EXPECT_EQ(t, smmu_model_stalled(stag), SMMU_STALLED_ABORTED);
	kept_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	handled_free(&handled);
	bench_stop(t);
}

/* iommufd answers when the domain is detached. */
static void handler_answers_after_a_detach(struct test_run *t)
{
	struct handled handled;
	u64 resumes;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	handled_leave(&handled);
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_ABORTED);
	resumes = smmu_model_commands(OP_RESUME);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, smmu_model_commands(OP_RESUME), resumes);
	/* In a domain with a handler again. */
	EXPECT(t, handled_enter(&handled));
	fault(t, 0);
	EXPECT(t, kept_come(2));
	kept_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, smmu_model_commands(OP_RESUME), resumes + 1);
	end(&handled);
}

static void fault_terminates_without_a_handler(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true, false) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT(t, wait_for_log("F_TRANSLATION", 1));
	EXPECT_EQ(t, smmu_model_commands(OP_RESUME), 0);
	bench_detach(&bench);
	bench_stop(t);
}

static void device_that_may_not_stall_does_not(struct test_run *t)
{
	struct handled handled;

	if (!start(&handled.bench, t, false, false) || !attach(&handled))
		return bench_stop(t);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT(t, wait_for_log("F_TRANSLATION", 1));
	EXPECT_EQ(t, kept.number, 0);
	end(&handled);
}

/* No handler would hear of it. */
static void device_behind_an_smmu_without_interrupts_does_not_stall(struct test_run *t)
{
	struct handled handled;

	if (!create(&handled.bench, t, true) ||
	    !EXPECT_EQ(t, tree_remove("iommu", "interrupts"), 0) || !bench_populate(t) ||
	    !attach(&handled))
		return bench_stop(t);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT_EQ(t, test_log_count("may stall, but"), 1);
	end(&handled);
}

/* The SMMU has ended the fault that was answered before. */
static void next_fault_alone_is_resumed(struct handled *handled)
{
	struct test_run *t = handled->bench.t;

	EXPECT_EQ(t, smmu_model_commands(OP_RESUME), 0);
	fault(t, 0);
	EXPECT(t, kept_come(2));
	kept_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, smmu_model_commands(OP_RESUME), 1);
	end(handled);
}

/* A client whose driver suspends it while its DMA waits. */
static void suspend_waits_for_no_handler(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t, true))
		return bench_stop(t);
	bench_suspend_clients(t);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	bench_resume_clients(t);
	next_fault_alone_is_resumed(&handled);
}

static void system_sleeps_while_a_fault_waits(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	EXPECT_EQ(t, bench_sleep(t, NULL, NULL), 0);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	next_fault_alone_is_resumed(&handled);
}

/* Its stream aborts then. */
static void device_goes_after_a_detach(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	handled_leave(&handled);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	handled_free(&handled);
	bench_stop(t);
	EXPECT_EQ(t, smmu_model_commands(OP_STALL_TERM), 1);
}

/* What the hook of attach_dev has to do, and what it found. */
static struct {
	const struct iommu_domain_ops *ops;	/* of the driver */
	struct iommu_domain_ops hooked;
	struct test_run *t;
	u16 stag;
} window;

static bool records_are_read(void)
{
	return smmu_model_read32(EVENTQ_PROD) == smmu_model_read32(EVENTQ_CONS);
}

/* The new domain is in force, and the IOMMU core stores its handle when the hook has returned. */
static int attach_with_a_window(struct iommu_domain *domain, struct device *dev)
{
	const int ret = test_attach_dev(window.ops, domain, dev);
	struct test_run *t = window.t;

	window.stag = fault(t, 0);
	EXPECT(t, wait_for(records_are_read));
	EXPECT_EQ(t, smmu_model_stalled(window.stag), SMMU_STALLED_WAITS);
	return ret;
}

SHIM_DEFINE_ATTACH_DEV(attach_with_a_window)

static bool make_with_a_window(struct handled *handled)
{
	if (!handled_make(handled))
		return false;
	window.t = handled->bench.t;
	window.ops = handled->bench.domain->ops;
	window.hooked = *window.ops;
	window.hooked.attach_dev = attach_with_a_window_dev;
	handled->bench.domain->ops = &window.hooked;
	return true;
}

static bool has_tried_again(void)
{
	return smmu_model_stalled(window.stag) == SMMU_STALLED_TRIES_AGAIN;
}

/* Its transaction waits meanwhile. */
static void fault_is_reported_with_the_handle_of_its_domain(struct test_run *t)
{
	struct handled handled, next = { .bench = { .t = t } };

	if (!start(&handled.bench, t, true, false) || !attach(&handled) || !make_with_a_window(&next))
		return bench_stop(t);
	EXPECT_EQ(t, iommu_replace_group_handle(handled.bench.client->iommu_group, next.bench.domain,
						&next.handle), 0);
	EXPECT(t, wait_for(has_tried_again));
	EXPECT_EQ(t, kept.number, 0);
	fault(t, 0);
	if (EXPECT(t, kept_come(1))) {
		EXPECT(t, kept.groups[0]->attach_handle == &next.handle);
		kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	}
	EXPECT_EQ(t, test_log_count("F_TRANSLATION"), 0);
	handled_free(&handled);
	end(&next);
}

static bool enter_pasid(struct handled *handled, u32 pasid)
{
	struct bench *bench = &handled->bench;
	const bool entered = EXPECT_EQ(bench->t,
				       iommu_attach_device_pasid(bench->domain, bench->client, pasid,
								 &handled->pasid_handle), 0);

	bench_await_reports();
	return entered;
}

/* A process whose faults wait takes no service from the others. */
static void faults_of_another_pasid_are_not_limited(struct test_run *t)
{
	struct handled handled;
	struct bench *bench = &handled.bench;
	u32 i;

	if (!start(bench, t, true, false) || !handled_make(&handled) || !enter_pasid(&handled, PASID + 1))
		return bench_stop(t);
	for (i = 0; i < UNANSWERED_MAX; i++) {
		EXPECT(t, enter_pasid(&handled, PASID));
		fault(t, PASID);
		EXPECT(t, kept_come(i + 1));
		iommu_detach_device_pasid(bench->domain, bench->client, PASID);
	}
	EXPECT(t, enter_pasid(&handled, PASID));
	handled.stag = fault(t, PASID);
	EXPECT(t, wait_for_log("further ones of PASID 0x3 abort", 1));
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_ABORTED);
	for (i = 0; i < 3 * DEFAULT_RATELIMIT_BURST; i++) {
		fault(t, PASID);
		EXPECT(t, wait_for(records_are_read));
	}
	EXPECT(t, test_log_count("further ones of PASID 0x3 abort") <=
		  2 * DEFAULT_RATELIMIT_BURST);
	fault(t, PASID + 1);
	EXPECT(t, kept_come(UNANSWERED_MAX + 1));
	for (i = 0; i < kept.number; i++)
		kept_answer(i, IOMMU_PAGE_RESP_INVALID);
	iommu_detach_device_pasid(bench->domain, bench->client, PASID);
	iommu_detach_device_pasid(bench->domain, bench->client, PASID + 1);
	handled_free(&handled);
	bench_stop(t);
}

/* iommufd keeps them until a detach, user space may never answer, and each transaction ends before. */
static void faults_without_an_answer_are_limited(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t, false))
		return bench_stop(t);
	while (kept.number < UNANSWERED_MAX) {
		handled_leave(&handled);
		EXPECT(t, handled_enter(&handled));
		fault(t, 0);
		if (!EXPECT(t, kept_come(kept.number + 1)))
			return end(&handled);
	}
	handled.stag = fault(t, 0);
	EXPECT(t, wait_for_log("faults without an answer", 1));
	EXPECT_EQ(t, smmu_model_stalled(handled.stag), SMMU_STALLED_ABORTED);
	EXPECT_EQ(t, kept.number, UNANSWERED_MAX);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	fault(t, 0);
	EXPECT(t, kept_come(UNANSWERED_MAX + 1));
	for (u32 i = 1; i < kept.number; i++)
		kept_answer(i, IOMMU_PAGE_RESP_SUCCESS);
	end(&handled);
}

TEST_SUITE(driver_iopf, TEST_CASE(handler_resolves_a_fault), TEST_CASE(report_does_not_wait_for_io),
	   TEST_CASE(handler_does_not_resolve_it),
	   TEST_CASE(pasid_has_a_handler_of_its_own), TEST_CASE(handler_answers_after_a_detach),
	   TEST_CASE(fault_terminates_without_a_handler),
	   TEST_CASE(device_that_may_not_stall_does_not),
	   TEST_CASE(device_behind_an_smmu_without_interrupts_does_not_stall),
	   TEST_CASE(suspend_waits_for_no_handler),
	   TEST_CASE(system_sleeps_while_a_fault_waits), TEST_CASE(device_goes_after_a_detach),
	   TEST_CASE(fault_is_reported_with_the_handle_of_its_domain),
	   TEST_CASE(faults_without_an_answer_are_limited),
	   TEST_CASE(faults_of_another_pasid_are_not_limited));
