/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in debugfs, which need not be mounted. */
#ifndef KUNIT_LINUX_COMMON_DEBUGFS_H
#define KUNIT_LINUX_COMMON_DEBUGFS_H

#include <linux/fs.h>
#include <linux/types.h>

/* Open @path, relative to the root of debugfs: NULL if it does not exist. */
struct file *debugfs_test_open(const char *path);
void debugfs_test_close(struct file *file);

/* Whether @path exists. */
bool debugfs_test_has(const char *path);

/* The errno of a read of a file that was opened: 0, or -EIO after the file was removed. */
int debugfs_test_errno(struct file *file);

/* Read all of a file that shows a seq_file, @step bytes at a time, into a buffer of one text; NULL on error. */
const char *debugfs_test_read(const char *path, size_t step);

#endif
