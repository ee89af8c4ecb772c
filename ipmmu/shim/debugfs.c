// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/ipmmu/<device>/: what the driver knows of the hardware; contexts.c has contexts. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "shim.h"

static struct dentry *ipmmu_debugfs_root;

static void ipmmu_show_contexts(struct seq_file *file, struct ipmmu *ipmmu,
				const struct ipmmu_info *info)
{
	seq_printf(file, "contexts %u\n", info->contexts);
	seq_printf(file, "contexts_for_domains %u\n", info->domains);
	seq_printf(file, "contexts_of_domains %u\n", ipmmu_core_domains(ipmmu->core));
	seq_printf(file, "stage %u\n", info->stage);
	seq_printf(file, "input_address_bits %u\n", info->ias);
}

static int ipmmu_id_show(struct seq_file *file, void *unused)
{
	struct ipmmu *ipmmu = file->private;
	const struct ipmmu_info *info = ipmmu_core_info(ipmmu->core);

	seq_printf(file, "root %s\n", dev_name(ipmmu->root->dev));
	if (info->is_root)
		ipmmu_show_contexts(file, ipmmu, info);
	if (info->has_masters)
		seq_printf(file, "micro_tlbs %u\n", info->utlbs);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ipmmu_id);

/**
 * ipmmu_debugfs_init - create the driver's directory
 *
 * Errors are ignored, as for all of debugfs.
 *
 * Context: process context.
 */
void ipmmu_debugfs_init(void)
{
	ipmmu_debugfs_root = debugfs_create_dir("ipmmu", NULL);
}

/**
 * ipmmu_debugfs_exit - remove the driver's directory
 *
 * Context: process context.
 */
void ipmmu_debugfs_exit(void)
{
	debugfs_remove(ipmmu_debugfs_root);
}

/**
 * ipmmu_debugfs_add - create the directory of an IPMMU
 * @ipmmu: an IPMMU that has been started
 *
 * Context: process context.
 */
void ipmmu_debugfs_add(struct ipmmu *ipmmu)
{
	const struct ipmmu_info *info = ipmmu_core_info(ipmmu->core);

	ipmmu->debugfs = debugfs_create_dir(dev_name(ipmmu->dev), ipmmu_debugfs_root);
	debugfs_create_file("id", 0444, ipmmu->debugfs, ipmmu, &ipmmu_id_fops);
	if (info->is_root)
		ipmmu_contexts_add(ipmmu, info->first_context, info->contexts);
}

/**
 * ipmmu_debugfs_remove - remove the directory of an IPMMU and wait for its readers
 * @ipmmu: the IPMMU
 *
 * Context: process context.
 */
void ipmmu_debugfs_remove(struct ipmmu *ipmmu)
{
	debugfs_remove(ipmmu->debugfs);
}
