// SPDX-License-Identifier: GPL-2.0-only
/* ATS as Linux runs it: when the driver enables it at a device. */
#include <linux/bitfield.h>

#include "arm-smmu-v3/shim/compat.h"
#include "kunit/linux/common/compat.h"
#include "kunit/linux/smmu/ats_function.h"

#define OP_ATC_INV	0x40

static bool has_ats(void)
{
	return smmu_model_ats_enabled();
}

static void ats_lasts_as_long_as_a_paging_domain(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, false) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT_EQ(t, ats_function.enables, 1);
	EXPECT_EQ(t, ats_function.stu, 12);
	EXPECT(t, ats_uses_the_page(&bench));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT(t, ats_is_refused());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.disables, ats_function.enables);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT(t, ats_is_refused());
	ats_stop(t);
}

static void ats_is_off_unless_all_agree(struct test_run *t)
{
	for (u32 without = 0; without < 3; without++) {
		struct bench bench;

		if (!ats_start(&bench, t, false))
			return ats_stop(t);
		if (without == 0)
			ats_function.supported = false;
		else if (without == 1)
			dev_iommu_fwspec_get(board_client(BOARD_CLIENT_A))->flags = 0;
		else
			EXPECT_EQ(t, parameter_set("smmuv3.ats", "off"), 0);
		if (!ats_attach(&bench))
			return ats_stop(t);
		EXPECT_EQ(t, ats_function.enables, 0);
		EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
		EXPECT_EQ(t, smmu_model_commands(OP_ATC_INV), 0);
		bench_detach(&bench);
		ats_stop(t);
	}
}

static bool start_required(struct test_run *t, const char *ats)
{
	memset(&ats_function, 0, sizeof(ats_function));
	ats_function.supported = true;
	ats_function.required = true;
	return EXPECT_EQ(t, parameter_set("smmuv3.ats", ats), 0) && EXPECT(t, bench_start(t));
}

static void device_that_requires_ats_and_gets_none_is_reported(struct test_run *t)
{
	start_required(t, "off");
	EXPECT_EQ(t, test_log_count("requires ATS, which the parameter ats=off disables"), 1);
	bench_stop(t);
	start_required(t, "required");
	EXPECT_EQ(t, test_log_count("requires ATS, which firmware does not declare"), 1);
	ats_stop(t);
}

static bool start_with_forced_stalls(struct test_run *t)
{
	ats_function = (struct ats_function){ .supported = true, .required = true, .declared = true };
	smmu_model_create((smmu_model_idr0() & ~IDR0_STALL_MODEL) | FIELD_PREP(IDR0_STALL_MODEL, 2),
			  smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && bench_populate(t);
}

/* Whose translation requests could wait for an answer. */
static void smmu_that_forces_stalls_has_no_ats(struct test_run *t)
{
	start_with_forced_stalls(t);
	EXPECT_EQ(t, test_log_count("requires ATS, but the faults of its SMMU stall"), 1);
	EXPECT(t, !test_ats_capable(board_client(BOARD_CLIENT_A)));
	EXPECT_EQ(t, ats_function.enables, 0);
	ats_stop(t);
}

static void devices_that_require_ats_are_known_by_their_ids(struct test_run *t)
{
	EXPECT(t, smmu_ats_required_by_id(PCI_VENDOR_ID_NVIDIA, 0x2e00));
	EXPECT(t, smmu_ats_required_by_id(PCI_VENDOR_ID_NVIDIA, 0x2e3f));
	EXPECT(t, smmu_ats_required_by_id(PCI_VENDOR_ID_MELLANOX, 0x2101));
	EXPECT(t, !smmu_ats_required_by_id(PCI_VENDOR_ID_NVIDIA, 0x2e40));
	EXPECT(t, !smmu_ats_required_by_id(PCI_VENDOR_ID_MELLANOX, 0x2100));
	EXPECT(t, !smmu_ats_required_by_id(PCI_VENDOR_ID_INTEL, 0x2e00));
}

static void device_that_requires_ats_has_it_in_an_identity_domain(struct test_run *t)
{
	struct bench bench;
	u64 pa;

	if (!ats_start_required(&bench, t))
		return ats_stop(t);
	EXPECT_EQ(t, ats_function.enables, 1);
	EXPECT(t, smmu_model_ats_access(IOVA, &pa) && pa == IOVA);
	if (!ats_attach(&bench))
		return ats_stop(t);
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT_EQ(t, ats_function.disables, 1);
	EXPECT(t, ats_uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.enables, 3);
	EXPECT(t, smmu_model_ats_access(IOVA, &pa) && pa == IOVA);
	ats_stop(t);
}

static void device_that_can_not_enable_ats_is_used_without(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, false))
		return ats_stop(t);
	ats_function.error = -EINVAL;
	if (!ats_attach(&bench))
		return ats_stop(t);
	smmu_model_enable_ats(true);
	EXPECT(t, ats_is_refused());
	smmu_model_enable_ats(false);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.disables, 0);
	ats_stop(t);
}

