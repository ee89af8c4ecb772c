// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/umh.h>

#include <asm/memory.h>

#include "kunit/linux/smmu/program.h"

#define PROGRAM	"/program"

extern char smmuv3_program_begin[], smmuv3_program_end[];

/* The root file system is in memory. */
static int write_program(void)
{
	const size_t size = smmuv3_program_end - smmuv3_program_begin;
	struct file *file = filp_open(PROGRAM, O_CREAT | O_TRUNC | O_WRONLY, 0700);
	loff_t at = 0;
	ssize_t written;

	if (IS_ERR(file))
		return PTR_ERR(file);
	written = kernel_write(file, smmuv3_program_begin, size, &at);
	fput(file);
	flush_delayed_fput();	/* a file that is open for writing can't be executed */
	return written == size ? 0 : -EIO;
}

int program_run(const char *name, dev_t accelerator)
{
	char page_bytes[16], va_bits[16], number[16];
	char *argv[6] = { PROGRAM, (char *)name, page_bytes, va_bits, number };
	char *envp[1] = { };

	snprintf(page_bytes, sizeof(page_bytes), "%lu", PAGE_SIZE);
	snprintf(va_bits, sizeof(va_bits), "%llu", (u64)vabits_actual);
	snprintf(number, sizeof(number), "%u", new_encode_dev(accelerator));
	return write_program() ?: call_usermodehelper(PROGRAM, argv, envp, UMH_WAIT_PROC);
}
