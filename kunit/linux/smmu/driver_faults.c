// SPDX-License-Identifier: GPL-2.0-only
/* What the driver tells of faults and errors, by way of the SMMU's interrupts. */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

#include "arm-smmu-v3/core.h"
#include "kunit/linux/smmu/bench.h"

static void faults_are_reported_with_their_device(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_B))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_dma_read(BOARD_SID_B2, IOVA, &word, 4));
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_B2, IOVA + 4, &word, 4));
	EXPECT(t, wait_for_log("F_PERMISSION", 1));
	EXPECT_EQ(t, test_log_count("event: F_PERMISSION client: smmuv3-board:client-b "
				    "sid: 0x1234 ssid: 0x0 iova: 0x7654340004 ipa: 0x0 "
				    "unpriv data write s1"), 1);
	EXPECT_EQ(t, smmu_model_events(F_PERMISSION), 1);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
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

/* As when its message changes: an event that no interrupt tells of (smmu_shim_drain_later()). */
static void event_without_an_interrupt_is_reported(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	smmu_model_on_irq(NULL);
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4));
	smmu_model_on_irq(board_raise);
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4));
	EXPECT_EQ(t, test_log_count("F_TRANSLATION"), 0);
	smmu_shim_drain_later(board_smmu());
	EXPECT(t, wait_for_log("F_TRANSLATION", 3));
	bench_detach(&bench);
	bench_stop(t);
}

static void fault_handler_comes_first(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0;

	faults_taken = 0;
	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	iommu_set_fault_handler(bench.domain, take_fault, "token");
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, wait_for(fault_taken));
	EXPECT_EQ(t, test_log_count("F_TRANSLATION"), 0);
	bench_detach(&bench);
	bench_stop(t);
}

/* The SMMU uses the domain before, which the IOMMU core has freed.  Its handler must not be called. */
static void fault_after_a_detach_without_answer_is_only_printed(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0;

	faults_taken = 0;
	if (!bench_start_polled(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	iommu_set_fault_handler(bench.domain, take_fault, "token");
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, wait_for(fault_taken));

	test_clock_fake(true);
	smmu_model_break(SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	bench_detach(&bench);
	EXPECT_EQ(t, test_log_count("did not acknowledge its new domain"), 1);
	EXPECT_EQ(t, test_log_count("leaking ASID 1 and its page table"), 1);
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, wait_for_log("F_TRANSLATION", 1));
	EXPECT(t, fault_taken());
	smmu_model_mend();
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
	bench_stop(t);
}

static void unknown_stream_is_refused(struct test_run *t)
{
	u32 word;

	if (!bench_start(t))
		return bench_stop(t);
	/* A neighbour of client-a has an STE that aborts, in silence (IHI 0070, 5.2: Config 0). */
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A + 1, 0, &word, 4));
	EXPECT(t, !smmu_model_dma_read(0x5555, 0, &word, 4));
	EXPECT(t, wait_for_log("C_BAD_STREAMID", 1));
	/* Tools that read the in-tree driver's log know an event by its words. */
	EXPECT_EQ(t, test_log_count("event 0x02 received:"), 1);
	EXPECT_EQ(t, test_log_count("\t0x0000555500000002"), 1);
	EXPECT_EQ(t, test_log_count("\t0x0000000000000000"), 3);
	EXPECT_EQ(t, test_log_count("event: C_BAD_STREAMID client: (unassigned sid) sid: 0x5555 ssid: 0x0"), 1);
	bench_stop(t);
}

static bool flood_drained(void)
{
	return smmu_model_events(F_TRANSLATION) == 100;
}

static void flood_of_faults_is_limited_in_the_log(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	for (u32 i = 0; i < 100; i++)
		EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA + i * SZ_4K, &word, 4));
	EXPECT(t, wait_for(flood_drained));
	EXPECT(t, wait_for_log("F_TRANSLATION", 10));
	/* The queue is empty again: the next fault after the limit's interval would be printed. */
	EXPECT_EQ(t, test_log_count("F_TRANSLATION"), 10);
	bench_detach(&bench);
	bench_stop(t);
}

#define FLOOD	1000

static DECLARE_COMPLETION(flooded);
static DECLARE_COMPLETION(turn_taken);
static int records, records_before_turn;

/* More important than the interrupt's thread, as the watchdog of soft lockups is. */
static int wait_for_a_turn(void *unused)
{
	wait_for_completion(&flooded);
	records_before_turn = records;
	complete(&turn_taken);
	return 0;
}

/* Between two records, in the interrupt's thread: another one comes. */
static void fault_again(void)
{
	u32 word;

	if (++records < FLOOD)
		smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4);
	complete(&flooded);
}

