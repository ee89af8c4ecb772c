// SPDX-License-Identifier: GPL-2.0-only
/* More devices behind a root than it has contexts. */
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>

#include "kunit/linux/common/compat.h"
#include "kunit/linux/ipmmu/bench.h"

/* A root of Gen3 has seven contexts, of which one is for blocked devices. */
#define GROUPS		6
#define UTLB		20	/* of the first device that is added */
#define MANY		9	/* behind each leaf */

static const struct of_device_id extra_match[] = {
	{ .compatible = "ipmmu-kunit,extra" },
	{ }
};

static int extra_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver extra_driver = {
	.driver = {
		.name = "ipmmu-kunit-extra",
		.of_match_table = extra_match,
	},
	.probe = extra_probe,
};
builtin_platform_driver(extra_driver);

struct survey {
	struct test_run		*t;
	u32			devices, groups;
	struct ipmmu_space	spaces[MANY];
};

/* Each group gets a domain of its own when its first device is met; ipmmu_detach() undoes that. */
static struct ipmmu_space *space_of(struct survey *survey, struct device *dev)
{
	struct ipmmu_space *space = survey->spaces;
	struct iommu_group *group = iommu_group_get(dev);

	for (; space < survey->spaces + survey->groups; space++)
		if (space->group == group) {
			iommu_group_put(group);
			return space;
		}
	if (!EXPECT(survey->t, survey->groups < GROUPS))
		return NULL;
	space->domain = iommu_paging_domain_alloc(dev);
	if (!EXPECT(survey->t, !IS_ERR(space->domain)))
		return NULL;
	space->group = group;
	space->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	survey->groups++;
	EXPECT_EQ(survey->t, iommu_attach_group(space->domain, group), 0);
	EXPECT_EQ(survey->t, ipmmu_map(space, IOVA, SZ_4K), 0);
	return space;
}

static int is_translated(struct device *dev, void *data)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct survey *survey = data;
	struct ipmmu_space *space;
	u32 leaf;

	survey->devices++;
	if (!EXPECT(survey->t, fwspec && device_iommu_mapped(dev)))
		return 0;
	leaf = fwspec->iommu_fwnode == dev_fwnode(ipmmu_board_unit(IPMMU_LEAF1)) ? IPMMU_LEAF1 :
										   IPMMU_LEAF2;
	space = space_of(survey, dev);
	if (space)
		EXPECT(survey->t, ipmmu_reads(leaf, fwspec->ids[0], IOVA, space));
	return 0;
}

static void survey_devices(struct test_run *t, u32 devices, u32 groups)
{
	struct survey survey = { .t = t };

	for (int n = 0; n < IPMMU_CLIENTS; n++)
		is_translated(board_client(n), &survey);
	EXPECT_EQ(t, driver_for_each_device(&extra_driver.driver, NULL, &survey, is_translated), 0);
	EXPECT_EQ(t, survey.devices, IPMMU_CLIENTS + devices);
	EXPECT_EQ(t, survey.groups, groups);
	for (u32 n = 0; n < survey.groups; n++)
		ipmmu_detach(&survey.spaces[n]);
}

/* None is refused: those that come late share the last context. */
static void every_device_is_translated_where_contexts_run_out(struct test_run *t)
{
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_add("leaf-one", UTLB, MANY), 0);
	EXPECT_EQ(t, ipmmu_board_add("leaf-two", UTLB, MANY), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	survey_devices(t, 2 * MANY, GROUPS);
	EXPECT_EQ(t, test_log_count("6 groups use all contexts"), 1);
	EXPECT_EQ(t, test_log_count("failed to allocate a domain"), 0);
	ipmmu_stop(t);
}

/* Three groups of the clients, and three more: just enough. */
static void devices_are_apart_where_contexts_suffice(struct test_run *t)
{
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_add("leaf-two", UTLB, GROUPS - 3), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	survey_devices(t, GROUPS - 3, GROUPS);
	EXPECT_EQ(t, test_log_count("joins a shared group"), 0);
	ipmmu_stop(t);
}

static void fill_contexts(struct test_run *t, struct iommu_domain **domains, u32 count)
{
	for (u32 n = 0; n < count; n++) {
		domains[n] = iommu_paging_domain_alloc(board_client(IPMMU_C));
		EXPECT(t, !IS_ERR(domains[n]));
	}
}

static void free_contexts(struct iommu_domain **domains, u32 count)
{
	for (u32 n = 0; n < count; n++)
		if (!IS_ERR(domains[n]))
			iommu_domain_free(domains[n]);
}

