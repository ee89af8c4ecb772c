// SPDX-License-Identifier: GPL-2.0-only
/* The driver as Linux runs it: probed from a device tree, over the model, with devices doing DMA. */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "../test.h"
#include "board.h"
#include "uml.h"

#define EXPECT(t, holds)                                                     \
	({                                                                   \
		bool holds_ = (holds);                                       \
		if (!holds_)                                                 \
			test_fail(t, __FILE__, __LINE__, #holds, 0, 1);      \
		holds_;                                                      \
	})
#define EXPECT_EQ(t, left, right)                                            \
	({                                                                   \
		u64 left_ = (left), right_ = (right);                        \
		if (left_ != right_)                                         \
			test_fail(t, __FILE__, __LINE__, #left " == " #right,\
				  left_, right_);                            \
		left_ == right_;                                             \
	})

/* Architected numbers (IHI 0070, chapters 4, 6 and 7), apart from the driver's. */
#define GBPA		0x44
#define GBPA_ABORT	BIT(20)
#define CR0		0x20
#define CR0_SMMUEN	BIT(0)
#define F_TRANSLATION	0x10
#define F_PERMISSION	0x13
#define C_BAD_STREAMID	0x02
#define CERROR_ILL	1
#define OP_TLBI_NH_VA	0x12

#define IOVA		0x12340000UL

struct bench {
	struct test_run *t;
	struct device *client;
	struct iommu_domain *domain;
	struct page *page;
};

/* ---- set-up ---- */

static bool start(struct test_run *t)
{
	smmu_model_create(0, 0);
	return EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, board_populate(), 0) &&
	       EXPECT(t, board_client(BOARD_CLIENT_A));
}

static void stop(struct test_run *t)
{
	board_destroy();
	if (!EXPECT_EQ(t, smmu_model_violations(), 0))
		pr_info("last violation: %s\n", smmu_model_last_violation());
}

static bool attach(struct bench *bench, enum board_client which)
{
	struct test_run *t = bench->t;

	bench->client = board_client(which);
	bench->domain = iommu_paging_domain_alloc(bench->client);
	if (!EXPECT(t, !IS_ERR(bench->domain)))
		return false;
	bench->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return EXPECT(t, bench->page) &&
	       EXPECT_EQ(t, iommu_attach_device(bench->domain, bench->client), 0);
}

static void detach(struct bench *bench)
{
	iommu_detach_device(bench->domain, bench->client);
	iommu_domain_free(bench->domain);
	__free_page(bench->page);
}

static int map(struct bench *bench, unsigned long iova, size_t size, int prot)
{
	return iommu_map(bench->domain, iova, page_to_phys(bench->page), size, prot, GFP_KERNEL);
}

/* Interrupts come with the timer tick; threads run after that. */
static bool wait_for(bool (*done)(void))
{
	for (int i = 0; i < 100; i++) {
		if (done())
			return true;
		msleep(10);
	}
	return done();
}

/* ---- cases ---- */

static void probe_enables_and_remove_aborts(struct test_run *t)
{
	if (!start(t))
		return stop(t);
	EXPECT(t, board_smmu()->driver);
	EXPECT(t, smmu_model_read32(CR0) & CR0_SMMUEN);
	EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_A)));
	EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_B)));
	stop(t);
	EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
	EXPECT(t, smmu_model_read32(GBPA) & GBPA_ABORT);
}

