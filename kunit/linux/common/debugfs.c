// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/uio.h>

#include "kunit/linux/common/debugfs.h"

static struct vfsmount *mount;
static char text[64 << 10];

struct file *debugfs_test_open(const char *path)
{
	struct file *file;

	if (!mount)
		mount = kern_mount(get_fs_type("debugfs"));
	file = file_open_root_mnt(mount, path, O_RDONLY, 0);
	return IS_ERR(file) ? NULL : file;
}

void debugfs_test_close(struct file *file)
{
	fput(file);
	flush_delayed_fput();
}

bool debugfs_test_has(const char *path)
{
	struct file *file = debugfs_test_open(path);

	if (file)
		debugfs_test_close(file);
	return file;
}

int debugfs_test_errno(struct file *file)
{
	loff_t position = 0;

	return file->f_op->read(file, NULL, 0, &position);
}

/* Past debugfs, whose read takes a buffer of a process. */
static ssize_t read_some(struct file *file, loff_t *position, char *to, size_t bytes)
{
	struct kvec part = { .iov_base = to, .iov_len = bytes };
	struct kiocb kiocb;
	struct iov_iter iter;
	ssize_t got;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = *position;
	iov_iter_kvec(&iter, ITER_DEST, &part, 1, bytes);
	got = seq_read_iter(&kiocb, &iter);
	*position = kiocb.ki_pos;
	return got;
}

const char *debugfs_test_read(const char *path, size_t step)
{
	struct file *file = debugfs_test_open(path);
	loff_t position = 0;
	size_t length = 0;
	ssize_t got;

	if (!file)
		return NULL;
	do {
		got = read_some(file, &position, text + length,
				min(step, sizeof(text) - 1 - length));
		length += max(got, 0);
	} while (got > 0);
	text[length] = '\0';
	debugfs_test_close(file);
	return got < 0 ? NULL : text;
}
