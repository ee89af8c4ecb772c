// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of an unmap from a domain with PASIDs and ATS, and of what a process unmaps, by the module and by the
 * kernel's own driver, on the same model; on arm64 also the instructions.
 */
#include <linux/platform_device.h>

#include "kunit/linux/common/counting.h"
#include "kunit/linux/smmu/ats_function.h"
#include "kunit/linux/smmu/intree.h"
#include "kunit/linux/smmu/user_process.h"

#define OP_TLBI_FIRST	0x10
#define OP_TLBI_LAST	0x30
#define OP_ATC_INV	0x40
#define OP_SYNC		0x46

#define AT		(IOVA & ~(SZ_2M - 1))
#define PA		0x40000000UL	/* nothing is accessed */
#define WARM_UP		16	/* until allocations have settled */
#define ROUNDS		64

/* How the domain is attached: without a PASID, or by as many; whether it is that of a process. */
static const struct scene {
	const char *name;
	u32 pasids;
	bool ats, process;
} scenes[] = {
	{ "0-pasids", 0 }, { "1-pasids", 1 }, { "4-pasids", 4 }, { "16-pasids", 16 },
	{ "process", 1, .process = true },
	{ "0-pasids-ats", 0, .ats = true }, { "1-pasids-ats", 1, .ats = true },
	{ "4-pasids-ats", 4, .ats = true }, { "16-pasids-ats", 16, .ats = true },
	{ "process-ats", 1, .ats = true, .process = true },
};

static const struct size {
	const char *name;
	size_t bytes;
} sizes[] = { { "4K", SZ_4K }, { "64K", SZ_64K }, { "2M", SZ_2M } };

struct cost {
	u64 tlbi, atc_inv, sync;
	u32 instructions;
};

struct costs {
	struct cost of[ARRAY_SIZE(scenes)][ARRAY_SIZE(sizes)];
};

static struct cost commands_now(void)
{
	struct cost now = { .atc_inv = smmu_model_commands(OP_ATC_INV),
			    .sync = smmu_model_commands(OP_SYNC) };

	for (u32 op = OP_TLBI_FIRST; op <= OP_TLBI_LAST; op++)
		now.tlbi += smmu_model_commands(op);
	return now;
}

static u32 cost_of_looking(void)
{
	u32 before = uml_instructions();

	return uml_instructions() - before;
}

static u32 cost_of_unmap(struct iommu_domain *domain, size_t bytes, size_t *gone)
{
	u32 before = uml_instructions();

	*gone = iommu_unmap(domain, AT, bytes);
	return uml_instructions() - before;
}

static u32 cost_of_invalidation(size_t bytes, size_t *gone)
{
	u32 before = uml_instructions();

	user_process_invalidate(bytes);
	*gone = bytes;
	return uml_instructions() - before;
}

/* With interrupts off, for their instructions are not these. */
static bool unmap(struct cost *cost, const struct scene *scene, struct iommu_domain *domain,
		  size_t bytes)
{
	unsigned long flags;
	size_t gone;

	if (!scene->process && iommu_map(domain, AT, PA, bytes, IOMMU_READ, GFP_KERNEL))
		return false;
	local_irq_save(flags);
	cost->instructions += scene->process ? cost_of_invalidation(bytes, &gone) :
					       cost_of_unmap(domain, bytes, &gone);
	cost->instructions -= cost_of_looking();
	local_irq_restore(flags);
	return gone == bytes;
}

static void measure_unmap(struct test_run *t, struct cost *cost, const struct scene *scene,
			  struct iommu_domain *domain, size_t bytes)
{
	struct cost warm_up = { }, before, after;

	for (int i = 0; i < WARM_UP; i++)
		EXPECT(t, unmap(&warm_up, scene, domain, bytes));
	before = commands_now();
	for (int i = 0; i < ROUNDS; i++)
		EXPECT(t, unmap(cost, scene, domain, bytes));
	after = commands_now();
	cost->tlbi = (after.tlbi - before.tlbi) / ROUNDS;
	cost->atc_inv = (after.atc_inv - before.atc_inv) / ROUNDS;
	cost->sync = (after.sync - before.sync) / ROUNDS;
	cost->instructions /= ROUNDS;
}

static struct iommu_domain *make_domain(const struct scene *scene, struct device *dev)
{
	return scene->process ? user_process_domain() : iommu_paging_domain_alloc(dev);
}

static void free_domain(const struct scene *scene, struct iommu_domain *domain)
{
	if (scene->process) {
		domain->ops->free(domain);
		user_process_end_notifier();
	} else {
		iommu_domain_free(domain);
	}
}

static int attach(const struct scene *scene, struct iommu_domain *domain, struct device *dev)
{
	int ret = scene->pasids ? 0 : iommu_attach_device(domain, dev);

	for (u32 pasid = 1; pasid <= scene->pasids && !ret; pasid++)
		ret = iommu_attach_device_pasid(domain, dev, pasid, NULL);
	return ret;
}

