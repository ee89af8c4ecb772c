// SPDX-License-Identifier: GPL-2.0-only
/* Contexts in debugfs, and the walk that follows the report of a fault. */
#include "kunit/linux/common/debugfs.h"
#include "kunit/linux/ipmmu/bench.h"

static const char *root_name(void)
{
	return dev_name(ipmmu_board_unit(IPMMU_ROOT));
}

/* What the file of a context shows. */
static const char *show(u32 context)
{
	char path[64];

	snprintf(path, sizeof(path), "ipmmu/%s/contexts/%u", root_name(), context);
	return debugfs_test_read(path, 100) ?: "";
}

/* The contexts whose file has @text. */
static u32 contexts_with(const char *text)
{
	u32 context, bits = 0;

	for (context = 0; context < 16; context++)
		if (strstr(show(context), text))
			bits |= BIT(context);
	return bits;
}

static void contexts_have_files_in_the_root(struct test_run *t)
{
	struct file *open;
	char path[64];

	if (!ipmmu_start(t))
		return ipmmu_stop(t);
	EXPECT_EQ(t, contexts_with("free\n"), 0xfe);	/* 1 to 7 */
	snprintf(path, sizeof(path), "ipmmu/%s/contexts/1",
		 dev_name(ipmmu_board_unit(IPMMU_LEAF1)));
	EXPECT(t, !debugfs_test_has(path));
	snprintf(path, sizeof(path), "ipmmu/%s/contexts/1", root_name());
	open = debugfs_test_open(path);
	EXPECT_EQ(t, debugfs_test_errno(open), 0);
	ipmmu_stop(t);
	EXPECT_EQ(t, -debugfs_test_errno(open), EIO);
	debugfs_test_close(open);
}

static void a_context_shows_what_its_domain_maps(struct test_run *t)
{
	struct ipmmu_space space = { };
	const char *text;
	char range[64];

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	snprintf(range, sizeof(range), "\n%#018lx-%#018lx -> %#018llx rwx\n", IOVA,
		 IOVA + SZ_4K - 1, (u64)page_to_phys(space.page));
	EXPECT_EQ(t, hweight32(contexts_with("domain, devices 1, tables 8 KiB\n")), 1);
	text = show(ffs(contexts_with("domain,")) - 1);
	EXPECT(t, strstr(text, range));
	EXPECT_EQ(t, iommu_unmap(space.domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(t, contexts_with(" -> "), 0);
	ipmmu_detach(&space);
	EXPECT_EQ(t, contexts_with("domain,"), 0);
	ipmmu_stop(t);
}

static void a_suspended_ipmmu_is_shown(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	ipmmu_clients_sleep();
	EXPECT(t, ipmmu_root_is_off());
	EXPECT_EQ(t, hweight32(contexts_with(" -> ")), 1);
	ipmmu_clients_wake(t);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

static void the_walk_follows_a_fault(struct test_run *t)
{
	struct ipmmu_space space = { };

	if (!ipmmu_start(t) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, IOVA + SZ_4K));
	EXPECT(t, wait_for_log("walk: iova: 0x12341000 L1 0x", 1));
	EXPECT_EQ(t, test_log_count(" L3 0x0\n"), 1);
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

TEST_SUITE(ipmmu_driver_dumps, TEST_CASE(contexts_have_files_in_the_root),
	   TEST_CASE(a_context_shows_what_its_domain_maps), TEST_CASE(a_suspended_ipmmu_is_shown),
	   TEST_CASE(the_walk_follows_a_fault));
