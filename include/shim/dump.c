// SPDX-License-Identifier: GPL-2.0-only
/* See dump.h. */
#include <linux/iommu.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>

#include "shim/dump.h"

/* The most ranges of a dump. */
#define SHIM_DUMP_RANGES	4096

static bool shim_next_range(shim_scan_fn scan, void *domain, u64 *iova, struct os_range *range)
{
	enum os_scan found;

	*range = (struct os_range){ };
	while ((found = scan(domain, iova, range)) == OS_SCAN_MORE)
		cond_resched();
	return found == OS_SCAN_RANGE;
}

static void shim_show_range(struct seq_file *file, const struct os_range *range)
{
	seq_printf(file, "%#018llx-%#018llx -> %#014llx %c%c%c%s%s\n", range->iova,
		   range->iova + range->bytes - 1, range->pa,
		   range->prot & IOMMU_READ ? 'r' : '-', range->prot & IOMMU_WRITE ? 'w' : '-',
		   range->prot & IOMMU_NOEXEC ? '-' : 'x',
		   range->prot & IOMMU_CACHE ? " cacheable" : range->prot & IOMMU_MMIO ? " device" : "",
		   range->prot & IOMMU_PRIV ? " privileged" : "");
}

/**
 * shim_show_ranges - show what an address space maps
 * @file: the file
 * @scan: finds a range
 * @domain: the argument of @scan, which exists until this returns
 *
 * Maps and unmaps may run at the same time: what they change may or may not be shown.
 *
 * Context: process context.
 */
void shim_show_ranges(struct seq_file *file, shim_scan_fn scan, void *domain)
{
	struct os_range range;
	u64 iova = 0;
	u32 count;

	for (count = 0; shim_next_range(scan, domain, &iova, &range); count++) {
		if (count == SHIM_DUMP_RANGES) {
			seq_printf(file, "... more ranges from %#llx on\n", range.iova);
			return;
		}
		shim_show_range(file, &range);
		cond_resched();
	}
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
