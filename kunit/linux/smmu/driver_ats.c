// SPDX-License-Identifier: GPL-2.0-only
/* ATS as Linux runs it: when the driver enables it at a device, and what sleep does to it. */
#include <linux/delay.h>
#include <linux/pm_runtime.h>
#include <linux/pm_wakeup.h>

#include "kunit/linux/common/compat.h"
#include "kunit/linux/smmu/ats.h"
#include "kunit/linux/smmu/bench.h"

#define OP_ATC_INV	0x40

/* The device, and what the driver has done to it. */
static struct {
	bool supported;		/* has the capability */
	bool required;		/* does not work without ATS */
	int error;		/* of enabling it */
	int stu;
	u32 enables, disables;
	void (*wakes)(void);	/* in runtime_resume */
} function;

bool smmu_pci_ats_supported(struct device *dev)
{
	return function.supported && dev == board_device(BOARD_CLIENT_A);
}

bool smmu_pci_ats_required(struct device *dev)
{
	return function.required && smmu_pci_ats_supported(dev);
}

void smmu_pci_prepare_ats(struct device *dev, int stu)
{
}

int smmu_pci_enable_ats(struct device *dev, int stu)
{
	if (function.error)
		return function.error;
	function.stu = stu;
	function.enables++;
	smmu_model_enable_ats(true);
	return 0;
}

void smmu_pci_disable_ats(struct device *dev)
{
	function.disables++;
	smmu_model_enable_ats(false);
}

/* A suspended function answers no invalidation. */
static int function_suspend(struct device *dev)
{
	smmu_model_ignore_invalidations(true);
	return pm_generic_runtime_suspend(dev);
}

static int function_resume(struct device *dev)
{
	smmu_model_ignore_invalidations(false);
	if (function.wakes)
		function.wakes();
	return pm_generic_runtime_resume(dev);
}

static struct dev_pm_domain function_power = {
	.ops = { SET_RUNTIME_PM_OPS(function_suspend, function_resume, NULL) }
};

static bool in_domain(struct test_run *t)
{
	return bench_start_in_domain(t);
}

static bool with_pasids(struct test_run *t)
{
	const u32 bits = 5;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       bench_populate(t);
}

/* Client A has ATS, and is behind a root complex that supports it. */
static bool start_by(struct bench *bench, struct test_run *t, bool (*board)(struct test_run *t))
{
	memset(&function, 0, sizeof(function));
	function.supported = true;
	*bench = (struct bench){ .t = t };
	EXPECT_EQ(t, parameter_set("smmuv3.ats", "on"), 0);
	if (!board(t))
		return false;
	smmu_model_connect_atc(BOARD_SID_A);
	board_client(BOARD_CLIENT_A)->pm_domain = &function_power;
	dev_iommu_fwspec_get(board_client(BOARD_CLIENT_A))->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
	return true;
}

static bool start(struct bench *bench, struct test_run *t, bool power_domain)
{
	return start_by(bench, t, power_domain ? in_domain : bench_start);
}

static void stop(struct test_run *t)
{
	struct device *dev = board_device(BOARD_CLIENT_A);

	if (dev)
		dev->pm_domain = NULL;
	bench_stop(t);
	EXPECT_EQ(t, parameter_set("smmuv3.ats", "off"), 0);
}

static bool attach(struct bench *bench)
{
	return bench_attach(bench, BOARD_CLIENT_A) &&
	       EXPECT_EQ(bench->t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
}

static bool uses_the_page(struct bench *bench)
{
	u64 pa;

	return smmu_model_ats_access(IOVA, &pa) && pa == page_to_phys(bench->page);
}

static bool is_refused(void)
{
	u64 pa;

	return !smmu_model_ats_access(IOVA, &pa);
}

static void ats_lasts_as_long_as_a_paging_domain(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, false) || !attach(&bench))
		return stop(t);
	EXPECT_EQ(t, function.enables, 1);
	EXPECT_EQ(t, function.stu, 12);
	EXPECT(t, uses_the_page(&bench));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT(t, is_refused());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, function.disables, function.enables);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT(t, is_refused());
	stop(t);
}

