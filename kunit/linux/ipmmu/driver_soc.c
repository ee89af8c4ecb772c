// SPDX-License-Identifier: GPL-2.0-only
/* What the IPMMU driver makes of the SoC: stages, devices, cuts. */
#include <linux/delay.h>
#include <linux/sys_soc.h>

#include "kunit/linux/ipmmu/bench.h"

/* ---- stage 2 ---- */

static void stage2_reaches_40_bits(struct test_run *t)
{
	const unsigned long far = 0xfffffff000;
	struct ipmmu_space space = { };

	EXPECT_EQ(t, parameter_set("ipmmu.stage", "3"), -EINVAL);
	EXPECT_EQ(t, parameter_set("ipmmu.stage", "2"), 0);
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, ipmmu_board_compatible("renesas,ipmmu-r8a77965"), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	EXPECT_EQ(t, parameter_set("ipmmu.stage", "auto"), 0);
	if (!EXPECT(t, board_client(IPMMU_A)) || !ipmmu_attach(t, &space, IPMMU_A))
		return ipmmu_stop(t);
	EXPECT_EQ(t, space.domain->geometry.aperture_end, 0xffffffffff);
	EXPECT_EQ(t, ipmmu_map(&space, far, SZ_4K), 0);
	EXPECT_EQ(t, ipmmu_map(&space, IOVA, SZ_4K), 0);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, far, &space));
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	EXPECT_EQ(t, ipmmu_map(&space, far + SZ_4K, SZ_4K), -ERANGE);
	EXPECT_EQ(t, iommu_unmap(space.domain, far, SZ_4K), SZ_4K);
	EXPECT(t, ipmmu_faults(IPMMU_LEAF1, UTLB_A, far));
	ipmmu_clients_sleep();
	ipmmu_clients_wake(t);
	EXPECT(t, ipmmu_reads(IPMMU_LEAF1, UTLB_A, IOVA, &space));
	ipmmu_detach(&space);
	ipmmu_stop(t);
}

/* Without a Product Register an H3 may be an early one. */
static void stage2_gives_way_on_an_unknown_cut(struct test_run *t)
{
	struct ipmmu_space space = { };

	EXPECT_EQ(t, parameter_set("ipmmu.stage", "2"), 0);
	if (ipmmu_start(t) && ipmmu_attach(t, &space, IPMMU_A)) {
		EXPECT_EQ(t, test_log_count("stage 2 requested, stage 1 is used"), 1);
		EXPECT_EQ(t, space.domain->geometry.aperture_end, 0xffffffff);
		ipmmu_detach(&space);
	}
	parameter_set("ipmmu.stage", "auto");
	ipmmu_stop(t);
}

/* ---- SoCs ---- */

/* Start on a SoC that says this of itself; the clients may not all be mapped. */
static struct soc_device *start_on(struct test_run *t, struct soc_device_attribute *what)
{
	struct soc_device *soc = soc_device_register(what);

	EXPECT(t, !IS_ERR(soc));
	EXPECT_EQ(t, ipmmu_board_create(), 0);
	EXPECT_EQ(t, tree_populate(), 0);
	return soc;
}

static bool mapped(enum ipmmu_client_name which)
{
	return device_iommu_mapped(board_client(which));
}

static void devices_opt_in(struct test_run *t)
{
	struct soc_device_attribute m3n = {
		.family = "R-Car Gen3", .soc_id = "r8a77965", .revision = "ES1.1",
	};
	struct soc_device *soc;

	soc = start_on(t, &m3n);
	EXPECT(t, !mapped(IPMMU_A) && !mapped(IPMMU_C));
	ipmmu_stop(t);
	soc_device_unregister(soc);

	EXPECT_EQ(t, parameter_set("ipmmu.allow", "ipmmu-board:client-c,else"), 0);
	soc = start_on(t, &m3n);
	EXPECT(t, !mapped(IPMMU_A) && mapped(IPMMU_C));
	ipmmu_stop(t);
	soc_device_unregister(soc);

	EXPECT_EQ(t, parameter_set("ipmmu.allow", "all"), 0);
	soc = start_on(t, &m3n);
	EXPECT(t, mapped(IPMMU_A) && mapped(IPMMU_C));
	ipmmu_stop(t);
	soc_device_unregister(soc);
}

/* However often its driver is probed; the next life of the board tells anew. */
static void a_refused_device_is_told_once(struct test_run *t)
{
	struct soc_device_attribute m3n = {
		.family = "R-Car Gen3", .soc_id = "r8a77965", .revision = "ES1.1",
	};
	struct soc_device *soc;

	EXPECT_EQ(t, parameter_set("ipmmu.allow", "none"), 0);
	for (int life = 1; life < 3; life++) {
		soc = start_on(t, &m3n);
		for (int n = 0; n < 3; n++) {
			device_release_driver(board_client(IPMMU_A));
			EXPECT_EQ(t, board_bind(IPMMU_A), 1);
		}
		EXPECT_EQ(t, test_log_count("not known to work, allow=ipmmu-board:client-a adds it"),
			  life);
		EXPECT_EQ(t, test_log_count("not known to work"), life * IPMMU_CLIENTS);
		EXPECT_EQ(t, test_log_count("has errata"), 0);
		ipmmu_stop(t);
		soc_device_unregister(soc);
	}
}

static void a_denied_soc_is_told_once(struct test_run *t)
{
	struct soc_device_attribute m3w = {
		.family = "R-Car Gen3", .soc_id = "r8a7796", .revision = "ES1.0",
	};
	struct soc_device *soc = start_on(t, &m3w);

	EXPECT_EQ(t, test_log_count("has errata: no device is translated"), 1);
	EXPECT_EQ(t, test_log_count("not known to work"), 0);
	ipmmu_stop(t);
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

	EXPECT_EQ(t, parameter_set("ipmmu.allow", "all"), 0);
	for (int i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct soc_device_attribute what = {
			.family = "R-Car Gen3", .soc_id = cuts[i].soc_id, .revision = cuts[i].revision,
		};
		struct soc_device *soc = start_on(t, &what);

		EXPECT_EQ(t, mapped(IPMMU_A), cuts[i].allowed);
		ipmmu_stop(t);
		soc_device_unregister(soc);
	}
}

/* The board is an H3. */
static void the_cut_decides_on_stage2(struct test_run *t)
{
	static const char *const revisions[] = { "ES1.1", "ES3.0" };

	EXPECT_EQ(t, parameter_set("ipmmu.stage", "2"), 0);
	for (int late = 0; late < 2; late++) {
		struct soc_device_attribute h3 = {
			.family = "R-Car Gen3", .soc_id = "r8a7795", .revision = revisions[late],
		};
		struct soc_device *soc = start_on(t, &h3);

		EXPECT_EQ(t, test_log_count("cuts before ES3.0 can't"), 1);
		EXPECT_EQ(t, test_log_count("stage 2, 40-bit"), late);
		ipmmu_stop(t);
		soc_device_unregister(soc);
	}
	parameter_set("ipmmu.stage", "auto");
}

TEST_SUITE(ipmmu_driver_soc, TEST_CASE(stage2_reaches_40_bits),
	   TEST_CASE(stage2_gives_way_on_an_unknown_cut), TEST_CASE(devices_opt_in),
	   TEST_CASE(a_refused_device_is_told_once), TEST_CASE(a_denied_soc_is_told_once),
	   TEST_CASE(early_cuts_are_left_alone), TEST_CASE(the_cut_decides_on_stage2));
