// SPDX-License-Identifier: GPL-2.0-only
/* The driver as Linux runs it, with devices that do DMA: domains, mappings, invalidation. */
#include <linux/of_platform.h>
#include <linux/platform_device.h>

#include "kunit/linux/common/compat_domains.h"
#include "kunit/linux/smmu/bench.h"

static void mapped_memory_is_read_and_written(struct test_run *t)
{
	struct bench bench = { .t = t };
	static const char text[] = "through the page table";
	char back[sizeof(text)];

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT_EQ(t, iommu_iova_to_phys(bench.domain, IOVA + 8), page_to_phys(bench.page) + 8);
	EXPECT(t, smmu_model_dma_write(BOARD_SID_A, IOVA + 16, text, sizeof(text)));
	EXPECT(t, !memcmp(page_address(bench.page) + 16, text, sizeof(text)));
	EXPECT(t, smmu_model_dma_read(BOARD_SID_A, IOVA + 16, back, sizeof(back)));
	EXPECT(t, !memcmp(back, text, sizeof(text)));
	EXPECT_EQ(t, smmu_model_events(F_TRANSLATION), 0);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void unmapped_memory_is_forgotten(struct test_run *t)
{
	const unsigned long iova = IOVA & ~(SZ_2M - 1);
	struct bench bench = { .t = t };
	u64 pa, invalidations;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	for (size_t size = SZ_4K; size <= SZ_2M; size *= 8) {
		EXPECT_EQ(t, bench_map(&bench, iova, size, IOMMU_READ), 0);
		EXPECT(t, smmu_model_translate(BOARD_SID_A, iova + size - 1, &pa));
		EXPECT_EQ(t, pa, page_to_phys(bench.page) + size - 1);
		invalidations = smmu_model_commands(OP_TLBI_NH_VA);
		EXPECT_EQ(t, iommu_unmap(bench.domain, iova, size), size);
		EXPECT(t, smmu_model_commands(OP_TLBI_NH_VA) > invalidations);
		EXPECT(t, !smmu_model_translate(BOARD_SID_A, iova, &pa));
		EXPECT(t, !smmu_model_translate(BOARD_SID_A, iova + size - 1, &pa));
	}
	bench_detach(&bench);
	bench_stop(t);
}

/* A table takes the place of the block; the TLB has the block. */
static void a_part_of_a_block_is_forgotten(struct test_run *t)
{
	const unsigned long block = IOVA & ~(SZ_2M - 1);
	struct bench bench = { .t = t };

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	for (size_t size = SZ_4K; size <= SZ_1M; size *= 4) {
		EXPECT_EQ(t, iommu_map(bench.domain, block, SZ_2M, SZ_2M, IOMMU_READ, GFP_KERNEL), 0);
		EXPECT(t, bench_reaches(BOARD_SID_A, block, SZ_2M));
		EXPECT_EQ(t, iommu_unmap(bench.domain, block + SZ_1M, size), size);
		EXPECT(t, bench_aborts(BOARD_SID_A, block + SZ_1M));
		EXPECT(t, bench_aborts(BOARD_SID_A, block + SZ_1M + size - 1));
		EXPECT(t, bench_reaches(BOARD_SID_A, block + SZ_1M - 1, SZ_2M + SZ_1M - 1));
		EXPECT_EQ(t, iommu_unmap(bench.domain, block, SZ_1M), SZ_1M);
		EXPECT_EQ(t, iommu_unmap(bench.domain, block + SZ_1M + size, SZ_1M - size),
			  SZ_1M - size);
	}
	bench_detach(&bench);
	bench_stop(t);
}

/* The model keeps what is not invalidated, so that a missing invalidation shows. */
static void translation_lives_until_it_is_invalidated(struct test_run *t)
{
	struct bench bench = { .t = t };
	struct iommu_iotlb_gather gather;
	u64 pa;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	iommu_iotlb_gather_init(&gather);
	EXPECT_EQ(t, iommu_unmap_fast(bench.domain, IOVA, SZ_4K, &gather), SZ_4K);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	iommu_iotlb_sync(bench.domain, &gather);
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	bench_detach(&bench);
	bench_stop(t);
}

/* Without IOMMU_DMA, the default domain is the identity. */
static void identity_gives_way_and_comes_back(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0x12345678;
	phys_addr_t pa;
	u64 to;

	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == IOVA);
	if (!bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	pa = page_to_phys(bench.page);
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, pa, &word, 4));
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == pa);
	iommu_detach_device(bench.domain, bench.client);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == IOVA);
	EXPECT(t, smmu_model_dma_write(BOARD_SID_A, pa, &word, 4));
	EXPECT_EQ(t, *(u32 *)page_address(bench.page), word);
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == pa);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void two_devices_share_a_domain(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa, pages[3];

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, iommu_attach_device(bench.domain, board_client(BOARD_CLIENT_B)), 0);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pages[0]));
	EXPECT(t, smmu_model_translate(BOARD_SID_B1, IOVA, &pages[1]));
	EXPECT(t, smmu_model_translate(BOARD_SID_B2, IOVA, &pages[2]));
	EXPECT(t, pages[0] == pages[1] && pages[1] == pages[2]);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT(t, !smmu_model_translate(BOARD_SID_B2, IOVA, &pa));
	iommu_detach_device(bench.domain, board_client(BOARD_CLIENT_B));
	bench_detach(&bench);
	bench_stop(t);
}

