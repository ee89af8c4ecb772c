// SPDX-License-Identifier: GPL-2.0-only
/* The IPMMU driver as Linux runs it: probed from a device tree, over the model, with power domains. */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/pm.h>
#include <linux/pm_runtime.h>
#include <linux/sizes.h>
#include <linux/suspend.h>
#include <linux/sys_soc.h>

#include "expect.h"
#include "ipmmu_board.h"

#define IOVA		0x12340000UL
#define UTLB_A		3
#define UTLB_B		4
#define UTLB_BD		47
#define UTLB_C		9

/* ---- set-up ---- */

struct space {
	struct iommu_domain *domain;
	struct iommu_group *group;
	struct page *page;
};

static bool start(struct test_run *t)
{
	return EXPECT_EQ(t, ipmmu_board_create(), 0) && EXPECT_EQ(t, ipmmu_board_populate(), 0) &&
	       EXPECT(t, ipmmu_board_client(IPMMU_A) && ipmmu_board_client(IPMMU_B) &&
				 ipmmu_board_client(IPMMU_C) && ipmmu_board_client(IPMMU_D));
}

static void stop(struct test_run *t)
{
	ipmmu_board_destroy();
	EXPECT_EQ(t, test_log_count("WARNING:"), 0);
	if (!EXPECT_EQ(t, ipmmu_model_violations(), 0))
		pr_info("last violation: %s\n", ipmmu_model_last_violation());
}

static bool attach(struct test_run *t, struct space *space, enum ipmmu_client_name which)
{
	struct device *client = ipmmu_board_client(which);

	space->domain = iommu_paging_domain_alloc(client);
	if (!EXPECT(t, !IS_ERR(space->domain)))
		return false;
	space->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	space->group = iommu_group_get(client);
	return EXPECT(t, space->page) &&
	       EXPECT_EQ(t, iommu_attach_group(space->domain, space->group), 0);
}

static void detach(struct space *space)
{
	iommu_detach_group(space->domain, space->group);
	iommu_group_put(space->group);
	iommu_domain_free(space->domain);
	__free_page(space->page);
}

static int map(struct space *space, unsigned long iova, size_t size)
{
	return iommu_map(space->domain, iova, page_to_phys(space->page), size,
			 IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
}

static bool reads(u32 unit, u32 utlb, u64 iova, struct space *space)
{
	u64 pa;

	return ipmmu_model_read(unit, utlb, iova, &pa) == IPMMU_TRANSLATED &&
	       pa == page_to_phys(space->page) + offset_in_page(iova);
}

static bool faults(u32 unit, u32 utlb, u64 iova)
{
	u64 pa;

	return ipmmu_model_read(unit, utlb, iova, &pa) == IPMMU_FAULT;
}

static bool bypassed(u32 unit, u32 utlb)
{
	u64 pa;

	return ipmmu_model_read(unit, utlb, IOVA, &pa) == IPMMU_BYPASSED;
}

static bool same_group(enum ipmmu_client_name one, enum ipmmu_client_name two)
{
	return ipmmu_board_client(one)->iommu_group == ipmmu_board_client(two)->iommu_group;
}

/* ---- probing and leaving ---- */

static void leaves_wait_for_their_root(struct test_run *t)
{
	if (!start(t))
		return stop(t);
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, ipmmu_board_unit(n)->driver);
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		EXPECT(t, device_iommu_mapped(ipmmu_board_client(n)));
	EXPECT(t, !same_group(IPMMU_A, IPMMU_B));
	EXPECT(t, !same_group(IPMMU_A, IPMMU_C));
	EXPECT(t, same_group(IPMMU_B, IPMMU_D));
	stop(t);
}

static void a_root_may_be_bound_again(struct test_run *t)
{
	struct space space = { };

	if (!start(t))
		return stop(t);
	for (int round = 0; round < 3; round++) {
		device_release_driver(ipmmu_board_unit(IPMMU_ROOT));
		for (u32 n = 0; n < IPMMU_UNITS; n++)
			EXPECT(t, !ipmmu_board_unit(n)->driver);
		EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_ROOT)), 1);
		EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF2)), 1);
		EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF1)), 1);
	}
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, ipmmu_board_unit(n)->driver);
	EXPECT_EQ(t, ipmmu_board_bind(IPMMU_A), 1);
	if (EXPECT(t, ipmmu_board_client(IPMMU_A)) && attach(t, &space, IPMMU_A)) {
		EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
		EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
		detach(&space);
	}
	stop(t);
}

