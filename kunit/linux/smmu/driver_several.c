// SPDX-License-Identifier: GPL-2.0-only
/* Two SMMUs, one of which does not go down or does not come up: the other must not suffer from it. */
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/pair.h"

/* No SMMU is suspended: suspend was aborted. */
static void never_asleep(struct test_run *t)
{
	EXPECT(t, !"system sleep was reached");
}

static void both_are_off(struct test_run *t)
{
	for (u32 unit = 0; unit < SMMU_UNITS; unit++)
		EXPECT(t, !smmu_model_powered(unit));
}

/* Both have been on all the time, or are again. */
static void both_work(struct pair *pair)
{
	for (u32 unit = 0; unit < SMMU_UNITS; unit++)
		pair_works(pair, unit);
}

/* The PM core suspends the first SMMU first, so the failure of the second one has something to undo. */
static void suspend_is_undone(struct test_run *t, u32 failing, enum smmu_defect defect,
			      u32 cr0_writes)
{
	const u32 other = !failing;
	struct pair pair;

	if (!pair_start(&pair, t, true))
		return pair_stop(&pair);
	test_clock_fake(true);
	pair_break(&pair, failing, defect, cr0_writes);
	EXPECT_EQ(t, bench_sleep(t, never_asleep, NULL), -ETIMEDOUT);
	EXPECT_EQ(t, test_log_count("disabled after error"), 0);
	EXPECT_EQ(t, pair_power(failing).rollbacks, 1);
	EXPECT_EQ(t, pair_power(failing).suspends, 0);
	EXPECT_EQ(t, pair_power(other).rollbacks, 0);
	EXPECT_EQ(t, pair_power(other).suspends, other < failing);
	both_work(&pair);

	smmu_model_select(failing);
	smmu_model_mend();
	both_work(&pair);
	EXPECT_EQ(t, bench_sleep(t, both_are_off, NULL), 0);
	both_work(&pair);
	pair_stop(&pair);
}

static void drain_that_fails_is_undone_for_both(struct test_run *t)
{
	suspend_is_undone(t, 1, SMMU_CONSUMES_NOTHING, 2);
	suspend_is_undone(t, 0, SMMU_CONSUMES_NOTHING, 2);
}

static void late_cr0_is_undone_for_both(struct test_run *t)
{
	suspend_is_undone(t, 1, SMMU_IGNORES_CR0, 2);
	suspend_is_undone(t, 0, SMMU_IGNORES_CR0, 2);
}

static void silent_cr0_is_undone_for_both(struct test_run *t)
{
	suspend_is_undone(t, 1, SMMU_IGNORES_CR0, SMMU_FOR_EVER);
	suspend_is_undone(t, 0, SMMU_IGNORES_CR0, SMMU_FOR_EVER);
}

static void silent_gbpa_is_undone_for_both(struct test_run *t)
{
	suspend_is_undone(t, 1, SMMU_IGNORES_GBPA, SMMU_FOR_EVER);
	suspend_is_undone(t, 0, SMMU_IGNORES_GBPA, SMMU_FOR_EVER);
}

/* What becomes of the SMMU that breaks down while everything is asleep. */
static struct {
	struct pair *pair;
	u32 unit;
	enum smmu_defect defect;
} breakdown;

/* Firmware takes the power where no power domain does. */
static void lose_power(struct test_run *t)
{
	for (u32 unit = 0; !breakdown.pair->power_domains && unit < SMMU_UNITS; unit++) {
		smmu_model_power(unit, false);
		smmu_model_power(unit, true);
	}
}

static void break_down(struct test_run *t)
{
	lose_power(t);
	pair_break(breakdown.pair, breakdown.unit, breakdown.defect, SMMU_FOR_EVER);
}

static void is_blocked(struct test_run *t)
{
	pair_is_blocked(breakdown.pair, breakdown.unit);
}

/* Where the power goes and comes back, GBPA lets everything through.  An old failure is not fatal. */
static void stays_blocked_in_later_sleep(struct pair *pair, u32 failing)
{
	pair_resume_failure("panic");
	EXPECT_EQ(pair->t, bench_sleep(pair->t, lose_power, is_blocked), 0);
	pair_is_blocked(pair, failing);
	pair_works(pair, !failing);
	EXPECT_EQ(pair->t, test_log_count("disabled after error"), 1);
}