static void stage_2_alone_translates(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa, invalidations;

	smmu_model_create(smmu_model_idr0() & ~(IDR0_S1P | IDR0_HYP), smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) || !bench_populate(t) ||
	    !bench_attach(&bench, BOARD_CLIENT_B))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_B1, IOVA, &pa));
	EXPECT_EQ(t, pa, page_to_phys(bench.page));
	invalidations = smmu_model_commands(OP_TLBI_S2_IPA);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, smmu_model_commands(OP_TLBI_S2_IPA) > invalidations);
	EXPECT(t, !smmu_model_translate(BOARD_SID_B1, IOVA, &pa));
	bench_detach(&bench);
	bench_stop(t);
}

/* Linear stream table, and page tables that are cleaned to memory one by one. */
static void plain_smmu_translates(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa;

	smmu_model_create(smmu_model_idr0() & ~(IDR0_ST_LEVEL | IDR0_COHACC), smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) ||
	    !EXPECT_EQ(t, tree_remove("iommu", "dma-coherent"), 0) ||
	    !EXPECT_EQ(t, tree_set("iommu", "dma-noncoherent", (u32[]){ 0 }, 1), 0) ||
	    !bench_populate(t) ||
	    !bench_attach(&bench, BOARD_CLIENT_B))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_B2, IOVA, &pa));
	EXPECT_EQ(t, pa, page_to_phys(bench.page));
	EXPECT(t, !device_iommu_capable(bench.client, IOMMU_CAP_CACHE_COHERENCY));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, !smmu_model_translate(BOARD_SID_B2, IOVA, &pa));
	bench_detach(&bench);
	bench_stop(t);
}

static void every_allocation_of_attach_may_fail(struct test_run *t)
{
	struct device *client;
	struct iommu_domain *domain;
	bool reached = true;
	u32 nth = 0;
	u64 to;
	int ret;

	if (!bench_start(t))
		return bench_stop(t);
	client = board_client(BOARD_CLIENT_B);
	while (reached && nth < 200) {
		u32 before = test_live_allocs();

		test_fail_alloc(++nth);
		domain = iommu_paging_domain_alloc(client);
		ret = PTR_ERR_OR_ZERO(domain) ?: iommu_attach_device(domain, client);
		reached = test_alloc_failed();
		test_fail_alloc(0);
		EXPECT_EQ(t, ret, reached ? -ENOMEM : 0);
		if (!ret)
			iommu_detach_device(domain, client);
		if (!IS_ERR(domain))
			iommu_domain_free(domain);
		EXPECT(t, smmu_model_translate(BOARD_SID_B1, IOVA, &to) && to == IOVA);
		EXPECT(t, !reached || test_live_allocs() == before);
	}
	EXPECT(t, nth > 2 && nth < 200);
	bench_stop(t);
}