static void a_leaf_may_go_and_come_back(struct test_run *t)
{
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_C))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	device_release_driver(ipmmu_board_unit(IPMMU_LEAF1));
	EXPECT(t, reads(IPMMU_LEAF2, UTLB_C, IOVA, &space));
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, faults(IPMMU_LEAF2, UTLB_C, IOVA));
	EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF1)), 1);
	detach(&space);
	stop(t);
}

static void a_leaf_without_root_is_refused(struct test_run *t)
{
	const u32 nowhere[] = { 0xfeed, 1 };

	if (EXPECT_EQ(t, ipmmu_board_create(), 0)) {
		EXPECT_EQ(t, ipmmu_board_set("leaf-two", "renesas,ipmmu-main", nowhere, 2), 0);
		EXPECT_EQ(t, ipmmu_board_populate(), 0);
		EXPECT(t, ipmmu_board_unit(IPMMU_LEAF1)->driver);
		EXPECT(t, !ipmmu_board_unit(IPMMU_LEAF2)->driver);
		EXPECT_EQ(t, test_log_count("renesas,ipmmu-main points at nothing"), 1);
	}
	stop(t);
}

static void a_bad_utlb_is_refused(struct test_run *t)
{
	struct device_node *leaf;
	u32 entry[2] = { 0, 48 };

	if (EXPECT_EQ(t, ipmmu_board_create(), 0)) {
		leaf = of_find_node_by_path("/ipmmu-board/leaf-one@80e00000");
		entry[0] = leaf->phandle;
		of_node_put(leaf);
		EXPECT_EQ(t, ipmmu_board_set("client-a", "iommus", entry, 2), 0);
		EXPECT_EQ(t, ipmmu_board_populate(), 0);
		EXPECT(t, test_log_count("names micro-TLB 48") > 0);
		EXPECT(t, !ipmmu_board_client(IPMMU_A) ||
			  !device_iommu_mapped(ipmmu_board_client(IPMMU_A)));
		EXPECT(t, device_iommu_mapped(ipmmu_board_client(IPMMU_B)));
	}
	stop(t);
}

/* ---- translation ---- */

static void mapped_memory_is_reached(struct test_run *t)
{
	struct space space = { };
	u64 pa;

	if (!start(t))
		return stop(t);
	EXPECT(t, bypassed(IPMMU_LEAF1, UTLB_A));
	if (!attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT_EQ(t, iommu_iova_to_phys(space.domain, IOVA + 8), page_to_phys(space.page) + 8);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA + 0x10, &space));
	EXPECT_EQ(t, ipmmu_model_write(IPMMU_LEAF1, UTLB_A, IOVA, &pa), IPMMU_TRANSLATED);
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA));
	detach(&space);
	EXPECT(t, bypassed(IPMMU_LEAF1, UTLB_A));
	stop(t);
}

static void the_flush_is_needed(struct test_run *t)
{
	struct iommu_iotlb_gather gather;
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	iommu_iotlb_gather_init(&gather);
	EXPECT_EQ(t, iommu_unmap_fast(space.domain, IOVA, SZ_4K, &gather), SZ_4K);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	iommu_iotlb_sync(space.domain, &gather);
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA));
	detach(&space);
	stop(t);
}

static void leaves_share_a_domain(struct test_run *t)
{
	struct iommu_group *other;
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	other = iommu_group_get(ipmmu_board_client(IPMMU_C));
	EXPECT_EQ(t, iommu_attach_group(space.domain, other), 0);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	EXPECT(t, reads(IPMMU_LEAF2, UTLB_C, IOVA, &space));
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, faults(IPMMU_LEAF2, UTLB_C, IOVA));
	iommu_detach_group(space.domain, other);
	iommu_group_put(other);
	detach(&space);
	stop(t);
}

