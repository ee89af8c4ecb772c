// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/ipmmu/<root>/contexts/<number>: who uses a context, and what its page table maps. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "shim/dump.h"
#include "shim.h"

/**
 * struct ipmmu_context_file - a file
 * @ipmmu: the root
 * @number: the context
 */
struct ipmmu_context_file {
	struct ipmmu	*ipmmu;
	u32		number;
};

static const void *ipmmu_context_header(struct seq_file *file, void *source)
{
	struct ipmmu_context_file *context = source;
	struct ipmmu_context_use use;

	ipmmu_core_read_context(context->ipmmu->core, context->number, &use);
	if (use.domain)
		seq_printf(file, "domain, devices %u, tables %llu KiB\n", use.devices,
			   use.table_bytes / 1024);
	else if (use.taken)
		seq_printf(file, "blocked, devices %u\n", use.devices);
	else
		seq_puts(file, "free\n");
	return use.domain;
}

static enum os_scan ipmmu_context_scan(void *source, const void *space, u64 *iova,
				       struct os_range *range)
{
	struct ipmmu_context_file *context = source;

	return ipmmu_core_scan_context(context->ipmmu->core, context->number, space, iova, range);
}

static const struct shim_dump_ops ipmmu_context_ops = {
	.header	= ipmmu_context_header,
	.scan	= ipmmu_context_scan,
};

SHIM_DEFINE_DUMP(ipmmu_context, &ipmmu_context_ops);

/**
 * ipmmu_contexts_add - create the files of the contexts of a root
 * @ipmmu: the root, with its directory
 * @first: the number of its first context
 * @count: how many it has
 *
 * Errors are ignored, as for all of debugfs.  The files are removed with the directory.
 *
 * Context: process context.
 */
void ipmmu_contexts_add(struct ipmmu *ipmmu, u32 first, u32 count)
{
	struct ipmmu_context_file *files =
		devm_kcalloc(ipmmu->dev, count, sizeof(*files), GFP_KERNEL);
	struct dentry *directory;
	char name[8];
	u32 i;

	if (!files)
		return;
	directory = debugfs_create_dir("contexts", ipmmu->debugfs);
	for (i = 0; i < count; i++) {
		files[i] = (struct ipmmu_context_file){ ipmmu, first + i };
		snprintf(name, sizeof(name), "%u", first + i);
		/* It has physical addresses: only root reads it. */
		debugfs_create_file(name, 0400, directory, &files[i], &ipmmu_context_fops);
	}
}