static void ats_is_off_unless_all_agree(struct test_run *t)
{
	for (u32 without = 0; without < 3; without++) {
		struct bench bench;

		if (!start(&bench, t, false))
			return stop(t);
		if (without == 0)
			function.supported = false;
		else if (without == 1)
			dev_iommu_fwspec_get(board_client(BOARD_CLIENT_A))->flags = 0;
		else
			EXPECT_EQ(t, parameter_set("smmuv3.ats", "off"), 0);
		if (!attach(&bench))
			return stop(t);
		EXPECT_EQ(t, function.enables, 0);
		EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
		EXPECT_EQ(t, smmu_model_commands(OP_ATC_INV), 0);
		bench_detach(&bench);
		stop(t);
	}
}

static void device_that_requires_ats_and_gets_none_is_reported(struct test_run *t)
{
	memset(&function, 0, sizeof(function));
	function.supported = true;
	function.required = true;
	EXPECT(t, bench_start(t));
	EXPECT_EQ(t, test_log_count("requires ATS, which the parameter ats=on enables"), 1);
	bench_stop(t);
	EXPECT_EQ(t, parameter_set("smmuv3.ats", "on"), 0);
	EXPECT(t, bench_start(t));
	EXPECT_EQ(t, test_log_count("requires ATS, which firmware does not declare"), 1);
	stop(t);
}

static void device_that_can_not_enable_ats_is_used_without(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, false))
		return stop(t);
	function.error = -EINVAL;
	if (!attach(&bench))
		return stop(t);
	smmu_model_enable_ats(true);
	EXPECT(t, is_refused());
	smmu_model_enable_ats(false);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
	bench_detach(&bench);
	EXPECT_EQ(t, function.disables, 0);
	stop(t);
}

static bool has_ats(void)
{
	return smmu_model_ats_enabled();
}

static bool sleeps(void)
{
	return pm_runtime_suspended(board_client(BOARD_CLIENT_A));
}

static void device_with_ats_stays_awake(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true) || !attach(&bench))
		return stop(t);
	EXPECT(t, uses_the_page(&bench));
	bench_put_clients();
	msleep(200);
	EXPECT(t, !sleeps());
	EXPECT(t, smmu_model_powered(0));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	bench_detach(&bench);
	EXPECT(t, wait_for(sleeps));
	EXPECT(t, wait_for(bench_is_off));
	bench_resume_clients(t);
	stop(t);
}

static void suspended_device_is_resumed_for_ats(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true))
		return stop(t);
	bench_suspend_clients(t);
	if (!attach(&bench))
		return stop(t);
	EXPECT(t, wait_for(has_ats));
	EXPECT(t, uses_the_page(&bench));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	bench_detach(&bench);
	EXPECT_EQ(t, function.enables, 1);
	EXPECT_EQ(t, function.disables, 1);
	EXPECT(t, wait_for(bench_is_off));
	bench_resume_clients(t);
	stop(t);
}

/* Without runtime PM no device link keeps the SMMU on. */
static void device_that_loses_runtime_pm_keeps_its_smmu_on(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true) || !attach(&bench))
		return stop(t);
	EXPECT(t, uses_the_page(&bench));
	device_release_driver(bench.client);
	pm_runtime_put_sync(board_client(BOARD_CLIENT_B));
	msleep(200);
	EXPECT(t, smmu_model_powered(0));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	bench_detach(&bench);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, board_bind(BOARD_CLIENT_A), 1);
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_B)), 0);
	stop(t);
}

static struct bench *sleeping;

static void while_asleep(struct test_run *t)
{
	EXPECT(t, bench_is_off());
	EXPECT(t, !smmu_model_ats_enabled());
	EXPECT_EQ(t, iommu_unmap(sleeping->domain, IOVA, SZ_4K), SZ_4K);
}

/* The clients are in D0, and their drivers have not been resumed. */
static void while_waking(struct test_run *t)
{
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, is_refused());
	EXPECT_EQ(t, function.enables, 1);
}