static void a_group_shares_its_utlb(struct test_run *t)
{
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_D))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_B, IOVA, &space));
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_BD, IOVA, &space));
	device_release_driver(ipmmu_board_client(IPMMU_D));
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_BD, IOVA, &space));
	detach(&space);
	EXPECT(t, bypassed(IPMMU_LEAF1, UTLB_B));
	EXPECT(t, bypassed(IPMMU_LEAF1, UTLB_BD));
	stop(t);
}

/* What VFIO does first. */
static void an_owner_blocks_dma(struct test_run *t)
{
	struct iommu_group *group;

	if (!start(t))
		return stop(t);
	device_release_driver(ipmmu_board_client(IPMMU_A));
	group = iommu_group_get(ipmmu_board_unit(IPMMU_LEAF1));
	EXPECT(t, !group);
	group = iommu_group_get(ipmmu_board_client(IPMMU_C));
	device_release_driver(ipmmu_board_client(IPMMU_C));
	EXPECT_EQ(t, iommu_group_claim_dma_owner(group, t), 0);
	EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_unit(IPMMU_LEAF2)), 0);
	EXPECT(t, faults(IPMMU_LEAF2, UTLB_C, IOVA));
	EXPECT(t, faults(IPMMU_LEAF2, UTLB_C, 0));
	iommu_group_release_dma_owner(group);
	EXPECT(t, bypassed(IPMMU_LEAF2, UTLB_C));
	pm_runtime_put(ipmmu_board_unit(IPMMU_LEAF2));
	iommu_group_put(group);
	stop(t);
}

static void beyond_the_format_is_refused(struct test_run *t)
{
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, space.domain->geometry.aperture_end, 0xffffffff);
	EXPECT_EQ(t, map(&space, 0x100000000, SZ_4K), -ERANGE);
	EXPECT_EQ(t, map(&space, 0xfffff000, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, 0xfffff000, &space));
	EXPECT_EQ(t, iommu_unmap(space.domain, 0x100000000, SZ_4K), 0);
	detach(&space);
	stop(t);
}

/* ---- faults ---- */

static struct {
	int count;
	struct device *dev;
	unsigned long iova;
} handled;

static int handler(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags,
		   void *token)
{
	handled.dev = dev;
	handled.iova = iova;
	handled.count++;
	return 0;
}

static void wait_for_fault(int count)
{
	for (int i = 0; i < 100 && handled.count < count; i++)
		msleep(10);
}

static void a_fault_reaches_the_domains_owner(struct test_run *t)
{
	struct space space = { };

	handled.count = 0;
	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	iommu_set_fault_handler(space.domain, handler, NULL);
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA + 0x123));
	wait_for_fault(1);
	EXPECT_EQ(t, handled.count, 1);
	EXPECT_EQ(t, handled.iova, IOVA + 0x123);
	EXPECT(t, handled.dev == ipmmu_board_client(IPMMU_A));
	/* It was cleared: the next one comes too. */
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA));
	wait_for_fault(2);
	EXPECT_EQ(t, handled.count, 2);
	detach(&space);
	stop(t);
}

static void a_fault_names_its_client_and_a_flood_is_limited(struct test_run *t)
{
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	for (int i = 0; i < 40; i++) {
		EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA + i * SZ_4K));
		msleep(20);
	}
	EXPECT(t, test_log_count("fault: translation client: ipmmu-board:client-a iova: 0x12340000") == 1);
	EXPECT(t, test_log_count("fault: translation") <= 10);
	detach(&space);
	stop(t);
}

/* ---- power ---- */

static void clients_sleep(void)
{
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		pm_runtime_put_sync(ipmmu_board_client(n));
	/* Leaves after their delay, the root after its own. */
	for (int i = 0; i < 100 && ipmmu_model_powered(IPMMU_ROOT); i++)
		msleep(10);
}

static void clients_wake(struct test_run *t)
{
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_client(n)), 0);
}

static void power_follows_the_clients(struct test_run *t)
{
	struct space space = { };
	u64 writes;

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	clients_sleep();
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, !ipmmu_model_powered(n));

	writes = ipmmu_model_writes();
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, map(&space, IOVA + SZ_4K, SZ_4K), 0);
	EXPECT_EQ(t, ipmmu_model_writes(), writes);

	clients_wake(t);
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, ipmmu_model_powered(n));
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA + SZ_4K, &space));
	detach(&space);
	stop(t);
}

