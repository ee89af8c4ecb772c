// SPDX-License-Identifier: GPL-2.0-only
/* Register accesses of the module and of the kernel's own driver, for the same things on the same model. */
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/sizes.h>
#include <linux/suspend.h>

#include "expect.h"
#include "ipmmu_board.h"
#include "ipmmu_intree.h"

#define IOVA	0x12340000UL
#define ROUNDS	64

struct cost {
	u64 attach, map, unmap, suspend, resume;
};

static u64 accesses(void)
{
	return ipmmu_model_writes() + ipmmu_model_reads();
}

static u64 since(u64 *mark)
{
	u64 before = *mark;

	*mark = accesses();
	return *mark - before;
}

static void measure_mapping(struct test_run *t, struct cost *cost, struct iommu_domain *domain,
			    phys_addr_t pa)
{
	u64 mark = accesses();

	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(t, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ, GFP_KERNEL), 0);
		cost->map += since(&mark);
		EXPECT_EQ(t, iommu_unmap(domain, IOVA, SZ_4K), SZ_4K);
		cost->unmap += since(&mark);
	}
	cost->map /= ROUNDS;
	cost->unmap /= ROUNDS;
}

static void measure_sleep(struct test_run *t, struct cost *cost)
{
	unsigned int flags = lock_system_sleep();
	u64 mark = accesses();

	EXPECT_EQ(t, dpm_suspend_start(PMSG_SUSPEND), 0);
	EXPECT_EQ(t, dpm_suspend_end(PMSG_SUSPEND), 0);
	cost->suspend = since(&mark);
	dpm_resume_start(PMSG_RESUME);
	cost->resume = since(&mark);
	dpm_resume_end(PMSG_RESUME);
	unlock_system_sleep(flags);
}

static void measure(struct test_run *t, struct cost *cost)
{
	struct iommu_domain *domain;
	struct iommu_group *group;
	struct device *client;
	struct page *page = alloc_page(GFP_KERNEL);
	u64 mark;

	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_populate(), 0);
	client = ipmmu_board_client(IPMMU_C);
	mark = accesses();
	domain = client ? iommu_paging_domain_alloc(client) : ERR_PTR(-ENODEV);
	if (EXPECT(t, !IS_ERR(domain))) {
		group = iommu_group_get(client);
		EXPECT_EQ(t, iommu_attach_group(domain, group), 0);
		cost->attach = since(&mark);
		measure_mapping(t, cost, domain, page_to_phys(page));
		measure_sleep(t, cost);
		iommu_detach_group(domain, group);
		iommu_group_put(group);
		iommu_domain_free(domain);
	}
	ipmmu_board_destroy();
	__free_page(page);
}

static void say(const char *who, const struct cost *cost)
{
	pr_info("register accesses, %s: attach %llu, map %llu, unmap %llu, suspend %llu, resume %llu\n",
		who, cost->attach, cost->map, cost->unmap, cost->suspend, cost->resume);
}

static void against_the_kernels_own(struct test_run *t)
{
	struct device_driver *ours = driver_find("ipmmu-vmsa", &platform_bus_type);
	struct cost module = { }, intree = { };

	measure(t, &module);
	if (!EXPECT(t, ours))
		return;
	platform_driver_unregister(to_platform_driver(ours));
	EXPECT_EQ(t, ipmmu_intree_register(), 0);
	measure(t, &intree);
	ipmmu_intree_unregister();
	EXPECT_EQ(t, platform_driver_register(to_platform_driver(ours)), 0);

	say("module", &module);
	say("in-tree", &intree);
	EXPECT_EQ(t, module.map, 0);
	EXPECT(t, module.unmap <= intree.unmap);
}

TEST_SUITE(ipmmu_cost, TEST_CASE(against_the_kernels_own));
