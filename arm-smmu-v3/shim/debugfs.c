// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/smmuv3/<device>/stats: what the SMMU has done since it was probed. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "shim.h"

static struct dentry *root;

static int stats_show(struct seq_file *file, void *unused)
{
	struct smmu *smmu = file->private;
	struct smmu_stats stats;

	smmu_core_read_stats(smmu->core, &stats);
	seq_printf(file, "commands %llu\n", stats.commands);
	seq_printf(file, "events %llu\n", stats.events);
	seq_printf(file, "page_requests %llu\n", stats.page_requests);
	seq_printf(file, "gerrors %llu\n", stats.gerrors);
	seq_printf(file, "queue_full %llu\n", stats.queue_full);
	seq_printf(file, "sync_timeouts %llu\n", stats.sync_timeouts);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * smmu_debugfs_init - make the driver's directory
 *
 * Nothing here fails: without debugfs the driver works as well.
 *
 * Context: process context.
 */
void smmu_debugfs_init(void)
{
	root = debugfs_create_dir("smmuv3", NULL);
}

/**
 * smmu_debugfs_exit - remove the driver's directory
 *
 * Context: process context.
 */
void smmu_debugfs_exit(void)
{
	debugfs_remove(root);
}

/**
 * smmu_debugfs_add - make the directory of an SMMU
 * @smmu: an SMMU that has been started
 *
 * Context: process context.
 */
void smmu_debugfs_add(struct smmu *smmu)
{
	smmu->debugfs = debugfs_create_dir(dev_name(smmu->dev), root);
	debugfs_create_file("stats", 0444, smmu->debugfs, smmu, &stats_fops);
}

/**
 * smmu_debugfs_remove - remove the directory of an SMMU, after its last reader has left
 * @smmu: the SMMU
 *
 * Context: process context.
 */
void smmu_debugfs_remove(struct smmu *smmu)
{
	debugfs_remove(smmu->debugfs);
}
