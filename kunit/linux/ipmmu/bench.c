// SPDX-License-Identifier: GPL-2.0-only
#include <linux/pm_runtime.h>

#include "kunit/linux/ipmmu/bench.h"

bool ipmmu_start(struct test_run *t)
{
	bool bound = true;

	if (!EXPECT_EQ(t, ipmmu_board_create(), 0) || !EXPECT_EQ(t, tree_populate(), 0))
		return false;
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		bound &= EXPECT(t, board_client(n));
	return bound;
}

void ipmmu_stop(struct test_run *t)
{
	EXPECT_EQ(t, ipmmu_board_calls().without_power, 0);
	ipmmu_board_destroy();
	test_release_leaked_tables();
	EXPECT_EQ(t, ipmmu_board_calls().with_interrupt, 0);
	EXPECT_EQ(t, test_log_count("WARNING:"), 0);
	EXPECT_EQ(t, test_log_count("OF: ERROR"), 0);
	if (!EXPECT_EQ(t, ipmmu_model_violations(), 0))
		pr_info("last violation: %s\n", ipmmu_model_last_violation());
}

bool ipmmu_attach(struct test_run *t, struct ipmmu_space *space, enum ipmmu_client_name which)
{
	struct device *client = board_client(which);

	space->domain = iommu_paging_domain_alloc(client);
	if (!EXPECT(t, !IS_ERR(space->domain)))
		return false;
	space->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	space->group = iommu_group_get(client);
	return EXPECT(t, space->page) &&
	       EXPECT_EQ(t, iommu_attach_group(space->domain, space->group), 0);
}

void ipmmu_detach(struct ipmmu_space *space)
{
	iommu_detach_group(space->domain, space->group);
	iommu_group_put(space->group);
	iommu_domain_free(space->domain);
	__free_page(space->page);
}

int ipmmu_map(struct ipmmu_space *space, unsigned long iova, size_t size)
{
	return iommu_map(space->domain, iova, page_to_phys(space->page), size,
			 IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
}

bool ipmmu_reads(u32 unit, u32 utlb, u64 iova, struct ipmmu_space *space)
{
	u64 pa;

	return ipmmu_model_read(unit, utlb, iova, &pa) == IPMMU_TRANSLATED &&
	       pa == page_to_phys(space->page) + offset_in_page(iova);
}

bool ipmmu_faults(u32 unit, u32 utlb, u64 iova)
{
	u64 pa;

	return ipmmu_model_read(unit, utlb, iova, &pa) == IPMMU_FAULT;
}

bool ipmmu_bypassed(u32 unit, u32 utlb)
{
	u64 pa;

	return ipmmu_model_read(unit, utlb, IOVA, &pa) == IPMMU_BYPASSED;
}

bool ipmmu_root_is_off(void)
{
	return !ipmmu_model_powered(IPMMU_ROOT);
}

bool ipmmu_leaf2_is_off(void)
{
	return !ipmmu_model_powered(IPMMU_LEAF2);
}

void ipmmu_clients_sleep(void)
{
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		pm_runtime_put_sync(board_client(n));
	/* Leaves after their delay, the root after its own. */
	wait_for(ipmmu_root_is_off);
}

void ipmmu_clients_wake(struct test_run *t)
{
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		EXPECT_EQ(t, pm_runtime_resume_and_get(board_client(n)), 0);
}