static void a_root_is_on_while_a_leaf_is(struct test_run *t)
{
	if (!start(t))
		return stop(t);
	pm_runtime_put_sync(ipmmu_board_client(IPMMU_C));
	for (int i = 0; i < 100 && ipmmu_model_powered(IPMMU_LEAF2); i++)
		msleep(10);
	EXPECT(t, !ipmmu_model_powered(IPMMU_LEAF2));
	msleep(200);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF1) && ipmmu_model_powered(IPMMU_ROOT));
	EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_client(IPMMU_C)), 0);
	stop(t);
}

static void a_driver_without_runtime_pm_keeps_power_on(struct test_run *t)
{
	struct device *client;

	if (!start(t))
		return stop(t);
	client = ipmmu_board_client(IPMMU_C);
	pm_runtime_put_sync(client);
	pm_runtime_disable(client);
	msleep(300);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF2));
	pm_runtime_enable(client);
	EXPECT_EQ(t, pm_runtime_resume_and_get(client), 0);

	/* Without a driver it does no DMA. */
	device_release_driver(client);
	EXPECT_EQ(t, pm_runtime_resume_and_get(ipmmu_board_unit(IPMMU_LEAF2)), 0);
	pm_runtime_put(ipmmu_board_unit(IPMMU_LEAF2));
	for (int i = 0; i < 100 && ipmmu_model_powered(IPMMU_LEAF2); i++)
		msleep(10);
	EXPECT(t, !ipmmu_model_powered(IPMMU_LEAF2));
	EXPECT_EQ(t, ipmmu_board_bind(IPMMU_C), 1);
	EXPECT(t, ipmmu_model_powered(IPMMU_LEAF2));
	stop(t);
}

static void a_domain_is_attached_while_all_sleep(struct test_run *t)
{
	struct space space = { };

	if (!start(t))
		return stop(t);
	clients_sleep();
	if (attach(t, &space, IPMMU_B)) {
		EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
		EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
		clients_wake(t);
		EXPECT(t, reads(IPMMU_LEAF1, UTLB_B, IOVA, &space));
		detach(&space);
	}
	stop(t);
}

static void pending_faults_are_told_before_power_goes(struct test_run *t)
{
	struct space space = { };

	handled.count = 0;
	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	iommu_set_fault_handler(space.domain, handler, NULL);
	ipmmu_model_on_irq(NULL);	/* a wire that is late */
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, IOVA));
	EXPECT_EQ(t, handled.count, 0);
	clients_sleep();
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
	EXPECT_EQ(t, handled.count, 1);
	clients_wake(t);
	detach(&space);
	stop(t);
}

static void the_system_sleeps_and_wakes(struct test_run *t)
{
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	for (int round = 0; round < 3; round++) {
		unsigned int flags = lock_system_sleep();

		EXPECT_EQ(t, dpm_suspend_start(PMSG_SUSPEND), 0);
		EXPECT_EQ(t, dpm_suspend_end(PMSG_SUSPEND), 0);
		for (u32 n = 0; n < IPMMU_UNITS; n++)
			EXPECT(t, !ipmmu_model_powered(n));
		dpm_resume_start(PMSG_RESUME);
		for (u32 n = 0; n < IPMMU_UNITS; n++)
			EXPECT(t, ipmmu_model_powered(n));
		EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
		dpm_resume_end(PMSG_RESUME);
		unlock_system_sleep(flags);
	}
	detach(&space);
	stop(t);
}

