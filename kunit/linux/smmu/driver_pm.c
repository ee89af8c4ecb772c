// SPDX-License-Identifier: GPL-2.0-only
/* Runtime PM and system sleep as Linux does them, with a power domain that really takes the power. */
#include <linux/delay.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/bench.h"

static void power_follows_the_clients(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa, writes;

	if (!bench_start_in_domain(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	bench_suspend_clients(t);

	writes = smmu_model_writes();
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, bench_map(&bench, IOVA + SZ_4K, SZ_4K, IOMMU_READ), 0);
	EXPECT_EQ(t, smmu_model_writes(), writes);
	EXPECT(t, bench_is_off());

	bench_resume_clients(t);
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA + SZ_4K, &pa));
	EXPECT_EQ(t, pa, page_to_phys(bench.page));
	bench_detach(&bench);
	bench_stop(t);
}

static void one_active_client_keeps_it_on(struct test_run *t)
{
	if (!bench_start_in_domain(t))
		return bench_stop(t);
	pm_runtime_put_sync(board_client(BOARD_CLIENT_A));
	msleep(200);
	EXPECT(t, smmu_model_powered(0));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_B));
	EXPECT(t, wait_for(bench_is_off));
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)), 0);
	EXPECT(t, smmu_model_powered(0));
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_B)), 0);
	bench_stop(t);
}

/* It could do DMA at any time. */
static void client_without_runtime_pm_keeps_it_on(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) || !EXPECT_EQ(t, board_add_power_domain(), 0) ||
	    !EXPECT_EQ(t, tree_remove("client-plain", "status"), 0) || !bench_populate(t) ||
	    !EXPECT(t, board_client(BOARD_CLIENT_PLAIN)))
		return bench_stop(t);
	bench_put_clients();
	msleep(200);
	EXPECT(t, smmu_model_powered(0));
	bench_resume_clients(t);
	bench_stop(t);
}

static void domain_is_attached_while_all_sleep(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa;

	if (!bench_start_in_domain(t) || !bench_suspend_clients(t) || !bench_attach(&bench, BOARD_CLIENT_B))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, wait_for(bench_is_off));
	EXPECT(t, !smmu_model_translate(BOARD_SID_B1, IOVA, &pa));
	bench_resume_clients(t);
	EXPECT(t, smmu_model_translate(BOARD_SID_B1, IOVA, &pa));
	EXPECT_EQ(t, pa, page_to_phys(bench.page));
	bench_detach(&bench);
	bench_stop(t);
}

/* The interrupt comes with the timer tick, and the last client goes before that. */
static void faults_are_told_before_power_goes(struct test_run *t)
{
	u64 pa;

	if (!bench_start_in_domain(t))
		return bench_stop(t);
	smmu_model_on_irq(NULL);	/* a wire that is late */
	EXPECT(t, !smmu_model_translate(0x5555, IOVA, &pa));
	EXPECT_EQ(t, test_log_count("C_BAD_STREAMID"), 0);
	bench_suspend_clients(t);
	EXPECT_EQ(t, test_log_count("C_BAD_STREAMID"), 1);
	bench_resume_clients(t);
	bench_stop(t);
}

/* A handler that ran now would read registers without power; the model looks. */
static void interrupts_are_not_handled_while_off(struct test_run *t)
{
	const enum smmu_wire wires[] = { SMMU_WIRE_EVTQ, SMMU_WIRE_PRIQ, SMMU_WIRE_GERROR };
	u64 pa;

	if (!bench_start_in_domain(t) || !bench_suspend_clients(t))
		return bench_stop(t);
	for (size_t i = 0; i < ARRAY_SIZE(wires); i++) {
		board_raise(0, wires[i]);
		msleep(30);
		EXPECT(t, bench_is_off());
		if (!EXPECT_EQ(t, smmu_model_violations(), 0))
			break;
	}
	bench_resume_clients(t);
	EXPECT(t, !smmu_model_translate(0x5555, IOVA, &pa));
	EXPECT(t, wait_for_log("C_BAD_STREAMID", 1));
	bench_stop(t);
}

/* As a crash kernel finds it. */
static void has_power_when_it_is_probed(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	smmu_model_power(0, false);
	if (!EXPECT_EQ(t, board_create(), 0) || !EXPECT_EQ(t, board_add_power_domain(), 0) ||
	    !EXPECT(t, bench_is_off()) || !bench_populate(t))
		return bench_stop(t);
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, smmu_model_read32(CR0) & CR0_SMMUEN);
	bench_suspend_clients(t);
	bench_resume_clients(t);
	bench_stop(t);
}

