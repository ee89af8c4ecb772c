// SPDX-License-Identifier: GPL-2.0-only
/* Page requests as Linux handles them: of client A, which has PRI, in a domain with a handler. */
#include <linux/of_platform.h>
#include <linux/ratelimit.h>

#include "kunit/linux/smmu/handled.h"
#include "kunit/linux/smmu/pri_function.h"
#include "kunit/linux/smmu/pri_iort.h"

#define PASID		3
#define IDR0_PRI	BIT(16)
#define IDR1_PRIQS	GENMASK(15, 11)

static bool make_vf(struct handled *handled, struct test_run *t, enum pri_pf pf,
		    bool (*board)(struct test_run *t))
{
	kept_forget();
	return pri_start_as_vf(&handled->bench, t, pf, board) && handled_make(handled);
}

static bool make(struct handled *handled, struct test_run *t, bool (*board)(struct test_run *t))
{
	return make_vf(handled, t, PRI_PF_A, board);
}

static bool begin(struct handled *handled, struct test_run *t)
{
	return make(handled, t, bench_start) && handled_enter(handled);
}

static void unmake(struct handled *handled)
{
	struct test_run *t = handled->bench.t;

	handled_free(handled);
	ats_stop(t);
	EXPECT_EQ(t, pri_function.disables, pri_function.enables);
}

static void end(struct handled *handled)
{
	handled_leave(handled);
	unmake(handled);
}

static void request(struct test_run *t, u32 group)
{
	EXPECT(t, smmu_model_pri_request(0, IOVA, group, true));
}

static u32 requested;

static bool is_answered(void)
{
	return !smmu_model_pri_waits(requested);
}

static enum smmu_pri_code response(u32 group)
{
	requested = group;
	return wait_for(is_answered) ? smmu_model_pri_response(group) : SMMU_PRI_NONE;
}

static void handler_pages_in(struct test_run *t)
{
	struct handled handled;
	struct iommu_fault_page_request *last;
	struct iopf_fault *first;

	if (!begin(&handled, t))
		return ats_stop(t);
	EXPECT_EQ(t, pri_function.credits, 64);
	EXPECT(t, ats_is_refused());
	EXPECT(t, smmu_model_pri_request(0, IOVA + SZ_4K, 5, false));
	request(t, 5);
	EXPECT(t, kept_come(1));
	EXPECT_EQ(t, kept.groups[0]->fault_count, 2);
	last = &kept.groups[0]->last_fault.fault.prm;
	EXPECT_EQ(t, last->addr, IOVA);
	EXPECT_EQ(t, last->perm, IOMMU_FAULT_PERM_READ);
	EXPECT_EQ(t, last->flags, IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE);
	first = list_first_entry(&kept.groups[0]->faults, struct iopf_fault, list);
	EXPECT_EQ(t, first->fault.prm.addr, IOVA + SZ_4K);
	EXPECT_EQ(t, first->fault.prm.flags, 0);
	EXPECT_EQ(t, bench_map(&handled.bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_pri_waits(5));
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(5), SMMU_PRI_SUCCESS);
	EXPECT(t, ats_uses_the_page(&handled.bench));
	EXPECT_EQ(t, test_log_count("page request denied"), 0);
	end(&handled);
}

static void response_is_that_of_the_handler(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t))
		return ats_stop(t);
	request(t, 1);
	EXPECT(t, kept_come(1));
	kept_answer(0, IOMMU_PAGE_RESP_INVALID);
	EXPECT_EQ(t, response(1), SMMU_PRI_INVALID);
	request(t, 2);
	EXPECT(t, kept_come(2));
	kept_answer(1, IOMMU_PAGE_RESP_FAILURE);
	/* What the IOMMU core has no memory for concerns no other request. */
	EXPECT_EQ(t, response(2), SMMU_PRI_INVALID);
	request(t, 3);
	EXPECT(t, kept_come(3));
	kept_answer(2, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(3), SMMU_PRI_SUCCESS);
	kept.refusal = -ENOMEM;
	EXPECT(t, smmu_model_pri_request(0, IOVA, 4, false));
	request(t, 4);
	EXPECT(t, wait_for_log("iopf with pasid 0 aborted", 1));
	EXPECT_EQ(t, response(4), SMMU_PRI_INVALID);
	end(&handled);
}

