// SPDX-License-Identifier: GPL-2.0-only
/* The IPMMU driver on the way to a reboot, and to another kernel by kexec. */
#include <linux/notifier.h>
#include <linux/reboot.h>

#include "kunit/linux/ipmmu/bench.h"

static int ignore(struct notifier_block *block, unsigned long action, void *command)
{
	return NOTIFY_DONE;
}

/* The first of all reboot notifiers: the list is static in newer kernels, and reached through its first entry. */
static struct notifier_block first_notifier = {
	.notifier_call = ignore,
	.priority = INT_MAX,
};

/* As kernel_restart_prepare() and kernel_shutdown_prepare() do. */
static void announce(struct test_run *t, unsigned long action, char *command)
{
	static BLOCKING_NOTIFIER_HEAD(list);

	if (!EXPECT_EQ(t, register_reboot_notifier(&first_notifier), 0))
		return;
	rcu_assign_pointer(list.head, &first_notifier);
	blocking_notifier_call_chain(&list, action, command);
	unregister_reboot_notifier(&first_notifier);
}

/* Consumers first, as device_shutdown() does it: a device is moved behind its suppliers. */
static void shut_down(void)
{
	for (int n = IPMMU_UNITS - 1; n >= 0; n--) {
		struct device *dev = ipmmu_board_unit(n);

		dev->bus->shutdown(dev);
	}
}

/* Client A's driver has no shutdown(): it is at work to the end. */
static bool start_at_work(struct test_run *t, struct ipmmu_space *space)
{
	return ipmmu_start(t) && ipmmu_attach(t, space, IPMMU_A) &&
	       EXPECT_EQ(t, ipmmu_map(space, IOVA, SZ_4K), 0) &&
	       EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, space));
}

static void a_reboot_keeps_translating(struct test_run *t)
{
	static const struct {
		unsigned long action;
		char *command;
	} ways[] = { { SYS_RESTART, NULL }, { SYS_RESTART, "bootloader" }, { SYS_POWER_OFF, NULL } };

	for (int i = 0; i < ARRAY_SIZE(ways); i++) {
		struct ipmmu_space space = { };
		u64 writes;

		if (!start_at_work(t, &space))
			return ipmmu_stop(t);
		announce(t, ways[i].action, ways[i].command);
		writes = ipmmu_model_writes();
		shut_down();
		EXPECT_EQ(t, ipmmu_model_writes(), writes);
		EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
		ipmmu_detach(&space);
		ipmmu_stop(t);
	}
}

static void kexec_blocks_what_is_translated(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!start_at_work(t, &space))
		return ipmmu_stop(t);
	announce(t, SYS_RESTART, "kexec reboot");
	shut_down();
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
	announce(t, SYS_POWER_OFF, NULL);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* Its devices sleep, too, and waking it takes time and may fail. */
static void kexec_wakes_nothing(struct test_run *t)
{
	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	ipmmu_clients_sleep();
	announce(t, SYS_RESTART, "kexec reboot");
	shut_down();
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
	announce(t, SYS_POWER_OFF, NULL);
	ipmmu_clients_wake(t);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_shutdown, TEST_CASE(a_reboot_keeps_translating),
	   TEST_CASE(kexec_blocks_what_is_translated), TEST_CASE(kexec_wakes_nothing));
