/* SPDX-License-Identifier: GPL-2.0-only */
/* What is the same for a device behind any IOMMU. */
#ifndef SHIM_CLIENT_H
#define SHIM_CLIENT_H

#include <linux/iommu.h>
#include <linux/types.h>

struct device;
struct list_head;
struct of_phandle_args;

u32 *shim_unique_ids(struct device *dev, u32 *count);
bool shim_has_one_cell(struct device *dev, const struct of_phandle_args *args, const char *cell);
struct iommu_group *shim_device_group(struct device *dev);
void shim_get_resv_regions(struct device *dev, struct list_head *head);
bool shim_capable(enum iommu_cap cap, bool coherent);

#endif