static void page_that_goes_in_system_sleep_is_forgotten(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true) || !attach(&bench))
		return stop(t);
	EXPECT(t, uses_the_page(&bench));
	sleeping = &bench;
	EXPECT_EQ(t, bench_sleep(t, while_asleep, while_waking), 0);
	EXPECT_EQ(t, function.enables, 2);
	EXPECT_EQ(t, function.disables, 1);
	EXPECT(t, is_refused());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, function.disables, 2);
	stop(t);
}

/* The device is in D3hot then, and can't answer. */
static void while_idle(struct test_run *t)
{
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, !smmu_model_ats_enabled());
	smmu_model_ignore_invalidations(true);
	EXPECT_EQ(t, iommu_unmap(sleeping->domain, IOVA, SZ_4K), SZ_4K);
	smmu_model_ignore_invalidations(false);
}

static void page_goes_in_suspend_to_idle_with_wakeup(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, false) || !attach(&bench))
		return stop(t);
	EXPECT(t, uses_the_page(&bench));
	sleeping = &bench;
	device_init_wakeup(bench.client, true);
	EXPECT_EQ(t, bench_sleep_to_idle(t, while_idle), 0);
	device_init_wakeup(bench.client, false);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	EXPECT(t, is_refused());
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, uses_the_page(&bench));
	bench_detach(&bench);
	stop(t);
}

static void attach_again(struct test_run *t)
{
	const u32 enables = function.enables;

	iommu_detach_device(sleeping->domain, sleeping->client);
	EXPECT_EQ(t, iommu_attach_device(sleeping->domain, sleeping->client), 0);
	EXPECT_EQ(t, function.enables, enables);
	EXPECT(t, !smmu_model_ats_enabled());
}

static void device_that_is_attached_in_system_sleep_gets_ats_when_it_ends(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true) || !attach(&bench))
		return stop(t);
	sleeping = &bench;
	EXPECT_EQ(t, bench_sleep(t, attach_again, attach_again), 0);
	EXPECT_EQ(t, function.enables, 2);
	EXPECT_EQ(t, function.disables, 1);
	EXPECT(t, uses_the_page(&bench));
	bench_detach(&bench);
	EXPECT_EQ(t, function.disables, 2);
	stop(t);
}

/* It would stay suspended in system sleep, and could not be told. */
static void idle_device_is_awake_before_system_sleep(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, true) || !attach(&bench))
		return stop(t);
	EXPECT(t, uses_the_page(&bench));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_A));
	sleeping = &bench;
	EXPECT_EQ(t, bench_sleep(t, while_asleep, while_waking), 0);
	EXPECT_EQ(t, function.enables, 2);
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 0);
	EXPECT(t, is_refused());
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)), 0);
	bench_detach(&bench);
	stop(t);
}

static void attach_in_resume(void)
{
	iommu_attach_device(sleeping->domain, sleeping->client);
	EXPECT(sleeping->t, !smmu_model_ats_enabled());
}

/* Attached once, suspended, and its driver attaches it in runtime_resume. */
static bool start_suspended(struct bench *bench, struct test_run *t)
{
	if (!start(bench, t, true) || !attach(bench))
		return false;
	iommu_detach_device(bench->domain, bench->client);
	pm_runtime_put_sync(bench->client);
	EXPECT(t, wait_for(sleeps));
	sleeping = bench;
	function.wakes = attach_in_resume;
	return true;
}

/* To wait for the end of its resume would be to wait for itself. */
static void device_that_is_attached_in_its_resume_gets_ats_when_it_has_resumed(struct test_run *t)
{
	struct bench bench;

	if (!start_suspended(&bench, t))
		return stop(t);
	EXPECT_EQ(t, pm_runtime_resume_and_get(bench.client), 0);
	function.wakes = NULL;
	EXPECT(t, wait_for(has_ats));
	EXPECT_EQ(t, function.enables, 2);
	EXPECT(t, uses_the_page(&bench));
	bench_detach(&bench);
	stop(t);
}

