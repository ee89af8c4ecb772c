// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/smmuv3/<device>/: ID registers, counters and power states since probe; streams.c has streams. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "arm-smmu-v3/core_inspect.h"
#include "shim.h"

static struct dentry *smmu_debugfs_root;

static const char *const smmu_power_states[SMMU_NR_POWER_STATES] = {
	[SMMU_POWER_OFF]	= "off",
	[SMMU_POWER_RESUMING]	= "resuming",
	[SMMU_POWER_ACTIVE]	= "active",
	[SMMU_POWER_DRAINING]	= "draining",
	[SMMU_POWER_SUSPENDED]	= "suspended",
	[SMMU_POWER_FAILED]	= "failed",
};

static void smmu_show_residency(struct seq_file *file, const struct smmu_power *power)
{
	u64 stay;
	int i;

	for (i = 0; i < SMMU_NR_POWER_STATES; i++) {
		stay = power->residency_ns[i];
		if (i == power->state)
			stay += power->now_ns - power->since_ns;
		seq_printf(file, "residency_%s_us %llu\n", smmu_power_states[i],
			   stay / NSEC_PER_USEC);
	}
}

static int smmu_power_show(struct seq_file *file, void *unused)
{
	struct smmu *smmu = file->private;
	struct smmu_stats stats;
	const struct smmu_power *power = &stats.power;

	smmu_core_read_stats(smmu->core, &stats);
	seq_printf(file, "state %s\n", smmu_power_states[power->state]);
	seq_printf(file, "suspends %u\n", power->suspends);
	seq_printf(file, "resumes %u\n", power->resumes);
	seq_printf(file, "rollbacks %u\n", power->rollbacks);
	seq_printf(file, "last_suspend_ns %llu\n", power->last_suspend_ns);
	seq_printf(file, "worst_suspend_ns %llu\n", power->worst_suspend_ns);
	seq_printf(file, "last_resume_ns %llu\n", power->last_resume_ns);
	seq_printf(file, "worst_resume_ns %llu\n", power->worst_resume_ns);
	smmu_show_residency(file, power);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(smmu_power);

static int smmu_stats_show(struct seq_file *file, void *unused)
{
	struct smmu *smmu = file->private;
	struct smmu_stats stats;

	smmu_core_read_stats(smmu->core, &stats);
	seq_printf(file, "commands %llu\n", stats.commands);
	seq_printf(file, "elided %llu\n", stats.elided);
	seq_printf(file, "events %llu\n", stats.events);
	seq_printf(file, "page_requests %llu\n", stats.page_requests);
	seq_printf(file, "stalls %llu\n", stats.stalls);
	seq_printf(file, "page_request_groups %llu\n", stats.page_request_groups);
	seq_printf(file, "stalls_expired %llu\n", stats.stalls_expired);
	seq_printf(file, "gerrors %llu\n", stats.gerrors);
	seq_printf(file, "queue_full %llu\n", stats.queue_full);
	seq_printf(file, "sync_timeouts %llu\n", stats.sync_timeouts);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(smmu_stats);

static int smmu_id_show(struct seq_file *file, void *unused)
{
	struct smmu *smmu = file->private;
	const struct smmu_info *info = smmu_core_info(smmu->core);
	int i;

	for (i = 0; i < ARRAY_SIZE(info->idr); i++)
		seq_printf(file, "IDR%d 0x%08x\n", i, info->idr[i]);
	seq_printf(file, "IIDR 0x%08x\n", info->iidr);
	seq_printf(file, "coherent %d\n", info->coherent);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(smmu_id);

/**
 * smmu_debugfs_init - create the driver's directory
 *
 * Errors are ignored, as for all of debugfs.
 *
 * Context: process context.
 */
void smmu_debugfs_init(void)
{
	smmu_debugfs_root = debugfs_create_dir("smmuv3", NULL);
}

/**
 * smmu_debugfs_exit - remove the driver's directory
 *
 * Context: process context.
 */
void smmu_debugfs_exit(void)
{
	debugfs_remove(smmu_debugfs_root);
}

/**
 * smmu_debugfs_add - create the directory of an SMMU
 * @smmu: an SMMU that has been started, before its devices are added
 *
 * Context: process context.
 */
void smmu_debugfs_add(struct smmu *smmu)
{
	smmu->debugfs = debugfs_create_dir(dev_name(smmu->dev), smmu_debugfs_root);
	debugfs_create_file("id", 0444, smmu->debugfs, smmu, &smmu_id_fops);
	debugfs_create_file("stats", 0444, smmu->debugfs, smmu, &smmu_stats_fops);
	debugfs_create_file("power", 0444, smmu->debugfs, smmu, &smmu_power_fops);
	smmu->streams = debugfs_create_dir("streams", smmu->debugfs);
}

/**
 * smmu_debugfs_remove - remove the directory of an SMMU and wait for its readers
 * @smmu: the SMMU
 *
 * Context: process context.
 */
void smmu_debugfs_remove(struct smmu *smmu)
{
	debugfs_remove(smmu->debugfs);
}