/* Even the way back is barred. */
static void suspend_loses_one(struct test_run *t, u32 failing)
{
	struct pair pair;

	if (!pair_start(&pair, t, true))
		return pair_stop(&pair);
	test_clock_fake(true);
	pair_resume_failure("isolate");
	breakdown.pair = &pair;
	breakdown.unit = failing;
	pair_break(&pair, failing, SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	EXPECT_EQ(t, bench_sleep(t, never_asleep, NULL), -ETIMEDOUT);
	pair_is_isolated(&pair, failing);
	pair_works(&pair, !failing);
	stays_blocked_in_later_sleep(&pair, failing);
	pair_stop(&pair);
}

static void queue_that_stays_stuck_isolates_one(struct test_run *t)
{
	for (u32 failing = 0; failing < SMMU_UNITS; failing++)
		suspend_loses_one(t, failing);
}

static void resume_loses_one(struct test_run *t, bool power_domains, enum smmu_defect defect,
			     const char *cause)
{
	struct pair pair;

	for (u32 failing = 0; failing < SMMU_UNITS; failing++) {
		if (!pair_start(&pair, t, power_domains))
			return pair_stop(&pair);
		test_clock_fake(true);
		pair_resume_failure("isolate");
		breakdown = (typeof(breakdown)){ &pair, failing, defect };
		EXPECT_EQ(t, bench_sleep(t, break_down, is_blocked), 0);
		EXPECT_EQ(t, test_log_count(cause), 1);
		pair_is_isolated(&pair, failing);
		pair_works(&pair, !failing);
		stays_blocked_in_later_sleep(&pair, failing);
		pair_stop(&pair);
	}
}

static void silent_cr0_isolates_one(struct test_run *t)
{
	resume_loses_one(t, true, SMMU_IGNORES_CR0, "CR0 update not acknowledged: wrote 0x1e");
	resume_loses_one(t, false, SMMU_IGNORES_CR0, "CR0 update not acknowledged: wrote 0x1e");
}

static void dead_queue_isolates_one(struct test_run *t)
{
	resume_loses_one(t, true, SMMU_CONSUMES_NOTHING, "CMD_SYNC timeout");
	resume_loses_one(t, false, SMMU_CONSUMES_NOTHING, "CMD_SYNC timeout");
}

/* There is no way to abort everything then, and none to suspend again. */
static void silent_gbpa_keeps_one_on(struct test_run *t)
{
	struct pair pair;

	for (u32 failing = 0; failing < SMMU_UNITS; failing++) {
		if (!pair_start(&pair, t, true))
			return pair_stop(&pair);
		test_clock_fake(true);
		breakdown = (typeof(breakdown)){ &pair, failing, SMMU_IGNORES_GBPA };
		EXPECT_EQ(t, bench_sleep(t, break_down, NULL), 0);
		both_work(&pair);
		EXPECT_EQ(t, bench_sleep(t, never_asleep, NULL), -ETIMEDOUT);
		both_work(&pair);
		smmu_model_select(failing);
		smmu_model_mend();
		EXPECT_EQ(t, bench_sleep(t, both_are_off, NULL), 0);
		both_work(&pair);
		pair_stop(&pair);
	}
}

static bool second_is_off(void)
{
	return !smmu_model_powered(1);
}

static bool are_off(void)
{
	return !smmu_model_powered(0) && second_is_off();
}

static void runtime_suspend_that_fails_concerns_one(struct test_run *t)
{
	struct pair pair;

	if (!pair_start(&pair, t, true))
		return pair_stop(&pair);
	test_clock_fake(true);
	pair_break(&pair, 0, SMMU_CONSUMES_NOTHING, 2);
	pair_clients_put(&pair);
	EXPECT(t, wait_for_log("80000000.iommu: command queue does not drain", 1));
	EXPECT(t, wait_for(second_is_off));
	EXPECT_EQ(t, pair_power(0).state, SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, pair_power(0).rollbacks, 1);
	pair_clients_get(&pair);
	both_work(&pair);
	/* It is tried again when the last client goes the next time. */
	pair_clients_put(&pair);
	EXPECT(t, wait_for(are_off));
	pair_clients_get(&pair);
	both_work(&pair);
	pair_stop(&pair);
}

static void runtime_suspend_loses_one(struct test_run *t)
{
	struct pair pair;

	if (!pair_start(&pair, t, true))
		return pair_stop(&pair);
	test_clock_fake(true);
	pair_break(&pair, 0, SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	pair_clients_put(&pair);
	EXPECT(t, wait_for_log("80000000.iommu: disabled after error", 1));
	EXPECT(t, wait_for(second_is_off));
	/* As pair_is_isolated() expects its client. */
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_A));
	pm_runtime_get_noresume(board_client(BOARD_CLIENT_B));
	EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_C)), 0);
	pair_is_isolated(&pair, 0);
	pair_works(&pair, 1);
	pair_stop(&pair);
}

TEST_SUITE(driver_several, TEST_CASE(drain_that_fails_is_undone_for_both),
	   TEST_CASE(late_cr0_is_undone_for_both), TEST_CASE(silent_cr0_is_undone_for_both),
	   TEST_CASE(silent_gbpa_is_undone_for_both),
	   TEST_CASE(queue_that_stays_stuck_isolates_one), TEST_CASE(silent_cr0_isolates_one),
	   TEST_CASE(dead_queue_isolates_one), TEST_CASE(silent_gbpa_keeps_one_on),
	   TEST_CASE(runtime_suspend_that_fails_concerns_one),
	   TEST_CASE(runtime_suspend_loses_one));
