/* SPDX-License-Identifier: GPL-2.0-only */
/* The project's tables as C sees them, for comparison with the kernel's. */
#ifndef KUNIT_LINUX_PGTABLE_OURS_H
#define KUNIT_LINUX_PGTABLE_OURS_H

#include "os/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pgtable_ours;

struct pgtable_ours_config {
	u32 stage;		/* 1 or 2 */
	u32 page_shift;
	u32 input_bits;
	u32 output_bits;
	bool ns;
	bool dirty;
	bool contiguous;
	u64 linear;		/* the CPU's address of physical address 0 */
};

struct pgtable_ours *pgtable_ours_create(const struct pgtable_ours_config *config);
void pgtable_ours_destroy(struct pgtable_ours *ours);
u64 pgtable_ours_sizes(struct pgtable_ours *ours);

/* As the operations of io_pgtable_ops. */
int pgtable_ours_map(struct pgtable_ours *ours, u64 iova, u64 pa, u64 size, u64 count, u32 prot, u64 *mapped);
u64 pgtable_ours_unmap(struct pgtable_ours *ours, u64 iova, u64 size, u64 count);
u64 pgtable_ours_look_up(struct pgtable_ours *ours, u64 iova);
int pgtable_ours_dirty(struct pgtable_ours *ours, u64 iova, u64 size, bool clear,
		       void (*record)(u64 iova, u64 size));

/* The descriptor of the page or block that translates @iova, or 0. */
u64 pgtable_ours_leaf(struct pgtable_ours *ours, u64 iova);

#ifdef __cplusplus
}
#endif

#endif