static void goes_away_while_off(struct test_run *t)
{
	if (!bench_start_in_domain(t) || !bench_suspend_clients(t))
		return bench_stop(t);
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_A));
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	bench_stop(t);
}

static void shuts_down_while_off(struct test_run *t)
{
	struct platform_device *smmu;

	if (!bench_start_in_domain(t) || !bench_suspend_clients(t))
		return bench_stop(t);
	smmu = to_platform_device(board_smmu());
	to_platform_driver(smmu->dev.driver)->shutdown(smmu);
	EXPECT_EQ(t, smmu_model_violations(), 0);
	if (smmu_model_powered(0)) {
		EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
		EXPECT(t, !(smmu_model_read32(GBPA) & GBPA_ABORT));
	}
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_A));
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	bench_stop(t);
}

static void has_no_power(struct test_run *t)
{
	EXPECT(t, bench_is_off());
}

/* No power domain, as on most machines: firmware takes the power all the same. */
static void loses_power(struct test_run *t)
{
	u64 pa;

	EXPECT(t, smmu_model_powered(0));
	if (!EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa)))
		return;
	smmu_model_power(0, false);
	smmu_model_power(0, true);
}

static void sleep_and_wake(struct test_run *t, void (*asleep)(struct test_run *t))
{
	struct bench bench = { .t = t };
	u64 pa;

	if (!bench_attach(&bench, BOARD_CLIENT_A))
		return;
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	for (int round = 0; round < 3; round++) {
		EXPECT_EQ(t, bench_sleep(t, asleep, NULL), 0);
		EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
		EXPECT_EQ(t, pa, page_to_phys(bench.page));
	}
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT(t, wait_for_log("F_TRANSLATION", 1));
	bench_detach(&bench);
}

static void system_sleeps_with_a_power_domain(struct test_run *t)
{
	if (bench_start_in_domain(t))
		sleep_and_wake(t, has_no_power);
	bench_stop(t);
}

static void system_sleeps_without_a_power_domain(struct test_run *t)
{
	if (bench_start(t))
		sleep_and_wake(t, loses_power);
	bench_stop(t);
}

static void resume_that_fails_keeps_clients_asleep(struct test_run *t)
{
	u64 pa;

	if (!bench_start_in_domain(t) || !bench_suspend_clients(t))
		return bench_stop(t);
	test_clock_fake(true);
	smmu_model_break(SMMU_IGNORES_CR0, SMMU_FOR_EVER);
	EXPECT(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)) < 0);
	EXPECT_EQ(t, test_log_count("disabled after error"), 1);
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)) < 0);
	EXPECT_EQ(t, test_log_count("disabled after error"), 1);
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_A));
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	board_destroy();
}

static void domain_that_does_not_turn_on_keeps_clients_asleep(struct test_run *t)
{
	u64 pa;

	if (!bench_start_in_domain(t) || !bench_suspend_clients(t))
		return bench_stop(t);
	board_break_power_domain(true);
	EXPECT(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)) < 0);
	EXPECT(t, bench_is_off());
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT_EQ(t, smmu_model_violations(), 0);
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_A));
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	board_destroy();
}

