// SPDX-License-Identifier: GPL-2.0-only
/* Dirty tracking as iommufd uses it. */
#include <linux/pm_runtime.h>
#include <uapi/linux/iommufd.h>

#include "kunit/linux/common/compat_domains.h"
#include "kunit/linux/smmu/bench.h"

#define IDR0_HTTU	GENMASK(7, 6)
#define IDR0_HTTU_AF	BIT(6)

/* A domain with dirty tracking that client A is attached to, instead of bench_attach(). */
static bool attach_tracked(struct bench *bench)
{
	struct test_run *t = bench->t;

	bench->client = board_client(BOARD_CLIENT_A);
	bench->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	bench->domain = test_domain_alloc_user(bench->client, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, NULL);
	return EXPECT(t, bench->page) && EXPECT(t, !IS_ERR(bench->domain)) &&
	       EXPECT(t, bench->domain->dirty_ops) &&
	       EXPECT_EQ(t, iommu_attach_device(bench->domain, bench->client), 0);
}

/* The bytes at IOVA that were written to, as by IOMMU_HWPT_GET_DIRTY_BITMAP. */
static u64 take_dirty(struct bench *bench, size_t size)
{
	struct iommu_domain *domain = bench->domain;
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	u64 taken;

	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	EXPECT_EQ(bench->t, domain->dirty_ops->read_and_clear_dirty(domain, IOVA, size, 0, &dirty), 0);
	taken = gather.end ? gather.end + 1 - gather.start : 0;
	iommu_iotlb_sync(domain, &gather);
	return taken;
}

static bool writes(unsigned long iova)
{
	u32 word = 1;

	return smmu_model_dma_write(BOARD_SID_A, iova, &word, 4);
}

static void written_pages_are_reported(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word;

	if (!bench_start(t) || !attach_tracked(&bench))
		return bench_stop(t);
	EXPECT(t, device_iommu_capable(bench.client, IOMMU_CAP_DIRTY_TRACKING));
	EXPECT_EQ(t, bench.domain->dirty_ops->set_dirty_tracking(bench.domain, true), 0);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT_EQ(t, take_dirty(&bench, SZ_4K), SZ_4K);	/* new pages count as written */
	EXPECT(t, smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4));
	EXPECT_EQ(t, take_dirty(&bench, SZ_4K), 0);
	/* The second time shows that the first was followed by an invalidation. */
	for (int i = 0; i < 2; i++) {
		EXPECT(t, writes(IOVA + 8));
		EXPECT_EQ(t, take_dirty(&bench, SZ_4K), SZ_4K);
		EXPECT_EQ(t, take_dirty(&bench, SZ_4K), 0);
	}
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void a_hole_is_an_error(struct test_run *t)
{
	struct bench bench = { .t = t };
	struct iommu_dirty_bitmap dirty = { };

	if (!bench_start(t) || !attach_tracked(&bench))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT_EQ(t, -bench.domain->dirty_ops->read_and_clear_dirty(bench.domain, IOVA, SZ_8K, 0,
								    &dirty), EINVAL);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void a_suspended_smmu_is_read(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!bench_start_in_domain(t) || !attach_tracked(&bench))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT(t, writes(IOVA));
	bench_suspend_clients(t);
	EXPECT_EQ(t, take_dirty(&bench, SZ_4K), SZ_4K);
	EXPECT_EQ(t, take_dirty(&bench, SZ_4K), 0);
	EXPECT(t, bench_is_off());
	bench_resume_clients(t);
	EXPECT(t, writes(IOVA));
	EXPECT_EQ(t, take_dirty(&bench, SZ_4K), SZ_4K);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void other_flags_are_refused(struct test_run *t)
{
	const struct iommu_user_data data = { };
	struct iommu_domain *domain;
	struct device *client;

	if (!bench_start(t))
		return bench_stop(t);
	client = board_client(BOARD_CLIENT_A);
	domain = test_domain_alloc_user(client, IOMMU_HWPT_ALLOC_NEST_PARENT, NULL);
	EXPECT_EQ(t, -PTR_ERR_OR_ZERO(domain), EOPNOTSUPP);
	domain = test_domain_alloc_user(client, 0, &data);
	EXPECT_EQ(t, -PTR_ERR_OR_ZERO(domain), EOPNOTSUPP);
	domain = test_domain_alloc_user(client, 0, NULL);
	if (EXPECT(t, !IS_ERR(domain))) {
		EXPECT(t, !domain->dirty_ops);
		EXPECT_EQ(t, domain->type, IOMMU_DOMAIN_UNMANAGED);
		EXPECT_EQ(t, iommu_attach_device(domain, client), 0);
		iommu_detach_device(domain, client);
		iommu_domain_free(domain);
	}
	bench_stop(t);
}

static void pasids_may_have_dirty_tracking(struct test_run *t)
{
	const u32 flags = IOMMU_HWPT_ALLOC_DIRTY_TRACKING | TEST_ALLOC_PASID;
	struct iommu_domain *domain;

	if (!bench_start(t))
		return bench_stop(t);
	domain = test_domain_alloc_user(board_client(BOARD_CLIENT_A), flags, NULL);
	if (EXPECT(t, !IS_ERR(domain))) {
		EXPECT(t, domain->dirty_ops);
		iommu_domain_free(domain);
	}
	domain = test_domain_alloc_user(board_client(BOARD_CLIENT_A), TEST_ALLOC_PASID, NULL);
	if (EXPECT(t, !IS_ERR(domain))) {
		EXPECT(t, !domain->dirty_ops);
		iommu_domain_free(domain);
	}
	bench_stop(t);
}

static void an_smmu_that_records_no_writes_refuses(struct test_run *t)
{
	struct iommu_domain *domain;
	struct device *client;

	smmu_model_create((smmu_model_idr0() & ~IDR0_HTTU) | IDR0_HTTU_AF, smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) || !bench_populate(t))
		return bench_stop(t);
	client = board_client(BOARD_CLIENT_A);
	EXPECT(t, !device_iommu_capable(client, IOMMU_CAP_DIRTY_TRACKING));
	domain = test_domain_alloc_user(client, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, NULL);
	EXPECT_EQ(t, -PTR_ERR_OR_ZERO(domain), EOPNOTSUPP);
	bench_stop(t);
}

TEST_SUITE(driver_dirty, TEST_CASE(written_pages_are_reported), TEST_CASE(a_hole_is_an_error),
	   TEST_CASE(a_suspended_smmu_is_read), TEST_CASE(other_flags_are_refused),
	   TEST_CASE(pasids_may_have_dirty_tracking),
	   TEST_CASE(an_smmu_that_records_no_writes_refuses));