static void mapped_memory_is_read_and_written(struct test_run *t)
{
	struct bench bench = { .t = t };
	static const char text[] = "through the page table";
	char back[sizeof(text)];

	if (!start(t) || !attach(&bench, BOARD_CLIENT_A))
		return stop(t);
	EXPECT_EQ(t, map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT_EQ(t, iommu_iova_to_phys(bench.domain, IOVA + 8), page_to_phys(bench.page) + 8);
	EXPECT(t, smmu_model_dma_write(BOARD_SID_A, IOVA + 16, text, sizeof(text)));
	EXPECT(t, !memcmp(page_address(bench.page) + 16, text, sizeof(text)));
	EXPECT(t, smmu_model_dma_read(BOARD_SID_A, IOVA + 16, back, sizeof(back)));
	EXPECT(t, !memcmp(back, text, sizeof(text)));
	EXPECT_EQ(t, smmu_model_events(F_TRANSLATION), 0);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	detach(&bench);
	stop(t);
}

static void unmapped_memory_is_forgotten(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa, invalidations;
	u32 word;

	if (!start(t) || !attach(&bench, BOARD_CLIENT_A))
		return stop(t);
	for (size_t size = SZ_4K; size <= SZ_2M; size *= 8) {
		EXPECT_EQ(t, map(&bench, IOVA & ~(SZ_2M - 1), size, IOMMU_READ), 0);
		EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA & ~(SZ_2M - 1), &pa));
		EXPECT_EQ(t, pa, page_to_phys(bench.page));
		invalidations = smmu_model_commands(OP_TLBI_NH_VA);
		EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA & ~(SZ_2M - 1), size), size);
		EXPECT(t, smmu_model_commands(OP_TLBI_NH_VA) > invalidations);
		EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA & ~(SZ_2M - 1), &word, 4));
	}
	detach(&bench);
	stop(t);
}

static bool permission_reported(void)
{
	return test_log_count("F_PERMISSION") == 1;
}

static void faults_are_reported_with_their_device(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0;

	if (!start(t) || !attach(&bench, BOARD_CLIENT_B))
		return stop(t);
	EXPECT_EQ(t, map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_dma_read(BOARD_SID_B2, IOVA, &word, 4));
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_B2, IOVA + 4, &word, 4));
	EXPECT(t, wait_for(permission_reported));
	EXPECT_EQ(t, test_log_count("client: smmuv3-board:client-b sid: 0x1234"), 1);
	EXPECT_EQ(t, test_log_count("iova: 0x12340004"), 1);
	EXPECT_EQ(t, smmu_model_events(F_PERMISSION), 1);
	iommu_unmap(bench.domain, IOVA, SZ_4K);
	detach(&bench);
	stop(t);
}

static int faults_taken;

static int take_fault(struct iommu_domain *domain, struct device *dev, unsigned long iova,
		      int flags, void *token)
{
	faults_taken += iova == IOVA && flags == IOMMU_FAULT_WRITE && !strcmp(token, "token");
	return 0;
}

static bool fault_taken(void)
{
	return faults_taken == 1;
}

static void fault_handler_comes_first(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0;

	faults_taken = 0;
	if (!start(t) || !attach(&bench, BOARD_CLIENT_A))
		return stop(t);
	iommu_set_fault_handler(bench.domain, take_fault, "token");
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, wait_for(fault_taken));
	EXPECT_EQ(t, test_log_count("F_TRANSLATION"), 0);
	detach(&bench);
	stop(t);
}

static bool unknown_stream_reported(void)
{
	return test_log_count("C_BAD_STREAMID") == 1;
}

static void unknown_stream_is_refused(struct test_run *t)
{
	u32 word;

	if (!start(t))
		return stop(t);
	/* A neighbour of client-a has an STE that aborts, in silence (IHI 0070, 5.2: Config 0). */
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A + 1, 0, &word, 4));
	EXPECT(t, !smmu_model_dma_read(0x5555, 0, &word, 4));
	EXPECT(t, wait_for(unknown_stream_reported));
	EXPECT_EQ(t, test_log_count("client: none sid: 0x5555"), 1);
	stop(t);
}

/* Without IOMMU_DMA, the default domain is the identity. */
static void identity_gives_way_and_comes_back(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0x12345678;
	phys_addr_t pa;
	u64 to;

	if (!start(t))
		return stop(t);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == IOVA);
	if (!attach(&bench, BOARD_CLIENT_A))
		return stop(t);
	pa = page_to_phys(bench.page);
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, pa, &word, 4));
	EXPECT_EQ(t, map(&bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == pa);
	iommu_detach_device(bench.domain, bench.client);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == IOVA);
	EXPECT(t, smmu_model_dma_write(BOARD_SID_A, pa, &word, 4));
	EXPECT_EQ(t, *(u32 *)page_address(bench.page), word);
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &to) && to == pa);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	detach(&bench);
	stop(t);
}