static void pasid_has_a_handler_of_its_own(struct test_run *t)
{
	struct handled handled;
	struct bench *bench = &handled.bench;

	if (!make(&handled, t, bench_start_with_pasids) ||
	    !EXPECT_EQ(t, iommu_attach_device_pasid(bench->domain, bench->client, PASID,
						    &handled.pasid_handle), 0))
		return ats_stop(t);
	bench_await_reports();
	EXPECT_EQ(t, pri_function.enables, 1);
	EXPECT(t, smmu_model_pri_request(PASID, IOVA, 1, true));
	EXPECT(t, kept_come(1));
	EXPECT_EQ(t, kept.groups[0]->last_fault.fault.prm.pasid, PASID);
	EXPECT_EQ(t, kept.groups[0]->last_fault.fault.prm.flags,
		  IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE | IOMMU_FAULT_PAGE_REQUEST_PASID_VALID |
		  IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(1), SMMU_PRI_SUCCESS);
	/* Without a PASID, and with one that is not attached. */
	request(t, 2);
	EXPECT_EQ(t, response(2), SMMU_PRI_INVALID);
	EXPECT(t, smmu_model_pri_request(PASID + 1, IOVA, 3, true));
	EXPECT_EQ(t, response(3), SMMU_PRI_INVALID);
	EXPECT(t, wait_for_log("page request denied", 2));
	EXPECT(t, smmu_model_pri_request(PASID, IOVA, 4, true));
	EXPECT(t, kept_come(2));
	iommu_detach_device_pasid(bench->domain, bench->client, PASID);
	EXPECT_EQ(t, smmu_model_pri_response(4), SMMU_PRI_INVALID);
	EXPECT(t, !smmu_model_pri_enabled());
	kept_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	unmake(&handled);
}

/* With another domain that has none, ATS goes on without PRI. */
static void pri_ends_with_the_last_handler(struct test_run *t)
{
	struct handled handled;
	struct bench *bench = &handled.bench;

	if (!make(&handled, t, bench_start_with_pasids))
		return ats_stop(t);
	bench->domain->iopf_handler = NULL;
	EXPECT(t, handled_enter(&handled));
	EXPECT(t, smmu_model_ats_enabled() && !smmu_model_pri_enabled());
	bench->domain->iopf_handler = kept_keep;
	EXPECT_EQ(t, iommu_attach_device_pasid(bench->domain, bench->client, PASID,
					       &handled.pasid_handle), 0);
	EXPECT(t, smmu_model_ats_enabled() && smmu_model_pri_enabled());
	EXPECT_EQ(t, ats_function.enables, 1);
	iommu_detach_device_pasid(bench->domain, bench->client, PASID);
	EXPECT(t, smmu_model_ats_enabled() && !smmu_model_pri_enabled());
	end(&handled);
}

static void handler_answers_after_a_detach(struct test_run *t)
{
	struct handled handled;
	u64 responses;

	if (!begin(&handled, t))
		return ats_stop(t);
	EXPECT(t, smmu_model_pri_request(0, IOVA, 1, false));
	request(t, 1);
	EXPECT(t, kept_come(1));
	handled_leave(&handled);
	EXPECT_EQ(t, smmu_model_pri_response(1), SMMU_PRI_INVALID);
	EXPECT(t, !smmu_model_pri_enabled());
	responses = smmu_model_commands(OP_PRI_RESP);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, smmu_model_commands(OP_PRI_RESP), responses);
	EXPECT(t, handled_enter(&handled));
	request(t, 1);
	EXPECT(t, kept_come(2));
	EXPECT_EQ(t, kept.groups[1]->fault_count, 1);
	kept_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(1), SMMU_PRI_SUCCESS);
	end(&handled);
}

static void is_off_in_sleep(struct test_run *t)
{
	EXPECT(t, !smmu_model_pri_enabled());
	EXPECT_EQ(t, smmu_model_pri_response(1), SMMU_PRI_INVALID);
}

