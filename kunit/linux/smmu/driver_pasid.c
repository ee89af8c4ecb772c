// SPDX-License-Identifier: GPL-2.0-only
/* PASIDs as the IOMMU core attaches them: client A has five bits. */
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/bench.h"

#define PASID	3

static bool start(struct bench *bench, struct test_run *t, bool power_domain)
{
	const u32 bits = 5;

	*bench = (struct bench){ .t = t };
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       (!power_domain || EXPECT_EQ(t, board_add_power_domain(), 0)) && bench_populate(t);
}

/* A domain with a page, for client A. */
static bool make(struct bench *bench)
{
	struct test_run *t = bench->t;

	bench->client = board_client(BOARD_CLIENT_A);
	bench->domain = iommu_paging_domain_alloc(bench->client);
	if (!EXPECT(t, !IS_ERR(bench->domain)))
		return false;
	bench->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return EXPECT(t, bench->page);
}

/* The first attach makes the page table, where the domain was allocated without a device. */
static bool attach(struct bench *bench, ioasid_t pasid)
{
	return EXPECT_EQ(bench->t,
			 iommu_attach_device_pasid(bench->domain, bench->client, pasid, NULL), 0);
}

static bool map(struct bench *bench)
{
	return EXPECT_EQ(bench->t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
}

static void detach(struct bench *bench, ioasid_t pasid)
{
	iommu_detach_device_pasid(bench->domain, bench->client, pasid);
}

static void unmake(struct bench *bench)
{
	iommu_domain_free(bench->domain);
	__free_page(bench->page);
}

static bool reaches(struct bench *bench, u32 pasid)
{
	u64 pa;

	return smmu_model_translate_pasid(BOARD_SID_A, pasid, IOVA, &pa) &&
	       pa == page_to_phys(bench->page);
}

static bool aborts(u32 pasid)
{
	u64 pa;

	return !smmu_model_translate_pasid(BOARD_SID_A, pasid, IOVA, &pa);
}

static void pasid_has_a_domain_beside_that_of_the_device(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, false) || !make(&bench) || !attach(&bench, PASID) || !map(&bench))
		return bench_stop(t);
	EXPECT(t, reaches(&bench, PASID));
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	EXPECT(t, aborts(PASID + 1));
	EXPECT(t, attach(&bench, PASID + 1));
	EXPECT(t, reaches(&bench, PASID + 1));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, aborts(PASID) && aborts(PASID + 1));
	EXPECT(t, map(&bench));
	detach(&bench, PASID);
	EXPECT(t, aborts(PASID));
	EXPECT(t, reaches(&bench, PASID + 1));
	detach(&bench, PASID + 1);
	EXPECT(t, aborts(PASID + 1));
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	unmake(&bench);
	bench_stop(t);
}

static void bad_pasid_and_second_owner_are_refused(struct test_run *t)
{
	struct bench first, second;

	if (!start(&first, t, false) || !make(&first) || !attach(&first, PASID) || !map(&first))
		return bench_stop(t);
	second = (struct bench){ .t = t };
	if (!make(&second))
		return bench_stop(t);
	EXPECT_EQ(t, iommu_attach_device_pasid(second.domain, second.client, PASID, NULL), -EBUSY);
	EXPECT_EQ(t, iommu_attach_device_pasid(second.domain, second.client, 32, NULL), -EINVAL);
	EXPECT_EQ(t, iommu_attach_device_pasid(second.domain, second.client, 0, NULL), -EINVAL);
	EXPECT(t, reaches(&first, PASID));
	detach(&first, PASID);
	unmake(&second);
	unmake(&first);
	bench_stop(t);
}

