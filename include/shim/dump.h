/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables in debugfs and in reports of faults. */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include "os/tables.h"

struct seq_buf;
struct seq_file;

/* Find the next range of the address space @domain, as pgtable::next_range(). */
typedef enum os_scan (*shim_scan_fn)(void *domain, u64 *iova, struct os_range *range);

void shim_show_ranges(struct seq_file *file, shim_scan_fn scan, void *domain);
void shim_print_walk(struct seq_buf *line, const struct os_walk *walk);

#endif
