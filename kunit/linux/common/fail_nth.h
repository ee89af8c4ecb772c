/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations under Linux's fault injection: the first allocation fails, then the second, and so on, until
 * one is asked for that the operation does not make.
 *
 * Counted is each kmalloc(), kmem_cache_alloc() and alloc_pages() of the calling task that may fail, in
 * whatever layer: the shims', and those of the IOMMU core, io-pgtable, the driver core and sysfs on the way.
 */
#ifndef KUNIT_LINUX_COMMON_FAIL_NTH_H
#define KUNIT_LINUX_COMMON_FAIL_NTH_H

#include <linux/device.h>

#include "kunit/linux/common/expect.h"

/**
 * struct fail_op - an operation that may run out of memory
 * @name: what to call it in the log
 * @prepare: what comes first and does not fail; may be NULL
 * @run: the operation: 0 or an errno
 * @mistaken: what Linux answers, beside -ENOMEM, where it takes a lack of memory for something else; or 0
 * @failed: looks whether everything is as before; may be NULL
 * @worked: looks whether it has done what it should
 * @undo: undoes @run and @prepare
 */
struct fail_op {
	const char *name;
	void (*prepare)(struct test_run *t);
	int (*run)(struct test_run *t);
	int mistaken;
	void (*failed)(struct test_run *t);
	void (*worked)(struct test_run *t);
	void (*undo)(struct test_run *t);
};

/*
 * Try @op with each of its allocations failing.  Each attempt gives -ENOMEM, and then works when tried again
 * without a failure; or it works at once, because it could do without the memory.  Nothing may be left
 * allocated behind @undo, no ID taken, no reference to @iommu, and the kernel may not have warned.  Gives the
 * number of allocations.
 */
u32 fail_each(struct test_run *t, const struct fail_op *op, struct device *iommu);

/* Whether runtime PM is off for a device that has no driver, and no reference is held. */
bool is_left_alone(struct device *dev);

/* Whether @iommu's power follows @client's, or it stays on for want of memory and has said so. */
bool is_powered_for(struct device *iommu, struct device *client);

/* Unbind @client from its driver if a device has no link to its IOMMU, which would not unbind it first. */
void release_unlinked(struct device *client);

#endif
