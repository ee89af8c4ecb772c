// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers read and written by the module and by the kernel's own driver, for the same things on the same
 * model; on arm64 also the instructions of a map and an unmap.
 */
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/sizes.h>
#include <linux/suspend.h>

#include "kunit/linux/common/counting.h"
#include "kunit/linux/common/expect.h"
#include "kunit/linux/ipmmu/board.h"
#include "kunit/linux/ipmmu/intree.h"
#include "kunit/linux/common/uml.h"

#define IOVA		0x12340000UL
#define PA		0x56740000UL	/* what is tried in iommu_map() depends on it */
#define WARM_UP		16	/* until allocations have settled */
#define ROUNDS		64
#define LARGE		SZ_256K

enum operation { ATTACH, MAP, UNMAP, MAP_LARGE, UNMAP_LARGE, SUSPEND, RESUME, OPERATIONS };

static const char *const names[OPERATIONS] = {
	[ATTACH] = "attach", [MAP] = "map-4K", [UNMAP] = "unmap-4K", [MAP_LARGE] = "map-256K",
	[UNMAP_LARGE] = "unmap-256K", [SUSPEND] = "suspend", [RESUME] = "resume",
};

struct cost {
	u64 writes, reads, instructions;
};

static struct cost now(void)
{
	return (struct cost){ ipmmu_model_writes(), ipmmu_model_reads(), uml_instructions() };
}

/* Adds what has been spent since @before; @before becomes now. */
static void add(struct cost *to, struct cost *before)
{
	struct cost after = now();

	to->writes += after.writes - before->writes;
	to->reads += after.reads - before->reads;
	to->instructions += (u32)(after.instructions - before->instructions);
	*before = now();
}

/* The mean, without what looking takes. */
static void settle(struct cost *cost, u32 looking)
{
	cost->writes /= ROUNDS;
	cost->reads /= ROUNDS;
	cost->instructions = cost->instructions / ROUNDS - looking;
}

static u32 cost_of_looking(void)
{
	struct cost nothing = { }, before = now();

	add(&nothing, &before);
	return nothing.instructions;
}

/* With interrupts off, for their instructions are not these. */
static bool map_and_unmap(struct cost *map, struct cost *unmap, struct iommu_domain *domain,
			  size_t bytes)
{
	struct cost before;
	unsigned long flags;
	size_t gone;
	int ret;

	local_irq_save(flags);
	before = now();
	ret = iommu_map(domain, IOVA, PA, bytes, IOMMU_READ, GFP_ATOMIC);
	add(map, &before);
	gone = iommu_unmap(domain, IOVA, bytes);
	add(unmap, &before);
	local_irq_restore(flags);
	return !ret && gone == bytes;
}

static void measure_mapping(struct test_run *t, struct cost *map, struct cost *unmap,
			    struct iommu_domain *domain, size_t bytes)
{
	struct cost warm_up = { };
	unsigned long flags;
	u32 looking;

	for (int i = 0; i < WARM_UP; i++)
		map_and_unmap(&warm_up, &warm_up, domain, bytes);
	for (int i = 0; i < ROUNDS; i++)
		EXPECT(t, map_and_unmap(map, unmap, domain, bytes));
	local_irq_save(flags);
	looking = cost_of_looking();
	local_irq_restore(flags);
	settle(map, looking);
	settle(unmap, looking);
}

static void measure_sleep(struct test_run *t, struct cost *suspend, struct cost *resume)
{
	unsigned int flags = lock_system_sleep();
	struct cost before = now();

	EXPECT_EQ(t, dpm_suspend_start(PMSG_SUSPEND), 0);
	EXPECT_EQ(t, dpm_suspend_end(PMSG_SUSPEND), 0);
	add(suspend, &before);
	dpm_resume_start(PMSG_RESUME);
	add(resume, &before);
	dpm_resume_end(PMSG_RESUME);
	unlock_system_sleep(flags);
}