/* The IOMMU core frees the domain, whatever the driver says. */
static void detached_without_power(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa = 0;

	if (!bench_start_in_domain(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	bench_suspend_clients(t);
	board_break_power_domain(true);
	bench_detach(&bench);
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
	board_break_power_domain(false);
	pm_runtime_set_suspended(board_smmu());	/* forget the error */
	bench_resume_clients(t);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT_EQ(t, pa, IOVA);	/* identity */
	bench_stop(t);
}

static void lets_nothing_through(struct test_run *t)
{
	u64 pa;

	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	EXPECT(t, !smmu_model_translate(0x5555, IOVA, &pa));
}

/* Its power goes and comes back all the same, and after that GBPA lets everything through. */
static void system_sleeps_while_it_is_off(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!bench_start_in_domain(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	bench_suspend_clients(t);
	for (int round = 0; round < 3; round++) {
		EXPECT_EQ(t, bench_sleep(t, has_no_power, lets_nothing_through), 0);
		EXPECT(t, wait_for(bench_is_off));
	}
	bench_resume_clients(t);
	bench_detach(&bench);
	bench_stop(t);
}

#define RESERVED	0x300	/* beside a stream that the SMMU does not have */
static const u32 reserved[] = { 0xffffffff, RESERVED };

static int no_domain(void)
{
	return 0;
}

static bool start_reserved(struct test_run *t, int (*add_domain)(void))
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, add_domain(), 0) &&
	       (board_reserve(reserved, ARRAY_SIZE(reserved)), bench_populate(t));
}

static void reserved_streams_keep_it_on(struct test_run *t)
{
	if (!start_reserved(t, board_add_power_domain))
		return bench_stop(t);
	EXPECT_EQ(t, test_log_count("reserved stream ID 0xffffffff is out of range"), 1);
	EXPECT(t, bench_reaches(RESERVED, IOVA, IOVA));
	bench_put_clients();
	msleep(200);
	EXPECT(t, smmu_model_powered(0));
	EXPECT(t, bench_reaches(RESERVED, IOVA, IOVA));
	bench_resume_clients(t);
	bench_stop(t);
}

static void reserved_stream_goes_on(struct test_run *t)
{
	EXPECT(t, bench_reaches(RESERVED, IOVA, IOVA));
}

/* Its power goes; as soon as that is back, the stream goes on. */
static void reserved_streams_go_on_after_system_sleep(struct test_run *t)
{
	if (!start_reserved(t, board_add_power_domain))
		return bench_stop(t);
	for (int round = 0; round < 2; round++) {
		EXPECT_EQ(t, bench_sleep(t, has_no_power, reserved_stream_goes_on), 0);
		EXPECT(t, bench_reaches(RESERVED, IOVA, IOVA));
		EXPECT(t, bench_aborts(RESERVED + 1, IOVA));
	}
	bench_stop(t);
}

static void only_the_reserved_stream_goes_on(struct test_run *t)
{
	EXPECT(t, smmu_model_translating(0));
	EXPECT(t, bench_reaches(RESERVED, IOVA, IOVA));
	EXPECT(t, bench_aborts(RESERVED + 1, IOVA));
}

static void reserved_streams_keep_it_on_in_suspend_to_idle(struct test_run *t)
{
	int (*const domains[])(void) = { no_domain, board_add_wakeup_domain };

	for (size_t i = 0; i < ARRAY_SIZE(domains); i++) {
		if (start_reserved(t, domains[i]))
			EXPECT_EQ(t, bench_sleep_to_idle(t, only_the_reserved_stream_goes_on), 0);
		bench_stop(t);
	}
}

/* The next kernel finds them at work. */
static void shutdown_leaves_reserved_streams_alone(struct test_run *t)
{
	struct platform_device *smmu;

	if (!start_reserved(t, board_add_power_domain))
		return bench_stop(t);
	smmu = to_platform_device(board_smmu());
	to_platform_driver(smmu->dev.driver)->shutdown(smmu);
	EXPECT(t, !smmu_model_translating(0));
	EXPECT(t, bench_reaches(RESERVED, IOVA, IOVA));
	bench_stop(t);
}

TEST_SUITE(driver_pm, TEST_CASE(power_follows_the_clients),
	   TEST_CASE(one_active_client_keeps_it_on),
	   TEST_CASE(client_without_runtime_pm_keeps_it_on),
	   TEST_CASE(domain_is_attached_while_all_sleep),
	   TEST_CASE(faults_are_told_before_power_goes),
	   TEST_CASE(interrupts_are_not_handled_while_off),
	   TEST_CASE(has_power_when_it_is_probed), TEST_CASE(goes_away_while_off),
	   TEST_CASE(shuts_down_while_off), TEST_CASE(system_sleeps_with_a_power_domain),
	   TEST_CASE(system_sleeps_without_a_power_domain),
	   TEST_CASE(system_sleeps_while_it_is_off), TEST_CASE(detached_without_power),
	   TEST_CASE(resume_that_fails_keeps_clients_asleep),
	   TEST_CASE(domain_that_does_not_turn_on_keeps_clients_asleep),
	   TEST_CASE(reserved_streams_keep_it_on),
	   TEST_CASE(reserved_streams_go_on_after_system_sleep),
	   TEST_CASE(reserved_streams_keep_it_on_in_suspend_to_idle),
	   TEST_CASE(shutdown_leaves_reserved_streams_alone));
