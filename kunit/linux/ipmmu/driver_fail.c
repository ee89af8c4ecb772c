// SPDX-License-Identifier: GPL-2.0-only
/* The IPMMU driver under Linux when memory runs out, at each allocation in turn. */
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/common/fail_dma.h"
#include "kunit/linux/ipmmu/bench.h"

static const struct device_driver *driver;

static void nothing(struct test_run *t)
{
}

/* ---- a root comes and goes ---- */

static void all_are_gone(struct test_run *t)
{
	for (u32 n = 0; n < IPMMU_UNITS; n++) {
		EXPECT(t, !ipmmu_board_unit(n)->driver);
		EXPECT(t, is_left_alone(ipmmu_board_unit(n)));
	}
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		EXPECT(t, !board_client(n));
}

static int probe_root(struct test_run *t)
{
	return device_driver_attach(driver, ipmmu_board_unit(IPMMU_ROOT));
}

static void all_work(struct test_run *t)
{
	EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF1)), 1);
	EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF2)), 1);
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		EXPECT_EQ(t, board_bind(n), 1);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
}

static void unbind_root(struct test_run *t)
{
	device_release_driver(ipmmu_board_unit(IPMMU_ROOT));
	all_are_gone(t);
}

static const struct fail_op probing_a_root = {
	.name		= "probe of a root",
	.run		= probe_root,
	.mistaken	= -EBUSY,	/* of devm_ioremap_resource() */
	.failed		= all_are_gone,
	.worked		= all_work,
	.undo		= unbind_root,
};

static void bind_all(struct test_run *t)
{
	EXPECT_EQ(t, probe_root(t), 0);
	all_work(t);
}

static int leave(struct test_run *t)
{
	device_release_driver(ipmmu_board_unit(IPMMU_ROOT));
	return 0;
}

static const struct fail_op leaving = {
	.name		= "remove of a root",
	.prepare	= bind_all,
	.run		= leave,
	.worked		= all_are_gone,
	.undo		= nothing,
};

static void a_root_may_fail(struct test_run *t)
{
	if (ipmmu_start(t)) {
		driver = ipmmu_board_unit(IPMMU_ROOT)->driver;
		unbind_root(t);
		EXPECT(t, fail_each(t, &probing_a_root, ipmmu_board_unit(IPMMU_ROOT)) > 20);
		fail_each(t, &leaving, ipmmu_board_unit(IPMMU_ROOT));
	}
	ipmmu_stop(t);
}

/* ---- a leaf comes and goes ---- */

static int probe_leaf(struct test_run *t)
{
	return device_driver_attach(driver, ipmmu_board_unit(IPMMU_LEAF1));
}

static void leaf_is_gone(struct test_run *t)
{
	EXPECT(t, !ipmmu_board_unit(IPMMU_LEAF1)->driver);
	EXPECT(t, is_left_alone(ipmmu_board_unit(IPMMU_LEAF1)));
	EXPECT(t, !board_client(IPMMU_A));
	EXPECT(t, board_client(IPMMU_C) && ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
}

static void leaf_works(struct test_run *t)
{
	EXPECT(t, is_powered_for(ipmmu_board_unit(IPMMU_ROOT), ipmmu_board_unit(IPMMU_LEAF1)));
	EXPECT_EQ(t, board_bind(IPMMU_A), 1);
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
}

static void unbind_leaf(struct test_run *t)
{
	release_unlinked(board_client(IPMMU_A));
	device_release_driver(ipmmu_board_unit(IPMMU_LEAF1));
	leaf_is_gone(t);
}

static const struct fail_op probing_a_leaf = {
	.name		= "probe of a leaf",
	.run		= probe_leaf,
	.mistaken	= -EBUSY,
	.failed		= leaf_is_gone,
	.worked		= leaf_works,
	.undo		= unbind_leaf,
};

static void a_leaf_may_fail(struct test_run *t)
{
	if (ipmmu_start(t)) {
		driver = ipmmu_board_unit(IPMMU_LEAF1)->driver;
		unbind_leaf(t);
		EXPECT(t, fail_each(t, &probing_a_leaf, ipmmu_board_unit(IPMMU_ROOT)) > 20);
	}
	ipmmu_stop(t);
}

/* ---- a device comes ---- */

static const char *node_name;
static struct platform_device *client;

static void destroy_client(struct test_run *t)
{
	of_platform_device_destroy(&client->dev, NULL);
}

/* Linux lets a driver have its device without an IOMMU when that can't be set up. */
static int create_client(struct test_run *t)
{
	struct device_node *node = of_find_node_by_path(node_name);

	client = of_platform_device_create(node, NULL, ipmmu_board_unit(IPMMU_ROOT)->parent);
	of_node_put(node);
	if (!client)
		return -ENOMEM;
	if (client->dev.driver && device_iommu_mapped(&client->dev))
		return 0;
	destroy_client(t);
	return -ENOMEM;
}

static void client_works(struct test_run *t)
{
	EXPECT(t, is_powered_for(ipmmu_board_unit(IPMMU_LEAF1), &client->dev));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_BD));
}

