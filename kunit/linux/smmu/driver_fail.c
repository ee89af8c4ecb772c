// SPDX-License-Identifier: GPL-2.0-only
/* The driver under Linux when memory runs out, at each allocation in turn. */
#include <linux/delay.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/common/fail_dma.h"

static const struct device_driver *driver;

/* ---- the SMMU comes and goes ---- */

/* As it was found: without translation, GBPA lets everything through. */
static void is_gone(struct test_run *t)
{
	EXPECT(t, !board_smmu()->driver);
	EXPECT(t, is_left_alone(board_smmu()));
	EXPECT(t, !board_client(BOARD_CLIENT_A));
	if (bench_is_off())
		return;
	EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	EXPECT(t, bench_reaches(BOARD_SID_B1, IOVA, IOVA));
}

static int probe(struct test_run *t)
{
	return device_driver_attach(driver, board_smmu());
}

static void clients_work(struct test_run *t)
{
	EXPECT_EQ(t, board_bind(BOARD_CLIENT_A), 1);
	EXPECT_EQ(t, board_bind(BOARD_CLIENT_B), 1);
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
	EXPECT(t, bench_reaches(BOARD_SID_B2, IOVA, IOVA));
}

static void release_unlinked_clients(void)
{
	release_unlinked(board_client(BOARD_CLIENT_A));
	release_unlinked(board_client(BOARD_CLIENT_B));
}

static void unbind(struct test_run *t)
{
	release_unlinked_clients();
	device_release_driver(board_smmu());
	is_gone(t);
}

static const struct fail_op probing = {
	.name		= "probe",
	.run		= probe,
	.mistaken	= -EBUSY,	/* of devm_ioremap_resource() */
	.failed		= is_gone,
	.worked		= clients_work,
	.undo		= unbind,
};

static void probe_may_fail(struct test_run *t)
{
	if (bench_start(t)) {
		driver = board_smmu()->driver;
		unbind(t);
		EXPECT(t, fail_each(t, &probing, board_smmu()) > 20);
	}
	bench_stop(t);
}

/* The power domain is on before probe and goes off after it, by a work item. */
static void is_gone_and_off(struct test_run *t)
{
	EXPECT(t, wait_for(bench_is_off));
	is_gone(t);
}

static void unbind_and_wait(struct test_run *t)
{
	release_unlinked_clients();
	device_release_driver(board_smmu());
	is_gone_and_off(t);
}

static const struct fail_op probing_in_domain = {
	.name		= "probe in a power domain",
	.run		= probe,
	.mistaken	= -EBUSY,
	.failed		= is_gone_and_off,
	.worked		= clients_work,
	.undo		= unbind_and_wait,
};

static void probe_in_a_power_domain_may_fail(struct test_run *t)
{
	if (bench_start_in_domain(t)) {
		driver = board_smmu()->driver;
		unbind_and_wait(t);
		EXPECT(t, fail_each(t, &probing_in_domain, board_smmu()) > 20);
	}
	bench_stop(t);
}

static void bind(struct test_run *t)
{
	EXPECT_EQ(t, probe(t), 0);
	clients_work(t);
}

static int leave(struct test_run *t)
{
	device_release_driver(board_smmu());
	return 0;
}

static void nothing(struct test_run *t) {}

static const struct fail_op leaving = {
	.name		= "remove",
	.prepare	= bind,
	.run		= leave,
	.worked		= is_gone,
	.undo		= nothing,
};

static void remove_needs_no_memory(struct test_run *t)
{
	if (bench_start(t)) {
		driver = board_smmu()->driver;
		unbind(t);
		fail_each(t, &leaving, board_smmu());
	}
	bench_stop(t);
}

/* ---- a device comes ---- */

static struct platform_device *client;

static void destroy_client(struct test_run *t)
{
	of_platform_device_destroy(&client->dev, NULL);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
}

/* Linux lets a driver have its device without an IOMMU when that can't be set up. */
static int create_client(struct test_run *t)
{
	struct device_node *node = tree_node("client-a");

	client = of_platform_device_create(node, NULL, board_smmu()->parent);
	of_node_put(node);
	if (!client)
		return -ENOMEM;
	if (board_client(BOARD_CLIENT_A) && device_iommu_mapped(&client->dev))
		return 0;
	destroy_client(t);
	return -ENOMEM;
}

static void client_is_aborted(struct test_run *t)
{
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	EXPECT(t, bench_reaches(BOARD_SID_B1, IOVA, IOVA));
}

static void client_works(struct test_run *t)
{
	EXPECT(t, is_powered_for(board_smmu(), &client->dev));
	EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
}

static const struct fail_op adding_a_client = {
	.name	= "adding a device",
	.run	= create_client,
	.failed	= client_is_aborted,
	.worked	= client_works,
	.undo	= destroy_client,
};

static void adding_a_device_may_fail(struct test_run *t)
{
	if (bench_start(t)) {
		of_platform_device_destroy(board_client(BOARD_CLIENT_A), NULL);
		EXPECT(t, fail_each(t, &adding_a_client, board_smmu()) > 20);
	}
	bench_stop(t);
}