static void bad_iommu_cells_are_refused(struct test_run *t)
{
	smmu_model_create(0, 0);
	if (EXPECT_EQ(t, board_create(), 0) &&
	    EXPECT_EQ(t, board_set("iommu", "#iommu-cells", 2), 0) &&
	    EXPECT_EQ(t, board_populate(), 0)) {
		EXPECT(t, !board_smmu()->driver);
		EXPECT_EQ(t, test_log_count("#iommu-cells is 2, must be 1"), 1);
	}
	stop(t);
}

static void silent_smmu_is_given_up(struct test_run *t)
{
	smmu_model_create(0, 0);
	smmu_model_never_ack_cr0();
	test_clock_fake(true);
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, board_populate(), 0)) {
		EXPECT(t, !board_smmu()->driver);
		EXPECT(t, !board_client(BOARD_CLIENT_A));
	}
	board_destroy();
}

/* Each allocation of probe in turn fails: the error comes back, nothing stays. */
static void every_allocation_of_probe_may_fail(struct test_run *t)
{
	u32 before = test_live_allocs();
	u32 nth = 0;
	bool reached;

	do {
		smmu_model_create(0, 0);
		if (!EXPECT_EQ(t, board_create(), 0))
			return board_destroy();
		test_fail_alloc(++nth);
		board_populate();
		reached = test_alloc_failed();
		test_fail_alloc(0);
		board_destroy();
		if (!EXPECT_EQ(t, test_live_allocs(), before))
			pr_info("after failure of allocation %u\n", nth);
		EXPECT_EQ(t, smmu_model_violations(), 0);
	} while (reached && nth < 200);
	EXPECT(t, nth > 5 && nth < 200);
}

static void every_allocation_of_attach_may_fail(struct test_run *t)
{
	struct iommu_domain *domain;
	bool reached = true;
	u32 nth = 0;
	u64 to;
	int ret;

	if (!start(t))
		return stop(t);
	while (reached && nth < 200) {
		u32 before = test_live_allocs();

		test_fail_alloc(++nth);
		domain = iommu_paging_domain_alloc(board_client(BOARD_CLIENT_B));
		if (!IS_ERR(domain)) {
			ret = iommu_attach_device(domain, board_client(BOARD_CLIENT_B));
			reached = test_alloc_failed();
			EXPECT(t, reached ? ret == -ENOMEM : ret == 0);
			if (!ret)
				iommu_detach_device(domain, board_client(BOARD_CLIENT_B));
			iommu_domain_free(domain);
		} else {
			reached = test_alloc_failed();
			EXPECT_EQ(t, PTR_ERR(domain), -ENOMEM);
		}
		test_fail_alloc(0);
		EXPECT(t, smmu_model_translate(BOARD_SID_B1, IOVA, &to) && to == IOVA);
		if (nth > 1)	/* the first attach may keep the stream's context descriptor table */
			EXPECT_EQ(t, test_live_allocs(), before);
	}
	EXPECT(t, nth < 200);
	stop(t);
}

#define CASE(function) { #function, function }

static const struct test_case cases[] = {
	CASE(probe_enables_and_remove_aborts),
	CASE(mapped_memory_is_read_and_written),
	CASE(unmapped_memory_is_forgotten),
	CASE(faults_are_reported_with_their_device),
	CASE(fault_handler_comes_first),
	CASE(unknown_stream_is_refused),
	CASE(identity_gives_way_and_comes_back),
	CASE(bad_iommu_cells_are_refused),
	CASE(silent_smmu_is_given_up),
	CASE(every_allocation_of_probe_may_fail),
	CASE(every_allocation_of_attach_may_fail),
};

const struct test_suite driver_suite = { "driver", cases, ARRAY_SIZE(cases) };
