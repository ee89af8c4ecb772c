// SPDX-License-Identifier: GPL-2.0-only
/* Dirty tracking for iommufd: the SMMU records writes in page tables. */
#include "paging.h"

/**
 * smmu_tracks_dirty - whether a domain of a device may have dirty tracking
 * @dev: the device
 *
 * Context: any.
 * Return: true if its SMMU records writes, and iommufd can be told.
 */
bool smmu_tracks_dirty(struct device *dev)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);

	return SMMU_DIRTY_REACHES_IOMMUFD && smmu_core_info(client->smmu->core)->has_dirty;
}

/* It is always on: writes are recorded by hardware, without a cost that could be saved. */
static int smmu_set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	return 0;
}

static void smmu_record_dirty(void *dirty, u64 iova, u64 bytes)
{
	iommu_dirty_bitmap_record(dirty, iova, bytes);
}

/*
 * The caller syncs the gather after it has cleared.  iommu_dirty_bitmap_record() enters the range only, without the
 * page size by which smmu_iotlb_sync() knows that there is one.
 */
static void smmu_gather_dirty(const struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	if (gather && gather->end)
		gather->pgsize = 1UL << __ffs(domain->pgsize_bitmap);
}

/**
 * smmu_read_and_clear_dirty - iommu_dirty_ops.read_and_clear_dirty: report pages that devices have written to
 * @domain: a domain with dirty tracking
 * @iova: the first address
 * @size: bytes
 * @flags: IOMMU_DIRTY_NO_CLEAR or 0
 * @dirty: where they are reported
 *
 * Context: process context.
 * Return: 0; -EINVAL if a part of the range is not mapped; -ETIMEDOUT or -EIO if an SMMU does not answer.
 */
static int smmu_read_and_clear_dirty(struct iommu_domain *domain, unsigned long iova, size_t size,
				     unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	const bool clear = !(flags & IOMMU_DIRTY_NO_CLEAR);
	int ret;

	ret = smmu_core_read_dirty(to_smmu_paging(domain)->head.core, iova, size, clear,
				   smmu_record_dirty, dirty);
	if (clear)
		smmu_gather_dirty(domain, dirty->gather);
	return ret;
}

const struct iommu_dirty_ops smmu_dirty_ops = {
	.set_dirty_tracking	= smmu_set_dirty_tracking,
	.read_and_clear_dirty	= smmu_read_and_clear_dirty,
};