static void system_sleeps_while_a_group_waits(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t))
		return ats_stop(t);
	request(t, 1);
	EXPECT(t, kept_come(1));
	EXPECT_EQ(t, bench_sleep(t, is_off_in_sleep, NULL), 0);
	EXPECT_EQ(t, pri_function.enables, 2);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	request(t, 1);
	EXPECT(t, kept_come(2));
	kept_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(1), SMMU_PRI_SUCCESS);
	end(&handled);
}

/* ---- without PRI ---- */

static bool without_interrupts(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_remove("iommu", "interrupts"), 0) && bench_populate(t);
}

static bool without_pri(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0() & ~IDR0_PRI, smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && bench_populate(t);
}

static void smmu_that_takes_no_requests_is_named(struct test_run *t)
{
	static const struct {
		bool (*board)(struct test_run *t);
		const char *line;
	} cases[] = {
		{ without_interrupts, "has PRI, but its SMMU has no priq irq" },
		{ without_pri, "has PRI, but its SMMU does not support it" },
	};
	struct handled handled;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!make(&handled, t, cases[i].board) || !handled_enter(&handled))
			return ats_stop(t);
		EXPECT_EQ(t, test_log_count(cases[i].line), 1);
		EXPECT(t, smmu_model_ats_enabled());
		EXPECT_EQ(t, pri_function.enables, 0);
		end(&handled);
	}
}

/* It is not granted, either: it would get another response to what it requests. */
static void function_that_can_not_enable_it_is_used_without(struct test_run *t)
{
	struct handled handled;

	if (!make(&handled, t, bench_start))
		return ats_stop(t);
	pri_function.gone = true;
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, test_log_count("failed to enable PRI: -ENODEV"), 1);
	EXPECT_EQ(t, bench_map(&handled.bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, ats_uses_the_page(&handled.bench));
	smmu_model_enable_pri(1);
	request(t, 1);
	EXPECT_EQ(t, response(1), SMMU_PRI_INVALID);
	EXPECT_EQ(t, kept.number, 0);
	smmu_model_disable_pri();
	end(&handled);
}

static void vf_of_a_stranger_has_no_pri(struct test_run *t)
{
	struct handled handled;

	if (!make_vf(&handled, t, PRI_PF_STRANGER, bench_start) || !handled_enter(&handled))
		return ats_stop(t);
	EXPECT_EQ(t, pri_function.enables, 0);
	EXPECT_EQ(t, test_log_count("has PRI, but its PF is not behind its SMMU"), 1);
	end(&handled);
}

static void pri_begins_anew_after_the_last_response(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t))
		return ats_stop(t);
	pri_function.late = 4;
	handled_leave(&handled);
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, pri_function.enables, 2);
	EXPECT_EQ(t, pri_function.forgotten, 0);
	pri_function.late = U32_MAX;
	handled_leave(&handled);
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, test_log_count("page requests without a response for 100 ms"), 1);
	EXPECT_EQ(t, pri_function.enables, 3);
	EXPECT_EQ(t, pri_function.forgotten, 1);
	pri_function.stuck = true;
	handled_leave(&handled);
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, test_log_count("failed to enable PRI: -EBUSY"), 1);
	EXPECT_EQ(t, pri_function.enables, 3);
	end(&handled);
}

static void device_in_quarantine_gets_no_pri(struct test_run *t)
{
	struct handled handled;
	struct bench *bench = &handled.bench;

	if (!make(&handled, t, bench_start_with_pasids))
		return ats_stop(t);
	bench->domain->iopf_handler = NULL;
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, ats_uses_the_page(bench));
	smmu_model_ignore_invalidations(true);
	EXPECT_EQ(t, iommu_unmap(bench->domain, IOVA, SZ_4K), SZ_4K);
	smmu_model_ignore_invalidations(false);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 1);
	bench->domain->iopf_handler = kept_keep;
	EXPECT_EQ(t, iommu_attach_device_pasid(bench->domain, bench->client, PASID,
					       &handled.pasid_handle), 0);
	EXPECT_EQ(t, pri_function.enables, 0);
	handled_leave(&handled);
	EXPECT(t, smmu_model_pri_enabled());
	iommu_detach_device_pasid(bench->domain, bench->client, PASID);
	unmake(&handled);
}

