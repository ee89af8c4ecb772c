// SPDX-License-Identifier: GPL-2.0-only
/* An SMMU that does not survive system sleep takes the machine with it, unless told otherwise. */
#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/pair.h"

static struct pair pair;

static void break_second(struct test_run *t)
{
	pair_break(&pair, 1, SMMU_IGNORES_CR0, SMMU_FOR_EVER);
}

static void resume_that_fails_is_fatal(struct test_run *t)
{
	test_must_panic("80100000.second-iommu failed to resume from system sleep (-110)");
	if (!pair_start(&pair, t, true))
		return;
	test_clock_fake(true);
	bench_sleep(t, break_second, NULL);
}

static void way_back_that_fails_is_fatal(struct test_run *t)
{
	test_must_panic("80000000.iommu failed to resume from system sleep (-110)");
	if (!pair_start(&pair, t, true))
		return;
	test_clock_fake(true);
	pair_break(&pair, 0, SMMU_CONSUMES_NOTHING, SMMU_FOR_EVER);
	bench_sleep(t, NULL, NULL);
}

TEST_SUITE(driver_panics, TEST_CASE(resume_that_fails_is_fatal),
	   TEST_CASE(way_back_that_fails_is_fatal));