static const struct fail_op adding_a_client = {
	.name	= "adding a device",
	.run	= create_client,
	.worked	= client_works,
	.undo	= destroy_client,
};

static void add(struct test_run *t, enum ipmmu_client_name which, const char *node)
{
	node_name = node;
	if (ipmmu_start(t)) {
		of_platform_device_destroy(board_client(which), NULL);
		EXPECT(t, fail_each(t, &adding_a_client, ipmmu_board_unit(IPMMU_LEAF1)) > 20);
	}
	ipmmu_stop(t);
}

static void adding_a_device_may_fail(struct test_run *t)
{
	add(t, IPMMU_A, "/ipmmu-board/client-a");
}

static void adding_a_device_to_a_group_may_fail(struct test_run *t)
{
	add(t, IPMMU_D, "/ipmmu-board/client-d");
}

/* ---- power ---- */

static int sleep_and_wake(struct test_run *t)
{
	int ret = 0;

	for (int n = 0; n < IPMMU_CLIENTS; n++)
		pm_runtime_put_sync(board_client(n));
	for (int n = IPMMU_UNITS - 1; n >= 0; n--)
		ret = ret ?: pm_runtime_suspend(ipmmu_board_unit(n));
	EXPECT(t, !ipmmu_model_powered(IPMMU_ROOT));
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		ret = ret ?: pm_runtime_resume_and_get(board_client(n));
	return ret;
}

static void power_works(struct test_run *t)
{
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF1, UTLB_A));
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB_C));
}

static const struct fail_op changing_power = {
	.name	= "suspend and resume",
	.run	= sleep_and_wake,
	.worked	= power_works,
	.undo	= nothing,
};

static void power_needs_no_memory(struct test_run *t)
{
	if (ipmmu_start(t))
		EXPECT_EQ(t, fail_each(t, &changing_power, ipmmu_board_unit(IPMMU_ROOT)), 0);
	ipmmu_stop(t);
}

/* ---- domains and mappings ---- */

static bool client_a_reaches(u64 iova, u64 wanted)
{
	u64 pa;

	return ipmmu_model_read(IPMMU_LEAF1, UTLB_A, iova, &pa) != IPMMU_FAULT && pa == wanted;
}

static bool client_a_faults(u64 iova)
{
	return ipmmu_faults(IPMMU_LEAF1, UTLB_A, iova);
}

static bool client_c_works(void)
{
	return ipmmu_bypassed(IPMMU_LEAF2, UTLB_C);
}

static const struct fail_view *view_of_client_a(void)
{
	static struct fail_view view = {
		.reaches	= client_a_reaches,
		.stops		= client_a_faults,
		.others_work	= client_c_works,
	};

	view.iommu = ipmmu_board_unit(IPMMU_ROOT);
	view.client = board_client(IPMMU_A);
	return &view;
}

/* How many domains there can be: each has a context. */
static u32 contexts(struct test_run *t)
{
	struct iommu_domain *domains[16];
	u32 count = 0;

	while (EXPECT(t, count < ARRAY_SIZE(domains))) {
		domains[count] = iommu_paging_domain_alloc(board_client(IPMMU_A));
		if (IS_ERR(domains[count]))
			break;
		count++;
	}
	for (u32 n = 0; n < count; n++)
		iommu_domain_free(domains[n]);
	return count;
}

static void fail_domains(struct test_run *t)
{
	u32 before;

	if (ipmmu_start(t)) {
		before = contexts(t);
		fail_attaching(t, view_of_client_a());
		fail_replacing(t, view_of_client_a());
		EXPECT_EQ(t, contexts(t), before);
		fail_mapping(t, view_of_client_a());
		fail_unmapping(t, view_of_client_a());
	}
	ipmmu_stop(t);
}

static void domains_may_fail(struct test_run *t)
{
	fail_domains(t);
}

static void stage_2_domains_may_fail(struct test_run *t)
{
	EXPECT_EQ(t, parameter_set("ipmmu.stage", "2"), 0);
	fail_domains(t);
	EXPECT_EQ(t, parameter_set("ipmmu.stage", "auto"), 0);
}

TEST_SUITE(ipmmu_driver_fail, TEST_CASE(a_root_may_fail), TEST_CASE(a_leaf_may_fail),
	   TEST_CASE(adding_a_device_may_fail), TEST_CASE(adding_a_device_to_a_group_may_fail),
	   TEST_CASE(power_needs_no_memory), TEST_CASE(domains_may_fail),
	   TEST_CASE(stage_2_domains_may_fail));
