// SPDX-License-Identifier: GPL-2.0-only
/* An IPMMU that does not survive system sleep takes the machine with it, unless told otherwise. */
#include <linux/pm.h>
#include <linux/suspend.h>

#include "kunit/linux/ipmmu/bench.h"
#include "kunit/linux/common/uml.h"

static void ipmmu_that_does_not_wake_is_fatal(struct test_run *t)
{
	struct ipmmu_space space = { };

	test_must_panic("80e00000.leaf-one failed to resume from system sleep (-110), "
			"boot with ipmmu.resume_failure=isolate");
	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return;
	lock_system_sleep();
	EXPECT_EQ(t, dpm_suspend_start(PMSG_SUSPEND), 0);
	EXPECT_EQ(t, dpm_suspend_end(PMSG_SUSPEND), 0);
	ipmmu_model_hold_flush(true);
	dpm_resume_start(PMSG_RESUME);
}

TEST_SUITE(ipmmu_driver_panics, TEST_CASE(ipmmu_that_does_not_wake_is_fatal));
