// SPDX-License-Identifier: GPL-2.0-only
/* Streams in debugfs, and the walk that follows the report of an event. */
#include <linux/pm_runtime.h>

#include "kunit/linux/common/debugfs.h"
#include "kunit/linux/smmu/bench.h"

/* What a stream's file shows, read in small pieces. */
static const char *show(u32 sid)
{
	char path[64];

	snprintf(path, sizeof(path), "smmuv3/%s/streams/%#x", dev_name(board_smmu()), sid);
	return debugfs_test_read(path, 100) ?: "";
}

static bool has_file(const char *unit, u32 sid)
{
	char path[64];

	snprintf(path, sizeof(path), "smmuv3/%s/streams/%#x", unit, sid);
	return debugfs_test_has(path);
}

static void a_stream_has_a_file_while_its_device_exists(struct test_run *t)
{
	struct file *open;
	char path[64];

	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, has_file(dev_name(board_smmu()), BOARD_SID_A));
	EXPECT(t, has_file(dev_name(board_smmu()), BOARD_SID_B1));
	EXPECT(t, has_file(dev_name(board_smmu()), BOARD_SID_B2));
	EXPECT(t, !has_file(dev_name(board_smmu()), BOARD_SID_A + 1));
	snprintf(path, sizeof(path), "smmuv3/%s/streams/%#x", dev_name(board_smmu()), BOARD_SID_A);
	open = debugfs_test_open(path);
	EXPECT_EQ(t, debugfs_test_errno(open), 0);
	bench_stop(t);
	EXPECT_EQ(t, -debugfs_test_errno(open), EIO);
	EXPECT(t, !debugfs_test_has(path));
	debugfs_test_close(open);
}

static void a_stream_shows_its_domain_and_ranges(struct test_run *t)
{
	struct bench bench = { .t = t };
	const char *text;

	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, strstr(show(BOARD_SID_B2), "device smmuv3-board:client-b\n"));
	if (!bench_attach(&bench, BOARD_CLIENT_B))
		return bench_stop(t);
	EXPECT_EQ(t, iommu_map(bench.domain, SZ_1G, SZ_2G, SZ_2M + SZ_4K, IOMMU_READ, GFP_KERNEL),
		  0);
	EXPECT_EQ(t, iommu_map(bench.domain, SZ_512M, 0, SZ_4K, IOMMU_WRITE, GFP_KERNEL), 0);
	text = show(BOARD_SID_B2);
	EXPECT(t, strstr(text, "STE 0x"));
	EXPECT(t, strstr(text, "\nCD 0x"));
	EXPECT(t, strstr(text, "\nconfig stage 1, ASID 1, 48-bit input addresses, TTB 0x"));
	EXPECT(t, strstr(text, "\ndomain paging, page sizes 0x40201000, tables 24 KiB\n"
			       "0x0000000020000000-0x0000000020000fff -> 0x0000000000000000 rwx\n"
			       "0x0000000040000000-0x0000000040200fff -> 0x0000000080000000 r-x\n"));
	EXPECT_EQ(t, iommu_unmap(bench.domain, SZ_1G, SZ_2M + SZ_4K), SZ_2M + SZ_4K);
	EXPECT_EQ(t, iommu_unmap(bench.domain, SZ_512M, SZ_4K), SZ_4K);
	EXPECT(t, !strstr(show(BOARD_SID_B2), " -> "));
	bench_detach(&bench);
	text = show(BOARD_SID_B2);
	EXPECT(t, strstr(text, "\nconfig bypass\ndomain identity\n"));
	EXPECT(t, !strstr(text, "CD"));
	bench_stop(t);
}

