// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/of.h>

#include "kunit/linux/smmu/rmr.h"
#include "kunit/linux/smmu/units.h"

static struct iommu_iort_rmr_data rmr;

void board_reserve(const u32 *sids, u32 count)
{
	rmr.sids = sids;
	rmr.num_sids = count;
}

/* Of the first SMMU. */
void board_get_rmr_sids(struct fwnode_handle *iommu_fwnode, struct list_head *head)
{
	if (rmr.num_sids && of_node_name_eq(to_of_node(iommu_fwnode), board_unit_names[0]))
		list_add_tail(&rmr.rr.list, head);
}

void board_put_rmr_sids(struct fwnode_handle *iommu_fwnode, struct list_head *head)
{
	if (!list_empty(head))
		list_del(&rmr.rr.list);
}