static void measure(struct test_run *t, struct cost cost[OPERATIONS])
{
	struct iommu_domain *domain;
	struct iommu_group *group;
	struct device *client;
	struct cost before;

	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	client = board_client(IPMMU_C);
	/* The first domain of a root finds out whether a flush ends. */
	domain = client ? iommu_paging_domain_alloc(client) : ERR_PTR(-ENODEV);
	if (!IS_ERR(domain))
		iommu_domain_free(domain);
	before = now();
	domain = client ? iommu_paging_domain_alloc(client) : ERR_PTR(-ENODEV);
	if (EXPECT(t, !IS_ERR(domain))) {
		group = iommu_group_get(client);
		EXPECT_EQ(t, iommu_attach_group(domain, group), 0);
		add(&cost[ATTACH], &before);
		measure_mapping(t, &cost[MAP], &cost[UNMAP], domain, SZ_4K);
		measure_mapping(t, &cost[MAP_LARGE], &cost[UNMAP_LARGE], domain, LARGE);
		measure_sleep(t, &cost[SUSPEND], &cost[RESUME]);
		iommu_detach_group(domain, group);
		iommu_group_put(group);
		iommu_domain_free(domain);
	}
	ipmmu_board_destroy();
}

/* tools/bench/run reads it.  Only mapping is counted with interrupts off. */
static void say(const char *driver, const struct cost cost[OPERATIONS])
{
	for (int i = 0; i < OPERATIONS; i++)
		pr_info("INFO bench ipmmu driver=%s op=%s writes=%llu reads=%llu instructions=%llu\n",
			driver, names[i], cost[i].writes, cost[i].reads,
			i >= MAP && i <= UNMAP_LARGE ? cost[i].instructions : 0);
}

static noinline u32 cost_of_writes(void *address)
{
	u32 start = uml_instructions();

	for (int i = 0; i < ROUNDS; i++)
		__raw_writel(i, (void __force __iomem *)address);
	return uml_instructions() - start;
}

static void an_access_counts_as_one_instruction(struct test_run *t)
{
	void *a_register = counting_registers();
	unsigned long flags;
	u32 plain, modelled;
	u64 word;

	if (!EXPECT(t, a_register))
		return;
	uml_count_instructions(a_register);
	local_irq_save(flags);
	modelled = cost_of_writes(a_register);
	plain = cost_of_writes(&word);
	local_irq_restore(flags);
	EXPECT_EQ(t, modelled, plain);
	test_mmio_unmap(a_register);
}

static u64 accesses(const struct cost *cost)
{
	return cost->writes + cost->reads;
}

static void against_the_kernels_own(struct test_run *t)
{
	struct device_driver *ours = driver_find("ipmmu-vmsa", &platform_bus_type);
	struct cost module[OPERATIONS] = { }, intree[OPERATIONS] = { };

	if (!EXPECT(t, ours) || !counting_start(t))
		return;
	measure(t, module);
	platform_driver_unregister(to_platform_driver(ours));
	EXPECT_EQ(t, ipmmu_intree_register(), 0);
	measure(t, intree);
	ipmmu_intree_unregister();
	EXPECT_EQ(t, platform_driver_register(to_platform_driver(ours)), 0);

	say("module", module);
	say("intree", intree);
	EXPECT_EQ(t, accesses(&module[MAP]) + accesses(&module[MAP_LARGE]), 0);
	for (int i = MAP; i <= UNMAP_LARGE; i++)
		EXPECT(t, module[i].instructions <= intree[i].instructions);
	EXPECT(t, accesses(&module[UNMAP]) <= accesses(&intree[UNMAP]));
	EXPECT(t, accesses(&module[RESUME]) <= accesses(&intree[RESUME]));
	EXPECT_EQ(t, accesses(&module[UNMAP_LARGE]), accesses(&module[UNMAP]));
}

TEST_SUITE(ipmmu_cost, TEST_CASE(an_access_counts_as_one_instruction),
	   TEST_CASE(against_the_kernels_own));