static void events_are_counted_by_device(struct test_run *t)
{
	u32 word;

	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, strstr(show(BOARD_SID_A), "\nATS off, PRI off\nevents 0, stalls 0, page requests 0, "));
	EXPECT(t, smmu_model_page_request(BOARD_SID_A, IOVA, 1));
	EXPECT(t, wait_for_log("page request denied", 1));
	EXPECT(t, !smmu_model_dma_read(0x5555, 0, &word, 4));
	EXPECT(t, wait_for_log("C_BAD_STREAMID", 1));
	EXPECT(t, strstr(show(BOARD_SID_A), "\nevents 0, stalls 0, page requests 0, groups denied 1\n"));
	EXPECT(t, strstr(show(BOARD_SID_B1), "\nevents 0, stalls 0, page requests 0, groups denied 0\n"));
	bench_stop(t);
}

/* More than one buffer of the kernel, in pieces and in one read. */
static void a_long_dump_is_complete(struct test_run *t)
{
	struct bench bench = { .t = t };
	const u32 count = 300;
	const char *text;
	u32 lines = 0;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	for (u32 i = 0; i < count; i++)
		EXPECT_EQ(t, bench_map(&bench, IOVA + 2 * i * SZ_4K, SZ_4K, IOMMU_READ), 0);
	for (text = show(BOARD_SID_A); (text = strstr(text, " -> ")); text++)
		lines++;
	EXPECT_EQ(t, lines, count);
	for (u32 i = 0; i < count; i++)
		EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA + 2 * i * SZ_4K, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void a_suspended_smmu_is_shown(struct test_run *t)
{
	struct bench bench = { .t = t };

	if (!bench_start_in_domain(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	bench_suspend_clients(t);
	EXPECT(t, strstr(show(BOARD_SID_A), " -> "));
	EXPECT(t, bench_is_off());
	bench_resume_clients(t);
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

static void the_walk_follows_an_event(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word = 0;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, IOVA + SZ_4K, &word, 4));
	EXPECT(t, wait_for_log("F_TRANSLATION", 1));
	EXPECT(t, wait_for_log("walk: iova: 0x7654341000 L0 0x", 1));
	EXPECT_EQ(t, test_log_count(" L3 0x0\n"), 1);
	EXPECT(t, !smmu_model_dma_write(BOARD_SID_A, IOVA + 5UL * SZ_1G, &word, 4));
	EXPECT(t, wait_for_log("walk: iova: 0x7794340000 L0 0x", 1));
	EXPECT_EQ(t, test_log_count(" L1 0x0\n"), 1);
	EXPECT(t, strstr(show(BOARD_SID_A), "\nevents 2, stalls 0, "));
	EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
	bench_detach(&bench);
	bench_stop(t);
}

/* There is no page table for an event without a domain, or without a device. */
static void other_events_have_no_walk(struct test_run *t)
{
	u32 word;

	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, !smmu_model_dma_read(0x5555, 0, &word, 4));
	EXPECT(t, wait_for_log("C_BAD_STREAMID", 1));
	EXPECT_EQ(t, test_log_count("walk:"), 0);
	bench_stop(t);
}

/* A walk for each event that is logged. */
static void walks_are_limited_as_their_events(struct test_run *t)
{
	struct bench bench = { .t = t };
	u32 word;

	if (!bench_start(t) || !bench_attach(&bench, BOARD_CLIENT_A))
		return bench_stop(t);
	for (u32 i = 0; i < 50; i++)
		EXPECT(t, !smmu_model_dma_read(BOARD_SID_A, IOVA + i * SZ_4K, &word, 4));
	EXPECT(t, wait_for_log("walk:", 10));
	EXPECT_EQ(t, test_log_count("walk:"), test_log_count("F_TRANSLATION"));
	bench_detach(&bench);
	bench_stop(t);
}

TEST_SUITE(driver_dumps, TEST_CASE(a_stream_has_a_file_while_its_device_exists),
	   TEST_CASE(a_stream_shows_its_domain_and_ranges), TEST_CASE(events_are_counted_by_device),
	   TEST_CASE(a_long_dump_is_complete), TEST_CASE(a_suspended_smmu_is_shown),
	   TEST_CASE(the_walk_follows_an_event), TEST_CASE(other_events_have_no_walk),
	   TEST_CASE(walks_are_limited_as_their_events));
