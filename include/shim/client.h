/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on the devices behind an IOMMU that both drivers share. */
#ifndef SHIM_CLIENT_H
#define SHIM_CLIENT_H

#include <linux/iommu.h>
#include <linux/types.h>

struct device;
struct device_driver;
struct list_head;
struct of_phandle_args;

void *shim_iommu_of(struct device *dev, const struct device_driver *driver);
u32 *shim_unique_ids(struct device *dev, u32 *count);
int shim_check_cells(struct device *iommu);
bool shim_has_one_cell(struct device *dev, const struct of_phandle_args *args, const char *cell);
struct iommu_group *shim_device_group(struct device *dev);
void shim_get_resv_regions(struct device *dev, struct list_head *head);
bool shim_capable(enum iommu_cap cap, bool coherent);

#endif
