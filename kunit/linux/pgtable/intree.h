/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's io-pgtable, from its own source, without its warnings: for comparison. */
#ifndef KUNIT_LINUX_PGTABLE_INTREE_H
#define KUNIT_LINUX_PGTABLE_INTREE_H

#include <linux/io-pgtable.h>

/* Tables in @format, or NULL.  What is to be invalidated is not said to anyone. */
struct io_pgtable_ops *pgtable_intree_create(enum io_pgtable_fmt format, struct io_pgtable_cfg *cfg);
void pgtable_intree_destroy(struct io_pgtable_ops *ops);

/* The descriptor of the page or block that translates @iova, or 0. */
u64 pgtable_intree_leaf(struct io_pgtable_ops *ops, unsigned long iova);

/* Where read_and_clear_dirty() reports pages. */
extern void (*pgtable_intree_record)(unsigned long iova, unsigned long size);

#endif