static bool create_client_without_a_link(struct test_run *t)
{
	for (u32 nth = 1; nth < 200; nth++) {
		int ret;

		test_log_clear();
		current->fail_nth = nth;
		ret = create_client(t);
		current->fail_nth = 0;
		if (!ret && test_log_count("failed to add a device link"))
			return true;
		if (!ret)
			destroy_client(t);
	}
	return false;
}

static void device_without_a_link_keeps_it_on(struct test_run *t)
{
	if (!bench_start_in_domain(t))
		return bench_stop(t);
	of_platform_device_destroy(board_client(BOARD_CLIENT_A), NULL);
	if (EXPECT(t, create_client_without_a_link(t))) {
		bench_put_clients();
		msleep(200);
		EXPECT(t, smmu_model_powered(0));
		EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, IOVA));
		pm_runtime_get_sync(board_client(BOARD_CLIENT_A));
		pm_runtime_get_sync(board_client(BOARD_CLIENT_B));
	}
	bench_stop(t);
}

/* ---- power ---- */

static int sleep_and_wake(struct test_run *t)
{
	int ret;

	bench_put_clients();
	ret = pm_runtime_suspend(board_smmu());
	EXPECT(t, bench_is_off());
	return ret ?: pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)) ?:
	       pm_runtime_resume_and_get(board_client(BOARD_CLIENT_B));
}

static const struct fail_op changing_power = {
	.name	= "suspend and resume",
	.run	= sleep_and_wake,
	.worked	= clients_work,
	.undo	= nothing,
};

static void power_needs_no_memory(struct test_run *t)
{
	if (bench_start_in_domain(t))
		EXPECT_EQ(t, fail_each(t, &changing_power, board_smmu()), 0);
	bench_stop(t);
}

/* ---- domains and mappings ---- */

static bool streams_reach(u64 iova, u64 pa)
{
	return bench_reaches(BOARD_SID_B1, iova, pa) && bench_reaches(BOARD_SID_B2, iova, pa);
}

static bool streams_abort(u64 iova)
{
	return bench_aborts(BOARD_SID_B1, iova) && bench_aborts(BOARD_SID_B2, iova);
}

static bool client_a_works(void)
{
	return bench_reaches(BOARD_SID_A, IOVA, IOVA);
}

static const struct fail_view *view_of_client_b(void)
{
	static struct fail_view view = {
		.attach_allocs	= 3,
		.reaches	= streams_reach,
		.stops		= streams_abort,
		.others_work	= client_a_works,
	};

	view.iommu = board_smmu();
	view.client = board_client(BOARD_CLIENT_B);
	return &view;
}

static void attaching_may_fail(struct test_run *t)
{
	if (bench_start(t)) {
		fail_attaching(t, view_of_client_b());
		fail_replacing(t, view_of_client_b());
	}
	bench_stop(t);
}

static void mapping_may_fail(struct test_run *t)
{
	if (bench_start(t)) {
		fail_mapping(t, view_of_client_b());
		fail_unmapping(t, view_of_client_b());
	}
	bench_stop(t);
}

static void stage_2_may_fail(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0() & ~(IDR0_S1P | IDR0_HYP), smmu_model_idr1());
	if (EXPECT_EQ(t, board_create(), 0) && bench_populate(t)) {
		fail_attaching(t, view_of_client_b());
		fail_mapping(t, view_of_client_b());
		fail_unmapping(t, view_of_client_b());
	}
	bench_stop(t);
}

/* Linear stream table, and page tables that are cleaned to memory one by one. */
static void plain_smmu_may_fail(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0() & ~(IDR0_ST_LEVEL | IDR0_COHACC), smmu_model_idr1());
	if (EXPECT_EQ(t, board_create(), 0) &&
	    EXPECT_EQ(t, tree_remove("iommu", "dma-coherent"), 0) &&
	    EXPECT_EQ(t, tree_set("iommu", "dma-noncoherent", (u32[]){ 0 }, 1), 0) &&
	    bench_populate(t)) {
		fail_attaching(t, view_of_client_b());
		fail_mapping(t, view_of_client_b());
		driver = board_smmu()->driver;
		unbind(t);
		EXPECT(t, fail_each(t, &probing, board_smmu()) > 20);
	}
	bench_stop(t);
}

TEST_SUITE(driver_fail, TEST_CASE(probe_may_fail), TEST_CASE(probe_in_a_power_domain_may_fail),
	   TEST_CASE(remove_needs_no_memory), TEST_CASE(adding_a_device_may_fail),
	   TEST_CASE(device_without_a_link_keeps_it_on),
	   TEST_CASE(power_needs_no_memory), TEST_CASE(attaching_may_fail),
	   TEST_CASE(mapping_may_fail), TEST_CASE(stage_2_may_fail),
	   TEST_CASE(plain_smmu_may_fail));
