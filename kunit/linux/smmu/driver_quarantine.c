// SPDX-License-Identifier: GPL-2.0-only
/* A device with ATS that leaves an invalidation unanswered, and how it comes back. */
#include "kunit/linux/smmu/ats_function.h"

#define PASID		3

static bool bypasses(struct bench *bench)
{
	return bench_reaches(BOARD_SID_A, IOVA, IOVA);
}

static bool has_ats(void)
{
	return smmu_model_ats_enabled();
}

/* The unmap's invalidation is lost, and the device has been reset afterwards. */
static void lose_an_invalidation(struct bench *bench)
{
	struct test_run *t = bench->t;

	smmu_model_ignore_invalidations(true);
	EXPECT_EQ(t, iommu_unmap(bench->domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 1);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	smmu_model_ignore_invalidations(false);
}

static void ends_with_an_attach(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, false) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, ats_uses_the_page(&bench));
	lose_an_invalidation(&bench);
	EXPECT(t, ats_is_refused());
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.disables, 1);
	if (!ats_attach(&bench))
		return ats_stop(t);
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	ats_stop(t);
}

/* In a default domain, which the IOMMU core does not attach again. */
static void ends_when_a_driver_is_bound(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, false) || !ats_attach(&bench))
		return ats_stop(t);
	lose_an_invalidation(&bench);
	device_release_driver(bench.client);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT_EQ(t, board_bind(BOARD_CLIENT_A), 1);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	EXPECT(t, wait_for(has_ats));
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	ats_stop(t);
}

static bool attach_pasid(struct bench *bench)
{
	struct test_run *t = bench->t;

	if (!ats_attach(bench))
		return false;
	iommu_detach_device(bench->domain, bench->client);
	EXPECT(t, bypasses(bench));
	return EXPECT_EQ(t, iommu_attach_device_pasid(bench->domain, bench->client, PASID, NULL), 0);
}

static void free_domain(struct bench *bench)
{
	iommu_domain_free(bench->domain);
	__free_page(bench->page);
}

/* Whether an unmap loses it, or the detach itself. */
static void ends_with_the_last_pasid_in_an_identity_domain(struct test_run *t)
{
	for (u32 in_detach = 0; in_detach < 2; in_detach++) {
		struct bench bench;

		if (!ats_start_required(&bench, t) || !attach_pasid(&bench))
			return ats_stop(t);
		if (!in_detach)
			lose_an_invalidation(&bench);
		smmu_model_ignore_invalidations(in_detach);
		iommu_detach_device_pasid(bench.domain, bench.client, PASID);
		smmu_model_ignore_invalidations(false);
		EXPECT(t, bypasses(&bench));
		EXPECT(t, wait_for(has_ats));
		free_domain(&bench);
		ats_stop(t);
	}
}

TEST_SUITE(driver_quarantine, TEST_CASE(ends_with_an_attach),
	   TEST_CASE(ends_when_a_driver_is_bound),
	   TEST_CASE(ends_with_the_last_pasid_in_an_identity_domain));
