/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables in debugfs and in reports of faults.
 *
 * A file shows an address space: a header, and what the page table maps as ranges.  Each read fills its buffer and
 * continues after the last range, so that a dump of any length takes no memory.  No lock is held between two ranges.
 */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include "os/tables.h"

struct file;
struct seq_buf;
struct seq_file;

/**
 * struct shim_dump_ops - what a file shows
 * @header: write what precedes the ranges; returns the address space that the source has now, which is only compared,
 *	or NULL for none
 * @scan: as pgtable::next_range() in the page table of @space; OS_SCAN_END if the source has another address space now
 */
struct shim_dump_ops {
	const void	*(*header)(struct seq_file *file, void *source);
	enum os_scan	(*scan)(void *source, const void *space, u64 *iova, struct os_range *range);
};

int shim_dump_open(struct file *file, const struct shim_dump_ops *ops, void *source);

/* The operations of such a file. */
#define SHIM_DEFINE_DUMP(name, dump_ops)						\
static int name##_open(struct inode *inode, struct file *file)				\
{											\
	return shim_dump_open(file, dump_ops, inode->i_private);			\
}											\
static const struct file_operations name##_fops = {					\
	.owner		= THIS_MODULE,							\
	.open		= name##_open,							\
	.read		= seq_read,							\
	.llseek		= seq_lseek,							\
	.release	= seq_release_private,						\
}

void shim_print_walk(struct seq_buf *line, const struct os_walk *walk);

#endif
