// SPDX-License-Identifier: GPL-2.0-only
/* The IPMMU driver comes and goes: from a device tree, over the model, in any order. */
#include <linux/delay.h>

#include "kunit/linux/ipmmu/bench.h"
#include "ipmmu/shim/shim.h"

static bool same_group(enum ipmmu_client_name one, enum ipmmu_client_name two)
{
	return board_client(one)->iommu_group == board_client(two)->iommu_group;
}

/* ---- probing and leaving ---- */

static void leaves_wait_for_their_root(struct test_run *t)
{
	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	for (u32 n = 0; n < IPMMU_UNITS; n++)
		EXPECT(t, ipmmu_board_unit(n)->driver);
	for (int n = 0; n < IPMMU_CLIENTS; n++)
		EXPECT(t, device_iommu_mapped(board_client(n)));
	EXPECT(t, !same_group(IPMMU_A, IPMMU_B));
	EXPECT(t, !same_group(IPMMU_A, IPMMU_C));
	EXPECT(t, same_group(IPMMU_B, IPMMU_D));
	ipmmu_stop(t);
}

static void a_root_may_be_bound_again(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
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
	EXPECT_EQ(t, board_bind(IPMMU_A), 1);
	if (EXPECT(t, board_client(IPMMU_A)) && ipmmu_attach(t, &space, IPMMU_A)) {
		EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
		EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
		ipmmu_detach(&space);
	}
	ipmmu_stop(t);
}

static void a_leaf_may_go_and_come_back(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_C))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	device_release_driver(ipmmu_board_unit(IPMMU_LEAF1));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF2, UTLB_C, IOVA, &space));
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF2, UTLB_C, IOVA));
	EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_LEAF1)), 1);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void a_leaf_without_root_is_refused(struct test_run *t)
{
	const u32 nowhere[] = { 0xfeed, 1 };

	if (EXPECT_EQ(t, ipmmu_board_create(), 0)) {
		EXPECT_EQ(t, tree_set("leaf-two", "renesas,ipmmu-main", nowhere, 2), 0);
		EXPECT_EQ(t, tree_populate(), 0);
		EXPECT(t, ipmmu_board_unit(IPMMU_LEAF1)->driver);
		EXPECT(t, !ipmmu_board_unit(IPMMU_LEAF2)->driver);
		EXPECT_EQ(t, test_log_count("renesas,ipmmu-main refers to no node"), 1);
	}
	ipmmu_stop(t);
}

static void a_bad_utlb_is_refused(struct test_run *t)
{
	struct device_node *leaf;
	u32 entry[2] = { 0, 48 };

	if (EXPECT_EQ(t, ipmmu_board_create(), 0)) {
		leaf = of_find_node_by_path("/ipmmu-board/leaf-one@80e00000");
		entry[0] = leaf->phandle;
		of_node_put(leaf);
		EXPECT_EQ(t, tree_set("client-a", "iommus", entry, 2), 0);
		EXPECT_EQ(t, tree_populate(), 0);
		EXPECT(t, test_log_count("refers to micro-TLB 48") > 0);
		EXPECT(t, !board_client(IPMMU_A) || !device_iommu_mapped(board_client(IPMMU_A)));
		EXPECT(t, device_iommu_mapped(board_client(IPMMU_B)));
	}
	ipmmu_stop(t);
}

/* What firmware left may assert it, and after the IPMMU has lost its power nothing would clear it. */
static void the_interrupt_is_on_in_service_only(struct test_run *t)
{
	struct ipmmu_board_calls calls;

	if (ipmmu_start(t)) {
		device_release_driver(ipmmu_board_unit(IPMMU_ROOT));
		EXPECT_EQ(t, device_attach(ipmmu_board_unit(IPMMU_ROOT)), 1);
		calls = ipmmu_board_calls();
		EXPECT_EQ(t, calls.turns, 3);
		EXPECT_EQ(t, calls.with_interrupt, 0);
	}
	ipmmu_stop(t);
}

/* As insmod is when the kernel's own driver is built in. */
static void a_second_driver_is_refused_with_a_hint(struct test_run *t)
{
	EXPECT_EQ(t, ipmmu_driver_register(), -EBUSY);
	EXPECT_EQ(t, test_log_count("initcall_blacklist=ipmmu_driver_init"), 1);
	if (ipmmu_start(t))
		EXPECT(t, ipmmu_board_unit(IPMMU_ROOT)->driver);
	ipmmu_stop(t);
}

/* ---- memory ---- */

static void try_everything(void)
{
	struct device *client = board_device(IPMMU_A);
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
		EXPECT_EQ(t, tree_populate(), 0);
		try_everything();
		failed = test_alloc_failed();
		test_fail_alloc(0);
		ipmmu_stop(t);
	}
	EXPECT(t, !failed && nth > 12);
}

TEST_SUITE(ipmmu_driver_probe, TEST_CASE(leaves_wait_for_their_root),
	   TEST_CASE(a_root_may_be_bound_again), TEST_CASE(a_leaf_may_go_and_come_back),
	   TEST_CASE(a_leaf_without_root_is_refused), TEST_CASE(a_bad_utlb_is_refused),
	   TEST_CASE(the_interrupt_is_on_in_service_only),
	   TEST_CASE(a_second_driver_is_refused_with_a_hint),
	   TEST_CASE(every_allocation_may_fail));