static void a_failed_restore_keeps_clients_asleep(struct test_run *t)
{
	struct space space = { };

	if (!start(t) || !attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	clients_sleep();
	ipmmu_model_hold_flush(true);
	EXPECT(t, pm_runtime_resume_and_get(ipmmu_board_client(IPMMU_A)) < 0);
	EXPECT(t, test_log_count("all DMA is blocked") > 0);
	ipmmu_model_hold_flush(false);
	EXPECT(t, pm_runtime_resume_and_get(ipmmu_board_client(IPMMU_A)) < 0);
	/* What the clients' driver gives back. */
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		pm_runtime_get_noresume(ipmmu_board_client(n));
	detach(&space);
	stop(t);
}

/* ---- memory ---- */

static void try_everything(void)
{
	struct device *client = ipmmu_board_device(IPMMU_A);
	struct iommu_domain *domain;
	struct iommu_group *group;

	if (!client || !device_iommu_mapped(client))
		return;
	domain = iommu_paging_domain_alloc(client);
	if (IS_ERR(domain))
		return;
	group = iommu_group_get(client);
	if (!iommu_attach_group(domain, group))
		iommu_detach_group(domain, group);
	iommu_group_put(group);
	iommu_domain_free(domain);
}

/* Of the core's; what is left behind fails the case. */
static void every_allocation_may_fail(struct test_run *t)
{
	bool failed = true;
	u32 nth;

	for (nth = 1; failed && nth < 100; nth++) {
		test_fail_alloc(nth);
		EXPECT_EQ(t, ipmmu_board_create(), 0);
		EXPECT_EQ(t, ipmmu_board_populate(), 0);
		try_everything();
		failed = test_alloc_failed();
		test_fail_alloc(0);
		stop(t);
	}
	EXPECT(t, !failed && nth > 12);
}

/* ---- stage 2 ---- */

static int set_parameter(const char *name, const char *value)
{
	extern const struct kernel_param __start___param[], __stop___param[];
	char text[64];	/* arrays are taken apart in place */
	int ret = -ENOENT;

	strscpy(text, value);
	kernel_param_lock(NULL);
	for (const struct kernel_param *param = __start___param; param < __stop___param; param++)
		if (!strcmp(param->name, name))
			ret = param->ops->set(text, param);
	kernel_param_unlock(NULL);
	return ret;
}

static void stage2_reaches_40_bits(struct test_run *t)
{
	const unsigned long far = 0xfffffff000;
	struct space space = { };

	EXPECT_EQ(t, set_parameter("ipmmu.stage", "3"), -EINVAL);
	EXPECT_EQ(t, set_parameter("ipmmu.stage", "2"), 0);
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_compatible("renesas,ipmmu-r8a77965"), 0);
	EXPECT_EQ(t, ipmmu_board_populate(), 0);
	EXPECT_EQ(t, set_parameter("ipmmu.stage", "auto"), 0);
	if (!EXPECT(t, ipmmu_board_client(IPMMU_A)) || !attach(t, &space, IPMMU_A))
		return stop(t);
	EXPECT_EQ(t, space.domain->geometry.aperture_end, 0xffffffffff);
	EXPECT_EQ(t, map(&space, far, SZ_4K), 0);
	EXPECT_EQ(t, map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, far, &space));
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	EXPECT_EQ(t, map(&space, far + SZ_4K, SZ_4K), -ERANGE);
	EXPECT_EQ(t, iommu_unmap(space.domain, far, SZ_4K), SZ_4K);
	EXPECT(t, faults(IPMMU_LEAF1, UTLB_A, far));
	clients_sleep();
	clients_wake(t);
	EXPECT(t, reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	detach(&space);
	stop(t);
}

/* Without a Product Register an H3 may be an early one. */
static void stage2_gives_way_on_an_unknown_cut(struct test_run *t)
{
	struct space space = { };

	EXPECT_EQ(t, set_parameter("ipmmu.stage", "2"), 0);
	if (start(t) && attach(t, &space, IPMMU_A)) {
		EXPECT_EQ(t, test_log_count("stage 2 was asked for, stage 1 is used"), 1);
		EXPECT_EQ(t, space.domain->geometry.aperture_end, 0xffffffff);
		detach(&space);
	}
	set_parameter("ipmmu.stage", "auto");
	stop(t);
}

/* ---- SoCs ---- */

/* Start on a SoC that says this of itself; the clients may not all be mapped. */
static struct soc_device *start_on(struct test_run *t, struct soc_device_attribute *what)
{
	struct soc_device *soc = soc_device_register(what);

	EXPECT(t, !IS_ERR(soc));
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_populate(), 0);
	return soc;
}

static bool mapped(enum ipmmu_client_name which)
{
	return device_iommu_mapped(ipmmu_board_client(which));
}

