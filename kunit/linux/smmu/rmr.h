/* SPDX-License-Identifier: GPL-2.0-only */
/* Reserved streams without ACPI: what the driver asks the IORT for comes from board_reserve(). */
#ifndef KUNIT_LINUX_SMMU_RMR_H
#define KUNIT_LINUX_SMMU_RMR_H

#include <linux/acpi_iort.h>

/* Firmware keeps these streams of the first SMMU alive, until the board goes. */
void board_reserve(const u32 *sids, u32 count);

void board_get_rmr_sids(struct fwnode_handle *iommu_fwnode, struct list_head *head);
void board_put_rmr_sids(struct fwnode_handle *iommu_fwnode, struct list_head *head);

/* In the driver's firmware.c. */
#define iort_get_rmr_sids	board_get_rmr_sids
#define iort_put_rmr_sids	board_put_rmr_sids

#endif
