// SPDX-License-Identifier: GPL-2.0-only
/* One domain for devices behind two SMMUs, as VFIO has one for each container. */
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/pair.h"

/* The second SMMU's client joins the domain of the first one's. */
static bool share(struct pair *pair)
{
	struct bench *second = &pair->benches[1];

	iommu_detach_device(second->domain, second->client);
	return EXPECT_EQ(pair->t, iommu_attach_device(pair->benches[0].domain, second->client), 0);
}

static void unshare(struct pair *pair)
{
	struct bench *second = &pair->benches[1];

	iommu_detach_device(pair->benches[0].domain, second->client);
	EXPECT_EQ(pair->t, iommu_attach_device(second->domain, second->client), 0);
}

static bool start(struct pair *pair, struct test_run *t)
{
	return pair_start(pair, t, true) && share(pair);
}

static void stop(struct pair *pair)
{
	if (pair->attached)
		unshare(pair);
	pair_stop(pair);
}

static bool reaches(struct pair *pair, u32 unit)
{
	smmu_model_select(unit);
	return bench_reaches(unit ? BOARD_SID_C : BOARD_SID_A, IOVA,
			     page_to_phys(pair->benches[0].page));
}

static bool aborts(u32 unit)
{
	smmu_model_select(unit);
	return bench_aborts(unit ? BOARD_SID_C : BOARD_SID_A, IOVA);
}

static void unmap(struct pair *pair)
{
	EXPECT_EQ(pair->t, iommu_unmap(pair->benches[0].domain, IOVA, SZ_4K), SZ_4K);
}

static void map(struct pair *pair)
{
	EXPECT_EQ(pair->t, bench_map(&pair->benches[0], IOVA, SZ_4K, IOMMU_READ), 0);
}

static void unmapped_page_is_forgotten_by_both(struct test_run *t)
{
	struct pair pair;

	if (!start(&pair, t))
		return pair_stop(&pair);
	for (u32 round = 0; round < 3; round++) {
		EXPECT(t, reaches(&pair, 0));
		EXPECT(t, reaches(&pair, 1));
		unmap(&pair);
		EXPECT(t, aborts(0));
		EXPECT(t, aborts(1));
		map(&pair);
	}
	stop(&pair);
}

static bool second_is_off(void)
{
	return !smmu_model_powered(1);
}

/* Each SMMU is suspended by itself: the one that is off is not told, and does not wake. */
static void unmap_leaves_out_the_one_that_sleeps(struct test_run *t)
{
	struct pair pair;
	u64 elided;

	if (!start(&pair, t))
		return pair_stop(&pair);
	EXPECT(t, reaches(&pair, 0));
	EXPECT(t, reaches(&pair, 1));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_C));
	EXPECT(t, wait_for(second_is_off));
	elided = pair_stats(1).elided;
	unmap(&pair);
	EXPECT_EQ(t, pair_stats(1).elided, elided + 1);
	EXPECT_EQ(t, pair_stats(0).elided, 0);
	EXPECT(t, second_is_off());
	EXPECT(t, aborts(0));
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_C)), 0);
	EXPECT(t, aborts(1));
	map(&pair);
	EXPECT(t, reaches(&pair, 1));
	stop(&pair);
}

static void smmu_without_a_device_is_not_told(struct test_run *t)
{
	struct pair pair;
	u64 commands;

	if (!start(&pair, t))
		return pair_stop(&pair);
	EXPECT(t, reaches(&pair, 1));
	unshare(&pair);
	commands = pair_stats(1).commands;
	unmap(&pair);
	EXPECT_EQ(t, pair_stats(1).commands, commands);
	EXPECT(t, aborts(0));
	/* Nothing that it has forgotten comes back with the device. */
	EXPECT(t, share(&pair));
	EXPECT(t, aborts(1));
	map(&pair);
	EXPECT(t, reaches(&pair, 0));
	EXPECT(t, reaches(&pair, 1));
	stop(&pair);
}

/* The first one is whom the page table was made for. */
static void domain_goes_on_without_its_first_device(struct test_run *t)
{
	struct pair pair;
	struct bench *first = &pair.benches[0];

	if (!start(&pair, t))
		return pair_stop(&pair);
	iommu_detach_device(first->domain, first->client);
	EXPECT(t, reaches(&pair, 1));
	unmap(&pair);
	EXPECT(t, aborts(1));
	map(&pair);
	EXPECT(t, reaches(&pair, 1));
	EXPECT_EQ(t, iommu_attach_device(first->domain, first->client), 0);
	EXPECT(t, reaches(&pair, 0));
	stop(&pair);
}

TEST_SUITE(driver_shared, TEST_CASE(unmapped_page_is_forgotten_by_both),
	   TEST_CASE(unmap_leaves_out_the_one_that_sleeps),
	   TEST_CASE(smmu_without_a_device_is_not_told),
	   TEST_CASE(domain_goes_on_without_its_first_device));
