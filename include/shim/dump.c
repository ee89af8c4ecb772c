// SPDX-License-Identifier: GPL-2.0-only
/* See dump.h. */
#include <linux/iommu.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>

#include "shim/dump.h"

/**
 * struct shim_dump - an open file
 * @ops: what it shows
 * @source: the argument of @ops
 * @space: what the last header returned
 * @range: the range at the file's position
 */
struct shim_dump {
	const struct shim_dump_ops	*ops;
	void				*source;
	const void			*space;
	struct os_range			range;
};

/* Position 0 is the header; above it, the search for a range begins at the address @pos - 1. */
static void *shim_dump_find(struct shim_dump *dump, loff_t pos)
{
	u64 iova = pos - 1;
	enum os_scan found;

	if (!dump->space)
		return NULL;
	dump->range = (struct os_range){ };
	while ((found = dump->ops->scan(dump->source, dump->space, &iova, &dump->range)) ==
	       OS_SCAN_MORE) {
		if (fatal_signal_pending(current))
			return ERR_PTR(-EINTR);
		cond_resched();
	}
	return found == OS_SCAN_RANGE ? &dump->range : NULL;
}

static void *shim_dump_start(struct seq_file *file, loff_t *pos)
{
	return *pos ? shim_dump_find(file->private, *pos) : SEQ_START_TOKEN;
}

static void *shim_dump_next(struct seq_file *file, void *at, loff_t *pos)
{
	const struct os_range *range = at;

	cond_resched();
	*pos = at == SEQ_START_TOKEN ? 1 : range->iova + range->bytes + 1;
	return shim_dump_find(file->private, *pos);
}

static void shim_dump_stop(struct seq_file *file, void *at)
{
}

static void shim_show_range(struct seq_file *file, const struct os_range *range)
{
	seq_printf(file, "%#018llx-%#018llx -> %#018llx %c%c%c%s%s\n", range->iova,
		   range->iova + range->bytes - 1, range->pa,
		   range->prot & IOMMU_READ ? 'r' : '-', range->prot & IOMMU_WRITE ? 'w' : '-',
		   range->prot & IOMMU_NOEXEC ? '-' : 'x',
		   range->prot & IOMMU_CACHE ? " cacheable" : range->prot & IOMMU_MMIO ? " device" : "",
		   range->prot & IOMMU_PRIV ? " privileged" : "");
}

static int shim_dump_show(struct seq_file *file, void *at)
{
	struct shim_dump *dump = file->private;

	if (at == SEQ_START_TOKEN)
		dump->space = dump->ops->header(file, dump->source);
	else
		shim_show_range(file, at);
	return 0;
}

static const struct seq_operations shim_dump_seq_ops = {
	.start	= shim_dump_start,
	.next	= shim_dump_next,
	.stop	= shim_dump_stop,
	.show	= shim_dump_show,
};

/**
 * shim_dump_open - open a file that shows an address space
 * @file: the file
 * @ops: what it shows
 * @source: the argument of @ops; exists while the file is in debugfs
 *
 * Context: process context.
 * Return: 0, or -ENOMEM.
 */
int shim_dump_open(struct file *file, const struct shim_dump_ops *ops, void *source)
{
	struct shim_dump *dump = __seq_open_private(file, &shim_dump_seq_ops, sizeof(*dump));

	if (!dump)
		return -ENOMEM;
	dump->ops = ops;
	dump->source = source;
	return 0;
}

/**
 * shim_print_walk - append a walk to a line
 * @line: the line
 * @walk: the walk
 *
 * Context: any.
 */
void shim_print_walk(struct seq_buf *line, const struct os_walk *walk)
{
	u32 i;

	for (i = 0; i < walk->count; i++)
		seq_buf_printf(line, " L%d %#llx", walk->first_level + (int)i, walk->descriptors[i]);
}
