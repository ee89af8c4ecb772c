// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVA of a process with page tables of the kernel's, by uacce: client A is an accelerator with five bits of PASIDs that
 * may stall, or has ATS and PRI.  What the process does, and what it expects to see, is in kunit/user.
 */
#include <asm/page.h>

#include "kunit/linux/smmu/accelerator.h"
#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/pri_function.h"
#include "kunit/linux/smmu/program.h"

#define C_BAD_CD	0x0a
#define IDR0_HTTU	GENMASK(7, 6)

static u32 ids;	/* taken before the SMMU is there */

static bool start(struct test_run *t, u32 idr0, bool power_domain)
{
	const u32 bits = 5, yes = 1;

	ids = uml_ids_taken();
	smmu_model_create_wide(idr0, smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "dma-can-stall", &yes, 1), 0) &&
	       (!power_domain || EXPECT_EQ(t, board_add_power_domain(), 0)) && bench_populate(t) &&
	       EXPECT_EQ(t, accelerator_create(board_client(BOARD_CLIENT_A), BOARD_SID_A,
					       ACCELERATOR_STALLS), 0);
}

/* The domain of a process that has just ended may not have been destroyed yet: removing the SMMU waits for that. */
static void stop(struct test_run *t)
{
	accelerator_remove();
	bench_stop(t);
	EXPECT_EQ(t, test_log_count("leaking queues and tables"), 0);
	EXPECT_EQ(t, uml_ids_taken(), ids);
}

static void run_on(struct test_run *t, const char *name)
{
	EXPECT_EQ(t, program_run(name, accelerator_number()), 0);
	EXPECT_EQ(t, accelerator_strays(), 0);
	EXPECT_EQ(t, smmu_model_events(C_BAD_CD), 0);
}

static void run(struct test_run *t, const char *name)
{
	if (start(t, smmu_model_idr0(), false))
		run_on(t, name);
	stop(t);
}