static bool flood_over(void)
{
	return records == FLOOD;
}

static void flood_does_not_lock_up_the_cpu(struct test_run *t)
{
	const struct sched_param high = { .sched_priority = MAX_RT_PRIO - 1 };
	struct bench bench = { .t = t };
	struct task_struct *task;
	u32 word;

	records = 0;
	records_before_turn = 0;
	reinit_completion(&flooded);
	reinit_completion(&turn_taken);
	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	test_on_reschedule(fault_again);
	task = kthread_create(wait_for_a_turn, NULL, "kunit-turn");
	sched_setscheduler_nocheck(task, SCHED_FIFO, &high);
	wake_up_process(task);
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, wait_for(flood_over));
	complete(&flooded);
	wait_for_completion(&turn_taken);
	EXPECT_EQ(t, records_before_turn, 1);
	test_on_reschedule(NULL);
	bench_detach(&bench);
	bench_stop(t);
}

/*
 * With one CPU, GERROR's interrupt waits for the CPU that waits for the command, with interrupts off: it
 * services the error itself.  The command that failed has become a CMD_SYNC.
 */
static void command_error_is_survived(struct test_run *t)
{
	struct bench bench = { .t = t };
	u64 pa;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	smmu_model_fail_command(CERROR_ILL);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, wait_for_log("CERROR_ILL, replaced by CMD_SYNC", 1));
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 0);
	iommu_flush_iotlb_all(bench.domain);
	EXPECT(t, !smmu_model_translate(BOARD_SID_A, IOVA, &pa));
	bench_detach(&bench);
	bench_stop(t);
}

static void flood_of_command_errors_is_limited_in_the_log(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	for (u32 i = 0; i < 15; i++) {
		smmu_model_fail_command(CERROR_ILL);
		iommu_flush_iotlb_all(bench.domain);
	}
	EXPECT_EQ(t, test_log_count("CERROR_ILL"), 10);
	EXPECT_EQ(t, test_log_count("global error"), 10);
	bench_detach(&bench);
	bench_stop(t);
}

static void flood_of_timeouts_is_limited_in_the_log(struct test_run *t)
{
	struct bench bench = { .t = t };

	smmu_model_create(smmu_model_idr0() & ~IDR0_MSI, smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) || !bench_populate(t) ||
	    !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	test_clock_fake(true);
	smmu_model_break(SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	for (u32 i = 0; i < 15; i++)
		iommu_flush_iotlb_all(bench.domain);
	smmu_model_mend();
	test_clock_fake(false);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout at 0x"), 10);
	EXPECT_EQ(t, test_log_count("[hwprod 0x000000"), 10);
	iommu_flush_iotlb_all(bench.domain);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 10);
	bench_detach(&bench);
	bench_stop(t);
}

static bool page_request_answered(void)
{
	return smmu_model_commands(OP_PRI_RESP) == 1;
}

static void page_request_is_denied_and_reported(struct test_run *t)
{
	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, smmu_model_page_request(BOARD_SID_A, IOVA, 5));
	EXPECT(t, wait_for(page_request_answered));
	EXPECT(t, wait_for_log("page request denied", 1));
	EXPECT_EQ(t, test_log_count("group: 0x5"), 1);
	bench_stop(t);
}

static void one_wire_serves_all(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) || !EXPECT_EQ(t, board_combine_wires(), 0) ||
	    !bench_populate(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA, &word, 4));
	EXPECT(t, wait_for_log("F_TRANSLATION", 1));
	EXPECT(t, smmu_model_page_request(BOARD_SID_A, IOVA, 6));
	EXPECT(t, wait_for(page_request_answered));
	smmu_model_fail_command(CERROR_ILL);
	iommu_flush_iotlb_all(bench.domain);
	EXPECT(t, wait_for_log("CERROR_ILL", 1));
	bench_detach(&bench);
	bench_stop(t);
}

TEST_SUITE(driver_faults, TEST_CASE(faults_are_reported_with_their_device),
	   TEST_CASE(event_without_an_interrupt_is_reported), TEST_CASE(fault_handler_comes_first),
	   TEST_CASE(fault_after_a_detach_without_answer_is_only_printed), TEST_CASE(unknown_stream_is_refused),
	   TEST_CASE(flood_of_faults_is_limited_in_the_log), TEST_CASE(command_error_is_survived),
	   TEST_CASE(flood_does_not_lock_up_the_cpu),
	   TEST_CASE(flood_of_command_errors_is_limited_in_the_log),
	   TEST_CASE(flood_of_timeouts_is_limited_in_the_log),
	   TEST_CASE(page_request_is_denied_and_reported), TEST_CASE(one_wire_serves_all));