/* As of a PCI function whose PASIDs could not be enabled: client B has none that are. */
static void linux_knows_of_pasids_that_are_enabled_only(struct test_run *t)
{
	struct bench bench;
	struct device *a, *b;

	if (!start(&bench, t, false))
		return bench_stop(t);
	a = board_client(BOARD_CLIENT_A);
	b = board_client(BOARD_CLIENT_B);
	EXPECT_EQ(t, a->iommu->max_pasids, 32);
	EXPECT_EQ(t, b->iommu->max_pasids, 0);
	b->iommu->max_pasids = 32;
	b->iommu->iommu_dev->ops->probe_finalize(b);
	EXPECT_EQ(t, b->iommu->max_pasids, 0);
	a->iommu->iommu_dev->ops->probe_finalize(a);
	EXPECT_EQ(t, a->iommu->max_pasids, 32);
	bench_stop(t);
}

/* As iommu_replace_device_pasid() of Linux 7.2 does. */
static void another_domain_replaces_one(struct test_run *t)
{
	struct bench first, second;

	if (!start(&first, t, false) || !make(&first) || !attach(&first, PASID) || !map(&first))
		return bench_stop(t);
	second = (struct bench){ .t = t };
	if (!make(&second) || !attach(&second, PASID + 1) || !map(&second))
		return bench_stop(t);
	EXPECT_EQ(t, second.domain->ops->set_dev_pasid(second.domain, second.client, PASID,
						       first.domain), 0);
	EXPECT(t, reaches(&second, PASID));
	EXPECT_EQ(t, iommu_unmap(first.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, reaches(&second, PASID));
	detach(&first, PASID);
	EXPECT(t, aborts(PASID));
	detach(&second, PASID + 1);
	unmake(&second);
	unmake(&first);
	bench_stop(t);
}

static void pasids_outlast_a_runtime_suspend(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true) || !make(&bench) || !attach(&bench, PASID) || !map(&bench))
		return bench_stop(t);
	EXPECT(t, reaches(&bench, PASID));
	bench_suspend_clients(t);
	bench_resume_clients(t);
	EXPECT(t, reaches(&bench, PASID));
	bench_suspend_clients(t);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, attach(&bench, PASID + 1));
	bench_resume_clients(t);
	EXPECT(t, aborts(PASID));
	EXPECT(t, map(&bench));
	EXPECT(t, reaches(&bench, PASID + 1));
	bench_suspend_clients(t);
	detach(&bench, PASID);
	detach(&bench, PASID + 1);
	bench_resume_clients(t);
	EXPECT(t, aborts(PASID));
	unmake(&bench);
	bench_stop(t);
}

static u32 handled;

static int count(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags,
		 void *token)
{
	handled++;
	return 0;
}

static bool is_logged(void)
{
	return test_log_count("ssid: 0x3") > 0;
}

/* It is not in the domain that the handler is of. */
static void fault_with_a_pasid_is_not_offered_to_the_handler_of_the_device(struct test_run *t)
{
	struct bench base, bench;

	if (!start(&bench, t, false) || !make(&bench) || !attach(&bench, PASID))
		return bench_stop(t);
	base = (struct bench){ .t = t };
	if (!bench_attach(&base, BOARD_CLIENT_A))
		return bench_stop(t);
	handled = 0;
	iommu_set_fault_handler(base.domain, count, NULL);
	EXPECT(t, aborts(PASID));
	EXPECT(t, wait_for(is_logged));
	bench_detach(&base);
	EXPECT_EQ(t, handled, 0);
	detach(&bench, PASID);
	unmake(&bench);
	bench_stop(t);
}

TEST_SUITE(driver_pasid, TEST_CASE(pasid_has_a_domain_beside_that_of_the_device),
	   TEST_CASE(bad_pasid_and_second_owner_are_refused),
	   TEST_CASE(linux_knows_of_pasids_that_are_enabled_only),
	   TEST_CASE(another_domain_replaces_one), TEST_CASE(pasids_outlast_a_runtime_suspend),
	   TEST_CASE(fault_with_a_pasid_is_not_offered_to_the_handler_of_the_device));