static void fall_silent(void)
{
	test_clock_fake(true);
	smmu_model_break(SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
}

/* The IOMMU core attaches the domain before again. */
static void attaching_without_answer_is_undone(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!bench_start_polled(t))
		return bench_stop(t);
	bench.client = board_client(BOARD_CLIENT_B);
	bench.domain = iommu_paging_domain_alloc(bench.client);
	if (!EXPECT(t, !IS_ERR(bench.domain)))
		return bench_stop(t);
	EXPECT(t, bench_reaches(BOARD_SID_B1, IOVA, IOVA));
	fall_silent();
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), -ETIMEDOUT);
	EXPECT(t, iommu_get_domain_for_dev(bench.client) != bench.domain);
	smmu_model_mend();
	EXPECT(t, bench_reaches(BOARD_SID_B1, IOVA, IOVA));
	EXPECT(t, bench_reaches(BOARD_SID_B2, IOVA, IOVA));
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT(t, bench_aborts(BOARD_SID_B1, IOVA));
	iommu_detach_device(bench.domain, bench.client);
	iommu_domain_free(bench.domain);
	EXPECT_EQ(t, test_log_count("leaking"), 0);
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
	bench_stop(t);
}

static int attach_alone(struct device *dev, void *domain)
{
	struct iommu_domain *wanted = domain;

	return test_attach_dev(wanted->ops, wanted, dev);
}

/*
 * The IOMMU core undoes an attach, because that of another device of the group has failed.  After an error it would
 * block the device, and take it for attached.
 */
static void undoing_without_answer_succeeds(struct test_run *t)
{
	struct bench bench = { .t = t };
	struct iommu_domain *other;
	struct iommu_group *group;

	if (!bench_start_polled(t) || !bench_attach(&bench, BOARD_CLIENT_A) ||
	    !EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0))
		return bench_stop(t);
	group = bench.client->iommu_group;
	other = test_domain_alloc(bench.client);
	if (!EXPECT(t, other))
		return bench_stop(t);
	EXPECT_EQ(t, iommu_group_for_each_dev(group, other, attach_alone), 0);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	fall_silent();
	EXPECT_EQ(t, iommu_group_for_each_dev(group, bench.domain, attach_alone), 0);
	smmu_model_mend();
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	iommu_domain_free(other);
	bench_detach(&bench);
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
	bench_stop(t);
}

static struct device *replace_client_a(struct test_run *t, void (*meanwhile)(void))
{
	struct device_node *node = tree_node("client-a");
	struct platform_device *client;

	of_platform_device_destroy(board_client(BOARD_CLIENT_A), NULL);
	meanwhile();
	client = of_platform_device_create(node, NULL, board_smmu()->parent);
	of_node_put(node);
	return EXPECT(t, client) ? &client->dev : NULL;
}

/* The IOMMU core does not allow the first attach to fail. */
static void device_that_comes_without_answer_is_attached(struct test_run *t)
{
	struct device *client;

	if (!bench_start_polled(t))
		return bench_stop(t);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	client = replace_client_a(t, fall_silent);
	if (client)
		EXPECT(t, device_iommu_mapped(client));
	smmu_model_mend();
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
	bench_stop(t);
}

static bool was_direct;

static void look_at_client_a(void)
{
	was_direct = bench_reaches(BOARD_SID_A, IOVA, IOVA);
}

/* As iommu-addresses of the device tree asks for. */
static void device_of_firmware_is_left_direct(struct test_run *t)
{
	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, replace_client_a(t, look_at_client_a));
	EXPECT(t, !was_direct);
	board_client(BOARD_CLIENT_A)->iommu->require_direct = 1;
	EXPECT(t, replace_client_a(t, look_at_client_a));
	EXPECT(t, was_direct);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	bench_stop(t);
}

TEST_SUITE(driver_dma, TEST_CASE(mapped_memory_is_read_and_written),
	   TEST_CASE(unmapped_memory_is_forgotten), TEST_CASE(a_part_of_a_block_is_forgotten),
	   TEST_CASE(translation_lives_until_it_is_invalidated),
	   TEST_CASE(identity_gives_way_and_comes_back), TEST_CASE(two_devices_share_a_domain),
	   TEST_CASE(stage_2_alone_translates), TEST_CASE(plain_smmu_translates),
	   TEST_CASE(every_allocation_of_attach_may_fail),
	   TEST_CASE(attaching_without_answer_is_undone),
	   TEST_CASE(undoing_without_answer_succeeds),
	   TEST_CASE(device_that_comes_without_answer_is_attached),
	   TEST_CASE(device_of_firmware_is_left_direct));