static void devices_opt_in(struct test_run *t)
{
	struct soc_device_attribute m3n = {
		.family = "R-Car Gen3", .soc_id = "r8a77965", .revision = "ES1.1",
	};
	struct soc_device *soc;

	soc = start_on(t, &m3n);
	EXPECT(t, !mapped(IPMMU_A) && !mapped(IPMMU_C));
	stop(t);
	soc_device_unregister(soc);

	EXPECT_EQ(t, set_parameter("ipmmu.allow", "ipmmu-board:client-c,else"), 0);
	soc = start_on(t, &m3n);
	EXPECT(t, !mapped(IPMMU_A) && mapped(IPMMU_C));
	stop(t);
	soc_device_unregister(soc);

	EXPECT_EQ(t, set_parameter("ipmmu.allow", "all"), 0);
	soc = start_on(t, &m3n);
	EXPECT(t, mapped(IPMMU_A) && mapped(IPMMU_C));
	stop(t);
	soc_device_unregister(soc);
}

static void early_cuts_are_left_alone(struct test_run *t)
{
	static const struct {
		const char *soc_id, *revision;
		bool allowed;
	} cuts[] = {
		{ "r8a7796", "ES1.0", false },
		{ "r8a774a1", "ES1.0", false },
		{ "r8a7795", "ES2.0", false },
		{ "r8a7795", "ES3.0", true },
	};

	EXPECT_EQ(t, set_parameter("ipmmu.allow", "all"), 0);
	for (int i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct soc_device_attribute what = {
			.family = "R-Car Gen3", .soc_id = cuts[i].soc_id, .revision = cuts[i].revision,
		};
		struct soc_device *soc = start_on(t, &what);

		EXPECT_EQ(t, mapped(IPMMU_A), cuts[i].allowed);
		stop(t);
		soc_device_unregister(soc);
	}
}

/* The board is an H3. */
static void the_cut_decides_on_stage2(struct test_run *t)
{
	static const char *const revisions[] = { "ES1.1", "ES3.0" };

	EXPECT_EQ(t, set_parameter("ipmmu.stage", "2"), 0);
	for (int late = 0; late < 2; late++) {
		struct soc_device_attribute h3 = {
			.family = "R-Car Gen3", .soc_id = "r8a7795", .revision = revisions[late],
		};
		struct soc_device *soc = start_on(t, &h3);

		EXPECT_EQ(t, test_log_count("cuts before ES3.0 can't"), 1);
		EXPECT_EQ(t, test_log_count("stage 2, 40-bit"), late);
		stop(t);
		soc_device_unregister(soc);
	}
	set_parameter("ipmmu.stage", "auto");
}

TEST_SUITE(ipmmu_driver, TEST_CASE(leaves_wait_for_their_root), TEST_CASE(a_root_may_be_bound_again),
	   TEST_CASE(a_leaf_may_go_and_come_back), TEST_CASE(a_leaf_without_root_is_refused),
	   TEST_CASE(a_bad_utlb_is_refused), TEST_CASE(mapped_memory_is_reached),
	   TEST_CASE(the_flush_is_needed), TEST_CASE(leaves_share_a_domain),
	   TEST_CASE(a_group_shares_its_utlb), TEST_CASE(an_owner_blocks_dma),
	   TEST_CASE(beyond_the_format_is_refused), TEST_CASE(a_fault_reaches_the_domains_owner),
	   TEST_CASE(a_fault_names_its_client_and_a_flood_is_limited),
	   TEST_CASE(power_follows_the_clients), TEST_CASE(a_root_is_on_while_a_leaf_is),
	   TEST_CASE(a_driver_without_runtime_pm_keeps_power_on),
	   TEST_CASE(a_domain_is_attached_while_all_sleep),
	   TEST_CASE(pending_faults_are_told_before_power_goes),
	   TEST_CASE(the_system_sleeps_and_wakes), TEST_CASE(a_failed_restore_keeps_clients_asleep),
	   TEST_CASE(every_allocation_may_fail), TEST_CASE(stage2_reaches_40_bits),
	   TEST_CASE(stage2_gives_way_on_an_unknown_cut), TEST_CASE(devices_opt_in),
	   TEST_CASE(early_cuts_are_left_alone), TEST_CASE(the_cut_decides_on_stage2));