/* iommufd tells user space by it. */
static void capability_is_that_of_the_device(struct test_run *t)
{
	struct bench bench;

	if (!ats_start(&bench, t, false))
		return ats_stop(t);
	EXPECT_EQ(t, test_ats_capable(board_client(BOARD_CLIENT_A)), TEST_KERNEL_ASKS_FOR_ATS);
	EXPECT(t, !test_ats_capable(board_client(BOARD_CLIENT_B)));
	ats_function.supported = false;
	EXPECT(t, !test_ats_capable(board_client(BOARD_CLIENT_A)));
	ats_stop(t);
}

static bool polled_required(struct test_run *t)
{
	ats_function = (struct ats_function){ .supported = true, .required = true, .declared = true };
	return bench_start_polled(t);
}

/* The IOMMU core attaches the domain before again, or relies on the driver for that. */
static void attach_without_answer_leaves_ats(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!polled_required(t))
		return ats_stop(t);
	bench.client = board_client(BOARD_CLIENT_A);
	bench.domain = iommu_paging_domain_alloc(bench.client);
	test_clock_fake(true);
	smmu_model_break(SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), -ETIMEDOUT);
	smmu_model_mend();
	test_clock_fake(false);
	EXPECT(t, wait_for(has_ats));
	iommu_domain_free(bench.domain);
	ats_stop(t);
}

/* Other attaches succeed then, as of a default domain. */
static void detach_without_answer_leaves_ats(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!polled_required(t) || !ats_attach(&bench))
		return ats_stop(t);
	EXPECT(t, smmu_model_ats_enabled());
	test_clock_fake(true);
	smmu_model_break(SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	iommu_detach_device(bench.domain, bench.client);
	smmu_model_mend();
	test_clock_fake(false);
	EXPECT(t, wait_for(has_ats));
	iommu_domain_free(bench.domain);
	__free_page(bench.page);
	ats_stop(t);
}

/* Without a PASID its DMA bypasses. */
static void device_has_ats_while_a_pasid_is_attached(struct test_run *t)
{
	struct bench bench;
	u64 pa;

	if (!ats_start_with_pasids(&bench, t) || !ats_attach(&bench))
		return ats_stop(t);
	iommu_detach_device(bench.domain, bench.client);
	EXPECT_EQ(t, ats_function.enables, 1);
	EXPECT_EQ(t, ats_function.disables, 1);
	EXPECT_EQ(t, iommu_attach_device_pasid(bench.domain, bench.client, 3, NULL), 0);
	EXPECT_EQ(t, ats_function.enables, 2);
	EXPECT(t, smmu_model_ats_access_pasid(3, IOVA, &pa) && pa == page_to_phys(bench.page));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT(t, !smmu_model_ats_access_pasid(3, IOVA, &pa));
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT_EQ(t, ats_function.enables, 3);
	iommu_detach_device_pasid(bench.domain, bench.client, 3);
	EXPECT_EQ(t, ats_function.disables, 2);
	bench_detach(&bench);
	EXPECT_EQ(t, ats_function.disables, 3);
	ats_stop(t);
}

TEST_SUITE(driver_ats, TEST_CASE(ats_lasts_as_long_as_a_paging_domain),
	   TEST_CASE(ats_is_off_unless_all_agree),
	   TEST_CASE(device_that_requires_ats_and_gets_none_is_reported),
	   TEST_CASE(device_that_requires_ats_has_it_in_an_identity_domain),
	   TEST_CASE(smmu_that_forces_stalls_has_no_ats),
	   TEST_CASE(devices_that_require_ats_are_known_by_their_ids),
	   TEST_CASE(device_that_can_not_enable_ats_is_used_without),
	   TEST_CASE(capability_is_that_of_the_device),
	   TEST_CASE(attach_without_answer_leaves_ats),
	   TEST_CASE(detach_without_answer_leaves_ats),
	   TEST_CASE(device_has_ats_while_a_pasid_is_attached));