static void detach(const struct scene *scene, struct iommu_domain *domain, struct device *dev)
{
	for (u32 pasid = 1; pasid <= scene->pasids; pasid++)
		iommu_detach_device_pasid(domain, dev, pasid);
	if (!scene->pasids)
		iommu_detach_device(domain, dev);
}

static void measure_scene(struct test_run *t, const struct scene *scene, struct cost *cost)
{
	struct device *dev = board_client(BOARD_CLIENT_A);
	struct iommu_domain *domain;

	/* As either driver finds them when the device is attached. */
	dev_iommu_fwspec_get(dev)->flags = scene->ats ? IOMMU_FWSPEC_PCI_RC_ATS : 0;
	smmu_model_connect_atc(BOARD_SID_A);
	domain = make_domain(scene, dev);
	if (!EXPECT(t, !IS_ERR(domain)))
		return;
	if (EXPECT_EQ(t, attach(scene, domain, dev), 0))
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
			measure_unmap(t, &cost[i], scene, domain, sizes[i].bytes);
	EXPECT_EQ(t, smmu_model_ats_enabled(), scene->ats);
	detach(scene, domain, dev);
	free_domain(scene, domain);
	/* Before the SMMU goes: not every driver makes it their supplier. */
	device_release_driver(dev);
	device_release_driver(board_client(BOARD_CLIENT_B));
}

static void measure(struct test_run *t, struct costs *costs)
{
	for (u32 i = 0; i < ARRAY_SIZE(scenes); i++) {
		struct bench bench;

		if (ats_start_with_pasids(&bench, t) && user_process_make(t)) {
			measure_scene(t, &scenes[i], costs->of[i]);
			smmu_sva_flush();
			user_process_destroy();
		}
		ats_stop(t);
	}
}

/* tools/bench/run reads it. */
static void say(const char *driver, const struct scene *scene, const struct size *size,
		const struct cost *cost)
{
	pr_info("INFO bench smmu driver=%s scene=%s size=%s tlbi=%llu atc_inv=%llu sync=%llu instructions=%u\n",
		driver, scene->name, size->name, cost->tlbi, cost->atc_inv, cost->sync,
		cost->instructions);
}

static void say_all(const char *driver, const struct costs *costs)
{
	for (u32 i = 0; i < ARRAY_SIZE(scenes); i++)
		for (u32 j = 0; j < ARRAY_SIZE(sizes); j++)
			say(driver, &scenes[i], &sizes[j], &costs->of[i][j]);
}

static void expect_commands(struct test_run *t, const struct scene *scene, const struct cost *cost)
{
	EXPECT_EQ(t, cost->tlbi, 1);
	EXPECT_EQ(t, cost->atc_inv, scene->ats ? max(scene->pasids, 1U) : 0);
	EXPECT_EQ(t, cost->sync, 1 + scene->ats);
}

static void only_atc_invalidations_depend_on_the_number_of_pasids(struct test_run *t)
{
	static struct costs module;

	memset(&module, 0, sizeof(module));
	measure(t, &module);
	for (u32 i = 0; i < ARRAY_SIZE(scenes); i++)
		for (u32 j = 0; j < ARRAY_SIZE(sizes); j++)
			expect_commands(t, &scenes[i], &module.of[i][j]);
}

static bool is_within(const struct cost *cost, const struct cost *limit)
{
	return cost->tlbi <= limit->tlbi && cost->atc_inv <= limit->atc_inv &&
	       cost->sync <= limit->sync && cost->instructions <= limit->instructions;
}

static void measure_intree(struct test_run *t, struct costs *costs)
{
	struct device_driver *module = driver_find("arm-smmu-v3", &platform_bus_type);

	if (!EXPECT(t, module))
		return;
	platform_driver_unregister(to_platform_driver(module));
	if (EXPECT_EQ(t, smmu_intree_register(), 0)) {
		measure(t, costs);
		smmu_intree_unregister();
	}
	EXPECT_EQ(t, platform_driver_register(to_platform_driver(module)), 0);
}

/* Nothing to compare with in UML. */
static void unmap_takes_no_more_than_in_the_kernels_own(struct test_run *t)
{
	static struct costs module, intree;

	if (!SMMU_HAS_INTREE || !counting_start(t))
		return;
	memset(&module, 0, sizeof(module));
	memset(&intree, 0, sizeof(intree));
	measure(t, &module);
	measure_intree(t, &intree);
	say_all("module", &module);
	say_all("intree", &intree);
	for (u32 i = 0; i < ARRAY_SIZE(scenes); i++)
		for (u32 j = 0; j < ARRAY_SIZE(sizes); j++)
			EXPECT(t, is_within(&module.of[i][j], &intree.of[i][j]));
}

TEST_SUITE(unmap_cost, TEST_CASE(only_atc_invalidations_depend_on_the_number_of_pasids),
	   TEST_CASE(unmap_takes_no_more_than_in_the_kernels_own));