/* An owner's domains count, and no group had the last context. */
static void a_device_joins_a_translated_group_where_owners_have_the_contexts(struct test_run *t)
{
	struct iommu_domain *domains[GROUPS - 1];
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	fill_contexts(t, domains, GROUPS - 1);
	EXPECT_EQ(t, ipmmu_board_add("leaf-two", UTLB, 2), 0);
	wait_for_device_probe();
	for (u32 n = 0; n < 2; n++)
		EXPECT(t, ipmmu_reads(IPMMU_LEAF2, UTLB + n, IOVA, &space));
	EXPECT_EQ(t, test_log_count("joins a shared group: no context left"), 2);
	EXPECT_EQ(t, test_log_count("no driver binds until its owner releases it"), 1);
	free_contexts(domains, GROUPS - 1);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static int count_group(struct device *dev, void *data)
{
	struct survey *survey = data;
	struct iommu_group *group;

	if (!of_match_device(extra_match, dev))
		return 0;
	survey->devices++;
	EXPECT_EQ(survey->t, device_attach(dev), 1);
	group = iommu_group_get(dev);
	if (!EXPECT(survey->t, group))
		return 0;
	iommu_group_put(group);
	for (u32 n = 0; n < survey->groups; n++)
		if (survey->spaces[n].group == group)
			return 0;
	survey->spaces[survey->groups++].group = group;
	return 0;
}

/* The groups of the extra devices after their leaf has been unbound, and bound beside @count domains of an owner. */
static u32 groups_after_rebinding(struct test_run *t, struct iommu_domain **domains, u32 count)
{
	struct device *leaf = ipmmu_board_unit(IPMMU_LEAF1);
	const struct device_driver *driver = leaf->driver;
	struct survey survey = { .t = t };

	device_release_driver(leaf);
	fill_contexts(t, domains, count);
	EXPECT_EQ(t, device_driver_attach(driver, leaf), 0);
	bus_for_each_dev(&platform_bus_type, NULL, &survey, count_group);
	EXPECT_EQ(t, survey.devices, MANY);
	return survey.groups;
}

/*
 * Default domains are identity here, and need no context.  Where all devices come before their domains, it is not
 * known yet that they will not need one.
 */
static void groups_that_have_no_domain_yet_count_beside_those_of_owners(struct test_run *t)
{
	struct iommu_domain *domains[3];

	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_add("leaf-one", UTLB, MANY), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	EXPECT_EQ(t, groups_after_rebinding(t, domains, 3), TEST_DEVICES_COME_BEFORE_DOMAINS ? 3 : 5);
	free_contexts(domains, 3);
	ipmmu_stop(t);
}

static void a_device_without_a_context_is_named(struct test_run *t)
{
	struct iommu_domain *domains[GROUPS];

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	fill_contexts(t, domains, GROUPS);
	EXPECT_EQ(t, ipmmu_board_add("leaf-two", UTLB, 1), 0);
	wait_for_device_probe();
	EXPECT(t, ipmmu_bypassed(IPMMU_LEAF2, UTLB));
	EXPECT_EQ(t, test_log_count("no group to join, DMA is not translated"), 1);
	EXPECT_EQ(t, test_log_count("groups use all contexts"), 0);
	free_contexts(domains, GROUPS);
	ipmmu_stop(t);
}

/* Client D comes again, on the micro-TLBs of clients A and B. */
static struct platform_device *move_client_d(struct test_run *t)
{
	struct device_node *leaf = tree_node("leaf-one"), *node = tree_node("client-d");
	const u32 iommus[] = { leaf->phandle, UTLB_A, leaf->phandle, UTLB_B };
	struct platform_device *client;

	of_platform_device_destroy(board_client(IPMMU_D), NULL);
	EXPECT_EQ(t, tree_set("client-d", "iommus", iommus, ARRAY_SIZE(iommus)), 0);
	client = of_platform_device_create(node, NULL, ipmmu_board_unit(IPMMU_LEAF1)->parent);
	wait_for_device_probe();
	of_node_put(node);
	of_node_put(leaf);
	return client;
}

static void a_device_on_micro_tlbs_of_two_groups_is_left_out(struct test_run *t)
{
	struct platform_device *client;

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	client = move_client_d(t);
	EXPECT(t, client && client->dev.driver && !device_iommu_mapped(&client->dev));
	/* Newer kernels try when the device is added, and when its driver is bound. */
	EXPECT(t, test_log_count("shares micro-TLBs with groups"));
	EXPECT(t, device_iommu_mapped(board_client(IPMMU_A)));
	EXPECT(t, device_iommu_mapped(board_client(IPMMU_B)));
	ipmmu_stop(t);
}

static void a_leaf_is_one_group_if_that_is_wanted(struct test_run *t)
{
	EXPECT_EQ(t, parameter_set("ipmmu.isolation", "ipmmu"), 0);
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_add("leaf-one", UTLB, MANY), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	survey_devices(t, MANY, 2);
	ipmmu_stop(t);
	EXPECT_EQ(t, parameter_set("ipmmu.isolation", "utlb"), 0);
}

/* Whether it has ended can't be read while the root is off: the attach resumes it. */
static void a_flush_that_ends_while_suspended_frees_its_context(struct test_run *t)
{
	struct iommu_domain *domains[GROUPS];

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	fill_contexts(t, domains, GROUPS);
	ipmmu_model_hold_flush(true);
	iommu_domain_free(domains[0]);
	ipmmu_clients_sleep();
	EXPECT(t, wait_for(ipmmu_root_is_off));
	ipmmu_model_hold_flush(false);
	fill_contexts(t, domains, 1);
	EXPECT(t, wait_for(ipmmu_root_is_off));
	ipmmu_clients_wake(t);
	free_contexts(domains, GROUPS);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_groups, TEST_CASE(every_device_is_translated_where_contexts_run_out),
	   TEST_CASE(devices_are_apart_where_contexts_suffice),
	   TEST_CASE(a_device_joins_a_translated_group_where_owners_have_the_contexts),
	   TEST_CASE(groups_that_have_no_domain_yet_count_beside_those_of_owners),
	   TEST_CASE(a_device_without_a_context_is_named),
	   TEST_CASE(a_device_on_micro_tlbs_of_two_groups_is_left_out),
	   TEST_CASE(a_flush_that_ends_while_suspended_frees_its_context),
	   TEST_CASE(a_leaf_is_one_group_if_that_is_wanted));
