// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the system is shut down for kexec.  kexec_in_progress is not exported, but reboot notifiers get the
 * command.
 */
#include <linux/reboot.h>
#include <linux/string.h>

#include "shim.h"

static bool ipmmu_in_kexec;

/* A reboot with the same command from user space also blocks DMA, until the reset. */
static int ipmmu_on_reboot(struct notifier_block *block, unsigned long action, void *command)
{
	ipmmu_in_kexec = action == SYS_RESTART && command && !strcmp(command, "kexec reboot");
	return NOTIFY_DONE;
}

static struct notifier_block ipmmu_reboot_watcher = {
	.notifier_call = ipmmu_on_reboot,
};

/**
 * ipmmu_kexec_watch - register the notifier for ipmmu_kexec_begun()
 *
 * Context: process context.
 * Return: 0, or the errno of register_reboot_notifier().
 */
int ipmmu_kexec_watch(void)
{
	return register_reboot_notifier(&ipmmu_reboot_watcher);
}

/**
 * ipmmu_kexec_unwatch - undo ipmmu_kexec_watch()
 *
 * Context: process context.
 */
void ipmmu_kexec_unwatch(void)
{
	unregister_reboot_notifier(&ipmmu_reboot_watcher);
}

/**
 * ipmmu_kexec_begun - whether kexec starts another kernel
 *
 * Context: platform_driver.shutdown, which the reboot notifiers precede on the same CPU.
 * Return: true if it does.
 */
bool ipmmu_kexec_begun(void)
{
	return ipmmu_in_kexec;
}
