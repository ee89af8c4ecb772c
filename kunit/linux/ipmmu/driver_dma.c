// SPDX-License-Identifier: GPL-2.0-only
/* The IPMMU driver at work: domains, groups, faults. */
#include <linux/delay.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/ipmmu/bench.h"

/* ---- translation ---- */

static void mapped_memory_is_reached(struct test_run *t)
{
	struct ipmmu_space space = { };
	u64 pa;

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
	if (!ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT_EQ(t, iommu_iova_to_phys(space.domain, IOVA + 8), page_to_phys(space.page) + 8);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA + 0x10, &space));
	EXPECT_EQ(t, ipmmu_model_write(IPMMU_LEAF1, UTLB_A, IOVA, &pa), IPMMU_TRANSLATED);
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	ipmmu_detach(&space);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
	ipmmu_stop(t);
}

static void the_flush_is_needed(struct test_run *t)
{
	struct iommu_iotlb_gather gather;
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	iommu_iotlb_gather_init(&gather);
	EXPECT_EQ(t, iommu_unmap_fast(space.domain, IOVA, SZ_4K, &gather), SZ_4K);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	iommu_iotlb_sync(space.domain, &gather);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void leaves_share_a_domain(struct test_run *t)
{
	struct iommu_group *other;
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	other = iommu_group_get(board_client(IPMMU_C));
	EXPECT_EQ(t, iommu_attach_group(space.domain, other), 0);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF2, UTLB_C, IOVA, &space));
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, IOVA));
	iommu_detach_group(space.domain, other);
	iommu_group_put(other);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void a_group_shares_its_utlb(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_D))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_B, IOVA, &space));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_BD, IOVA, &space));
	device_release_driver(board_client(IPMMU_D));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_BD, IOVA, &space));
	ipmmu_detach(&space);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_B));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_BD));
	ipmmu_stop(t);
}

/* What VFIO does first. */
static void an_owner_blocks_dma(struct test_run *t)
{
	struct iommu_group *group;

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	device_release_driver(board_client(IPMMU_A));
	group = iommu_group_get(ipmmu_board_unit(IPMMU_LEAF1));
	EXPECT(t, !group);
	group = iommu_group_get(board_client(IPMMU_C));
	device_release_driver(board_client(IPMMU_C));
	EXPECT_EQ(t, iommu_group_claim_dma_owner(group, t), 0);
	EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_unit(IPMMU_LEAF2)), 0);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, IOVA));
	EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, 0));
	iommu_group_release_dma_owner(group);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
	pm_runtime_put(ipmmu_board_unit(IPMMU_LEAF2));
	iommu_group_put(group);
	ipmmu_stop(t);
}

/* What VFIO does then: the address space is the owner's, and nothing is reached before and after it. */
static void an_owner_has_an_address_space(struct test_run *t)
{
	struct ipmmu_space space = { };
	struct device *client;

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	client = board_client(IPMMU_C);
	EXPECT(t, device_iommu_capable(client, IOMMU_CAP_CACHE_COHERENCY));
	EXPECT(t, !device_iommu_capable(board_client(IPMMU_A), IOMMU_CAP_CACHE_COHERENCY));
	EXPECT(t, !device_iommu_capable(client, IOMMU_CAP_ENFORCE_CACHE_COHERENCY));
	EXPECT(t, device_iommu_capable(client, IOMMU_CAP_DEFERRED_FLUSH));
	device_release_driver(client);
	client = board_device(IPMMU_C);
	EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_unit(IPMMU_LEAF2)), 0);

	space.group = iommu_group_get(client);
	space.page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	EXPECT_EQ(t, iommu_group_claim_dma_owner(space.group, t), 0);
	EXPECT_EQ(t, iommu_group_claim_dma_owner(space.group, client), -EPERM);
	space.domain = iommu_paging_domain_alloc(client);
	if (EXPECT(t, !IS_ERR(space.domain))) {
		EXPECT_EQ(t, iommu_attach_group(space.domain, space.group), 0);
		EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
		EXPECT(t, ipmmu_reads(IPMMU_LEAF2, UTLB_C, IOVA, &space));
		EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, IOVA + SZ_4K));
		iommu_detach_group(space.domain, space.group);
		EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, IOVA));
		iommu_domain_free(space.domain);
	}
	iommu_group_release_dma_owner(space.group);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
	pm_runtime_put(ipmmu_board_unit(IPMMU_LEAF2));
	iommu_group_put(space.group);
	__free_page(space.page);
	ipmmu_stop(t);
}

static void beyond_the_format_is_refused(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, space.domain->geometry.aperture_end, 0xffffffff);
	EXPECT_EQ(t, ipmmu_map(&space, 0x100000000, SZ_4K), -ERANGE);
	EXPECT_EQ(t, ipmmu_map(&space, 0xfffff000, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, 0xfffff000, &space));
	EXPECT_EQ(t, iommu_unmap(space.domain, 0x100000000, SZ_4K), 0);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* ---- faults ---- */

static struct {
	int count;
	struct device *dev;
	unsigned long iova;
} handled;

static int handler(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags,
		   void *token)
{
	handled.dev = dev;
	handled.iova = iova;
	handled.count++;
	return 0;
}

static bool first_is_handled(void)
{
	return handled.count == 1;
}

static bool second_is_handled(void)
{
	return handled.count == 2;
}

static void a_fault_reaches_the_domains_owner(struct test_run *t)
{
	struct ipmmu_space space = { };

	handled.count = 0;
	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	iommu_set_fault_handler(space.domain, handler, NULL);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA + 0x123));
	EXPECT(t, wait_for(first_is_handled));
	EXPECT_EQ(t, handled.iova, IOVA + 0x123);
	EXPECT(t, handled.dev == board_client(IPMMU_A));
	/* It was cleared: the next one comes too. */
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, wait_for(second_is_handled));
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void a_fault_names_its_client_and_a_flood_is_limited(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	for (int i = 0; i < 40; i++) {
		EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA + i * SZ_4K));
		msleep(20);
	}
	EXPECT(t, test_log_count("fault: translation client: ipmmu-board:client-a iova: 0x12340000") == 1);
	EXPECT(t, test_log_count("walk: iova: 0x12340000 L1 0") == 1);
	EXPECT(t, test_log_count("fault: translation") <= 10);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_dma, TEST_CASE(mapped_memory_is_reached), TEST_CASE(the_flush_is_needed),
	   TEST_CASE(leaves_share_a_domain), TEST_CASE(a_group_shares_its_utlb),
	   TEST_CASE(an_owner_blocks_dma), TEST_CASE(an_owner_has_an_address_space),
	   TEST_CASE(beyond_the_format_is_refused),
	   TEST_CASE(a_fault_reaches_the_domains_owner),
	   TEST_CASE(a_fault_names_its_client_and_a_flood_is_limited));
