// SPDX-License-Identifier: GPL-2.0-only
/* What follows an attach: client A has ATS and is resumed for it, while a fault of client B waits. */
#include <linux/pm_runtime.h>

#include "kunit/linux/common/compat_domains.h"
#include "kunit/linux/smmu/ats_function.h"

static struct {
	struct test_run *t;
	struct iommu_domain *domain;
	struct iommu_attach_handle handle;
	u16 stag;
	bool resumed;
} b;

static int refuse(struct iopf_group *group)
{
	return -ENOMEM;
}

static bool with_stalls_of_b(struct test_run *t)
{
	const u32 yes = 1;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-b", "dma-can-stall", &yes, 1), 0) && bench_populate(t);
}

/* Tried again, or offered to the handler. */
static bool has_ended(void)
{
	return smmu_model_stalled(b.stag) != SMMU_STALLED_WAITS;
}

/* In the runtime_resume of A.  B's transaction waits until the worker has seen that its attach has ended. */
static void fault_meanwhile(void)
{
	struct device *dev = board_client(BOARD_CLIENT_B);

	EXPECT_EQ(b.t, iommu_attach_group_handle(b.domain, dev->iommu_group, &b.handle), 0);
	EXPECT(b.t, smmu_model_stall(BOARD_SID_B1, 0, IOVA, &b.stag));
	EXPECT(b.t, wait_for(has_ended));
	b.resumed = true;
}

static bool has_resumed(void)
{
	return b.resumed && smmu_model_ats_enabled();
}

static bool make_domain_of_b(void)
{
	b.domain = iommu_paging_domain_alloc(board_client(BOARD_CLIENT_B));
	if (!EXPECT(b.t, !IS_ERR(b.domain)))
		return false;
	b.domain->iopf_handler = refuse;
	return true;
}

static void destroy_domain_of_b(void)
{
	iommu_detach_group_handle(b.domain, board_client(BOARD_CLIENT_B)->iommu_group);
	iommu_domain_free(b.domain);
}

static void resume_of_one_device_delays_no_report_of_another(struct test_run *t)
{
	struct bench bench;

	memset(&b, 0, sizeof(b));
	b.t = t;
	if (!ats_start_by(&bench, t, "on", with_stalls_of_b) || !make_domain_of_b())
		return ats_stop(t);
	pm_runtime_put_sync(board_client(BOARD_CLIENT_A));
	ats_function.wakes = fault_meanwhile;
	if (EXPECT(t, ats_attach(&bench))) {
		EXPECT(t, wait_for(has_resumed));
		ats_function.wakes = NULL;
		bench_detach(&bench);
	}
	destroy_domain_of_b();
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)), 0);
	ats_stop(t);
}

TEST_SUITE(driver_settle, TEST_CASE(resume_of_one_device_delays_no_report_of_another));