static bool with_an_iort_without_pri(struct test_run *t)
{
	pri_make_iort(ACPI_IORT_ATS_SUPPORTED);
	return bench_start(t);
}

static bool with_an_iort_with_pri(struct test_run *t)
{
	pri_make_iort(ACPI_IORT_ATS_SUPPORTED | ACPI_IORT_PRI_SUPPORTED);
	return bench_start(t);
}

static void root_complex_must_support_it(struct test_run *t)
{
	struct handled handled;

	if (!make(&handled, t, with_an_iort_without_pri) || !handled_enter(&handled))
		return ats_stop(t);
	EXPECT_EQ(t, test_log_count("has PRI, but firmware does not declare it"), 1);
	EXPECT(t, smmu_model_ats_enabled());
	EXPECT_EQ(t, pri_function.enables, 0);
	end(&handled);
	if (!make(&handled, t, with_an_iort_with_pri) || !handled_enter(&handled))
		return ats_stop(t);
	EXPECT_EQ(t, pri_function.enables, 1);
	end(&handled);
}

static void failures_to_enable_it_are_logged_at_a_limited_rate(struct test_run *t)
{
	struct handled handled;

	if (!make(&handled, t, bench_start))
		return ats_stop(t);
	pri_function.gone = true;
	for (u32 i = 0; i < 3 * DEFAULT_RATELIMIT_BURST; i++) {
		EXPECT(t, handled_enter(&handled));
		handled_leave(&handled);
	}
	EXPECT(t, test_log_count("failed to enable PRI") > 0);
	EXPECT(t, test_log_count("failed to enable PRI") <= 2 * DEFAULT_RATELIMIT_BURST);
	unmake(&handled);
}

/* ---- credits ---- */

static bool with_a_small_queue(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), (smmu_model_idr1() & ~IDR1_PRIQS) | 3 << 11);
	return EXPECT_EQ(t, board_create(), 0) && bench_populate(t);
}

static bool with_no_queue(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1() & ~IDR1_PRIQS);
	return EXPECT_EQ(t, board_create(), 0) && bench_populate(t);
}

static void credits_are_those_of_queue_and_function(struct test_run *t)
{
	struct handled handled;

	if (!make(&handled, t, bench_start))
		return ats_stop(t);
	pri_function.capacity = 3;
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, pri_function.credits, 3);
	end(&handled);
	if (!make(&handled, t, with_a_small_queue))
		return ats_stop(t);
	for (u32 i = 1; i <= 2; i++) {	/* they are given back */
		EXPECT(t, handled_enter(&handled));
		EXPECT_EQ(t, pri_function.credits, 4);
		EXPECT_EQ(t, pri_function.enables, i);
		handled_leave(&handled);
	}
	unmake(&handled);
	if (!make(&handled, t, with_no_queue) || !handled_enter(&handled))
		return ats_stop(t);
	EXPECT_EQ(t, pri_function.enables, 0);
	EXPECT_EQ(t, test_log_count("failed to enable PRI: -ENOSPC"), 1);
	end(&handled);
}

static void groups_without_an_answer_are_limited(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t))
		return ats_stop(t);
	while (kept.number < UNANSWERED_MAX) {
		handled_leave(&handled);
		EXPECT(t, handled_enter(&handled));
		request(t, 1);
		if (!EXPECT(t, kept_come(kept.number + 1)))
			return end(&handled);
	}
	request(t, 2);
	EXPECT(t, wait_for_log("faults without an answer", 1));
	EXPECT_EQ(t, response(2), SMMU_PRI_INVALID);
	for (u32 i = 0; i < UNANSWERED_MAX; i++)
		kept_answer(i, IOMMU_PAGE_RESP_SUCCESS);
	request(t, 3);
	EXPECT(t, kept_come(UNANSWERED_MAX + 1));
	kept_answer(UNANSWERED_MAX, IOMMU_PAGE_RESP_SUCCESS);
	end(&handled);
}

/* ---- VFs ---- */