/* Its driver needs the mutex of the group, which an attach has. */
static void device_is_not_resumed_by_an_attach(struct test_run *t)
{
	struct bench bench;

	if (!start_suspended(&bench, t))
		return stop(t);
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT(t, wait_for(has_ats));
	EXPECT_EQ(t, function.enables, 2);
	EXPECT(t, uses_the_page(&bench));
	function.wakes = NULL;
	EXPECT_EQ(t, pm_runtime_resume_and_get(bench.client), 0);
	bench_detach(&bench);
	stop(t);
}

/* iommufd tells user space by it. */
static void capability_is_that_of_the_device(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, false))
		return stop(t);
	EXPECT_EQ(t, test_ats_capable(board_client(BOARD_CLIENT_A)), TEST_KERNEL_ASKS_FOR_ATS);
	EXPECT(t, !test_ats_capable(board_client(BOARD_CLIENT_B)));
	function.supported = false;
	EXPECT(t, !test_ats_capable(board_client(BOARD_CLIENT_A)));
	stop(t);
}

static void device_that_does_not_answer_comes_back_when_attached_again(struct test_run *t)
{
	struct bench bench;

	if (!start(&bench, t, false) || !attach(&bench))
		return stop(t);
	EXPECT(t, uses_the_page(&bench));
	smmu_model_ignore_invalidations(true);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, is_refused());
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered"), 1);
	smmu_model_ignore_invalidations(false);
	bench_detach(&bench);
	EXPECT_EQ(t, function.disables, 1);
	if (!attach(&bench))
		return stop(t);
	EXPECT_EQ(t, function.enables, 2);
	EXPECT(t, uses_the_page(&bench));
	bench_detach(&bench);
	stop(t);
}

/* Without a PASID its DMA bypasses. */
static void device_has_ats_while_a_pasid_is_attached(struct test_run *t)
{
	struct bench bench;
	u64 pa;

	if (!start_by(&bench, t, with_pasids) || !attach(&bench))
		return stop(t);
	iommu_detach_device(bench.domain, bench.client);
	EXPECT_EQ(t, function.enables, 1);
	EXPECT_EQ(t, function.disables, 1);
	EXPECT_EQ(t, iommu_attach_device_pasid(bench.domain, bench.client, 3, NULL), 0);
	EXPECT_EQ(t, function.enables, 2);
	EXPECT(t, smmu_model_ats_access_pasid(3, IOVA, &pa) && pa == page_to_phys(bench.page));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, smmu_model_atc_entries(), 0);
	EXPECT(t, !smmu_model_ats_access_pasid(3, IOVA, &pa));
	EXPECT_EQ(t, iommu_attach_device(bench.domain, bench.client), 0);
	EXPECT_EQ(t, function.enables, 3);
	iommu_detach_device_pasid(bench.domain, bench.client, 3);
	EXPECT_EQ(t, function.disables, 2);
	bench_detach(&bench);
	EXPECT_EQ(t, function.disables, 3);
	stop(t);
}

TEST_SUITE(driver_ats, TEST_CASE(ats_lasts_as_long_as_a_paging_domain),
	   TEST_CASE(ats_is_off_unless_all_agree),
	   TEST_CASE(device_that_requires_ats_and_gets_none_is_reported),
	   TEST_CASE(device_that_can_not_enable_ats_is_used_without),
	   TEST_CASE(device_with_ats_stays_awake),
	   TEST_CASE(suspended_device_is_resumed_for_ats),
	   TEST_CASE(device_that_loses_runtime_pm_keeps_its_smmu_on),
	   TEST_CASE(page_that_goes_in_system_sleep_is_forgotten),
	   TEST_CASE(page_goes_in_suspend_to_idle_with_wakeup),
	   TEST_CASE(device_that_is_attached_in_system_sleep_gets_ats_when_it_ends),
	   TEST_CASE(idle_device_is_awake_before_system_sleep),
	   TEST_CASE(device_that_is_attached_in_its_resume_gets_ats_when_it_has_resumed),
	   TEST_CASE(device_is_not_resumed_by_an_attach),
	   TEST_CASE(capability_is_that_of_the_device),
	   TEST_CASE(device_that_does_not_answer_comes_back_when_attached_again),
	   TEST_CASE(device_has_ats_while_a_pasid_is_attached));