#define PROCESS_CASE(name)                  \
	static void name(struct test_run *t) \
	{                                    \
		run(t, #name);               \
	}

PROCESS_CASE(device_reads_and_writes_memory_of_a_process)
PROCESS_CASE(absent_pages_are_faulted_in)
PROCESS_CASE(unmapped_memory_is_out_of_reach)
PROCESS_CASE(read_only_memory_is_not_written)
PROCESS_CASE(discarded_memory_reads_as_zero)
PROCESS_CASE(moved_memory_is_reached_at_its_new_address)
PROCESS_CASE(addresses_of_all_widths_are_translated)
PROCESS_CASE(swapped_memory_comes_back)
PROCESS_CASE(write_of_the_device_makes_a_page_dirty)
PROCESS_CASE(copy_on_write_separates_parent_and_child)
PROCESS_CASE(two_processes_have_two_pasids)
PROCESS_CASE(shared_memory_is_shared_with_the_device)
PROCESS_CASE(closed_queue_has_no_access)
PROCESS_CASE(process_exits_in_mid_dma)
PROCESS_CASE(queue_outlives_its_process)
PROCESS_CASE(page_table_changes_under_dma)

/* One of 64K pages has 512 MiB, as much as this machine. */
static void huge_page_is_one_translation(struct test_run *t)
{
	if (PAGE_SIZE == SZ_4K)
		run(t, "huge_page_is_one_translation");
}

static void process_is_killed_in_mid_dma(struct test_run *t)
{
	if (start(t, smmu_model_idr0(), false)) {
		run_on(t, "process_is_killed_in_mid_dma");
		EXPECT(t, accelerator_stopped_stalls() >= 6);
	}
	stop(t);
}

static void process_exits_before_its_fault_is_reported(struct test_run *t)
{
	if (start(t, smmu_model_idr0(), false)) {
		run_on(t, "process_exits_before_its_fault_is_reported");
		EXPECT_EQ(t, accelerator_stopped_stalls(), 1);
	}
	stop(t);
}

/* The kernel sets the Access flag and makes pages writable at faults. */
static void smmu_does_not_write_the_page_table(struct test_run *t)
{
	if (start(t, smmu_model_idr0() & ~IDR0_HTTU, false)) {
		run_on(t, "device_reads_and_writes_memory_of_a_process");
		run_on(t, "absent_pages_are_faulted_in");
		run_on(t, "write_of_the_device_makes_a_page_dirty");
		run_on(t, "copy_on_write_separates_parent_and_child");
	}
	stop(t);
}

/* The accelerator holds a reference while a job runs. */
static void run_with_power_for_jobs(struct test_run *t, const char *name)
{
	if (start(t, smmu_model_idr0(), true) && bench_suspend_clients(t)) {
		run_on(t, name);
		bench_resume_clients(t);
	}
	stop(t);
}

static void smmu_is_off_between_two_accesses(struct test_run *t)
{
	run_with_power_for_jobs(t, "smmu_is_off_between_two_accesses");
}

static void smmu_is_off_at_the_end_of_a_process(struct test_run *t)
{
	run_with_power_for_jobs(t, "smmu_is_off_at_the_end_of_a_process");
}

static bool with_pasids(struct test_run *t)
{
	const u32 bits = 5;

	smmu_model_create_wide(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) && bench_populate(t);
}

static bool start_with_pri(struct test_run *t)
{
	struct bench bench;

	ids = uml_ids_taken();
	return pri_start(&bench, t, with_pasids) &&
	       EXPECT_EQ(t, accelerator_create(board_client(BOARD_CLIENT_A), BOARD_SID_A,
					       ACCELERATOR_REQUESTS), 0);
}

static void stop_with_pri(struct test_run *t)
{
	accelerator_remove();
	ats_stop(t);
	EXPECT(t, pri_function.enables);
	EXPECT_EQ(t, pri_function.disables, pri_function.enables);
	EXPECT_EQ(t, test_log_count("leaking queues and tables"), 0);
	EXPECT_EQ(t, uml_ids_taken(), ids);
}

static void pages_are_requested_by_pri(struct test_run *t)
{
	if (start_with_pri(t)) {
		run_on(t, "absent_pages_are_faulted_in");
		run_on(t, "unmapped_memory_is_out_of_reach");
		run_on(t, "read_only_memory_is_not_written");
		run_on(t, "discarded_memory_reads_as_zero");
		run_on(t, "swapped_memory_comes_back");
		run_on(t, "write_of_the_device_makes_a_page_dirty");
		run_on(t, "copy_on_write_separates_parent_and_child");
		EXPECT(t, pri_function.enables >= 7);
	}
	stop_with_pri(t);
}

static void processes_end_with_page_requests_outstanding(struct test_run *t)
{
	if (start_with_pri(t)) {
		run_on(t, "process_exits_in_mid_dma");
		run_on(t, "process_is_killed_in_mid_dma");
		EXPECT(t, accelerator_stopped_stalls());
	}
	stop_with_pri(t);
}

static void page_table_changes_under_translated_dma(struct test_run *t)
{
	if (start_with_pri(t))
		run_on(t, "page_table_changes_under_dma");
	stop_with_pri(t);
}

TEST_SUITE(driver_process, TEST_CASE(device_reads_and_writes_memory_of_a_process),
	   TEST_CASE(absent_pages_are_faulted_in), TEST_CASE(unmapped_memory_is_out_of_reach),
	   TEST_CASE(read_only_memory_is_not_written), TEST_CASE(discarded_memory_reads_as_zero),
	   TEST_CASE(moved_memory_is_reached_at_its_new_address),
	   TEST_CASE(huge_page_is_one_translation),
	   TEST_CASE(addresses_of_all_widths_are_translated), TEST_CASE(swapped_memory_comes_back),
	   TEST_CASE(write_of_the_device_makes_a_page_dirty),
	   TEST_CASE(smmu_does_not_write_the_page_table),
	   TEST_CASE(copy_on_write_separates_parent_and_child),
	   TEST_CASE(two_processes_have_two_pasids),
	   TEST_CASE(shared_memory_is_shared_with_the_device),
	   TEST_CASE(closed_queue_has_no_access), TEST_CASE(process_exits_in_mid_dma),
	   TEST_CASE(process_is_killed_in_mid_dma),
	   TEST_CASE(process_exits_before_its_fault_is_reported),
	   TEST_CASE(queue_outlives_its_process), TEST_CASE(page_table_changes_under_dma),
	   TEST_CASE(smmu_is_off_between_two_accesses),
	   TEST_CASE(smmu_is_off_at_the_end_of_a_process), TEST_CASE(pages_are_requested_by_pri),
	   TEST_CASE(processes_end_with_page_requests_outstanding),
	   TEST_CASE(page_table_changes_under_translated_dma));