static void vf_has_the_pri_of_its_pf(struct test_run *t)
{
	struct handled handled;

	if (!make_vf(&handled, t, PRI_PF_B, bench_start) || !handled_enter(&handled))
		return ats_stop(t);
	EXPECT(t, smmu_model_pri_enabled());
	/* A word of the PF that its driver may write at the same time. */
	EXPECT(t, !pri_is_noted());
	request(t, 1);
	EXPECT(t, kept_come(1));
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(1), SMMU_PRI_SUCCESS);
	end(&handled);
	EXPECT(t, !smmu_model_pri_enabled());
}

static bool with_ats_of_b(struct test_run *t)
{
	ats_function.b_too = true;
	return bench_start(t);
}

static void pri_stays_until_its_last_user_leaves(struct test_run *t)
{
	struct handled vf, pf = {};

	if (!make_vf(&vf, t, PRI_PF_B, with_ats_of_b) || !handled_enter(&vf))
		return ats_stop(t);
	pf.bench = vf.bench;
	pf.bench.client = board_client(BOARD_CLIENT_B);
	EXPECT(t, handled_enter(&pf));
	handled_leave(&vf);
	EXPECT(t, smmu_model_pri_enabled() && pri_is_noted());
	EXPECT(t, handled_enter(&vf));
	handled_leave(&pf);
	EXPECT(t, smmu_model_pri_enabled() && !pri_is_noted());
	EXPECT_EQ(t, pri_function.enables, 1);
	EXPECT_EQ(t, pri_function.disables, 0);
	request(t, 1);
	EXPECT(t, kept_come(1));
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	EXPECT_EQ(t, response(1), SMMU_PRI_SUCCESS);
	end(&vf);
}

static void pri_is_noted_for_the_pci_core(struct test_run *t)
{
	struct handled handled;

	if (!begin(&handled, t))
		return ats_stop(t);
	EXPECT(t, pri_is_noted());
	handled_leave(&handled);
	EXPECT(t, !pri_is_noted());
	unmake(&handled);
}

static void vf_has_no_pri_when_its_pf_is_removed(struct test_run *t)
{
	struct handled handled;

	if (!make_vf(&handled, t, PRI_PF_B, bench_start) || !handled_enter(&handled))
		return ats_stop(t);
	request(t, 1);
	EXPECT(t, kept_come(1));
	of_platform_device_destroy(board_device(BOARD_CLIENT_B), NULL);
	EXPECT(t, !smmu_model_pri_enabled());
	EXPECT_EQ(t, smmu_model_pri_response(1), SMMU_PRI_INVALID);
	EXPECT_EQ(t, test_log_count("its PF is removed: its page requests are denied"), 1);
	kept_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	handled_leave(&handled);
	EXPECT(t, handled_enter(&handled));
	EXPECT_EQ(t, pri_function.enables, 1);
	EXPECT_EQ(t, test_log_count("failed to enable PRI: -ENODEV"), 1);
	end(&handled);
}

TEST_SUITE(driver_pri, TEST_CASE(handler_pages_in), TEST_CASE(response_is_that_of_the_handler),
	   TEST_CASE(pasid_has_a_handler_of_its_own), TEST_CASE(pri_ends_with_the_last_handler),
	   TEST_CASE(handler_answers_after_a_detach), TEST_CASE(system_sleeps_while_a_group_waits),
	   TEST_CASE(smmu_that_takes_no_requests_is_named),
	   TEST_CASE(function_that_can_not_enable_it_is_used_without),
	   TEST_CASE(vf_of_a_stranger_has_no_pri),
	   TEST_CASE(device_in_quarantine_gets_no_pri),
	   TEST_CASE(pri_begins_anew_after_the_last_response), TEST_CASE(root_complex_must_support_it),
	   TEST_CASE(failures_to_enable_it_are_logged_at_a_limited_rate),
	   TEST_CASE(credits_are_those_of_queue_and_function),
	   TEST_CASE(groups_without_an_answer_are_limited), TEST_CASE(vf_has_the_pri_of_its_pf),
	   TEST_CASE(pri_stays_until_its_last_user_leaves),
	   TEST_CASE(pri_is_noted_for_the_pci_core), TEST_CASE(vf_has_no_pri_when_its_pf_is_removed));
