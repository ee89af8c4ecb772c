// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/smmu/pair.h"

#include <linux/delay.h>
#include <linux/pm_runtime.h>

#include "shim.h"

/* Both have the same stream ID. */
#define SID	BOARD_SID_A

static const enum board_client client_of[SMMU_UNITS] = { BOARD_CLIENT_A, BOARD_CLIENT_C };

void pair_resume_failure(const char *what)
{
	parameter_set("smmuv3.resume_failure", what);
}

/* ---- begin and end ---- */

static bool attach(struct bench *bench, enum board_client client)
{
	return bench_attach(bench, client) &&
	       EXPECT_EQ(bench->t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
}

static bool create(struct test_run *t, bool power_domains)
{
	return EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, board_add_second(), 0) &&
	       (!power_domains || EXPECT_EQ(t, board_add_power_domain(), 0));
}

bool pair_start(struct pair *pair, struct test_run *t, bool power_domains)
{
	*pair = (struct pair){
		.t = t,
		.benches = { { .t = t }, { .t = t } },
		.power_domains = power_domains,
	};
	/* Without messages a waiter reads the SMMU's registers. */
	smmu_model_create(smmu_model_idr0() & ~IDR0_MSI, smmu_model_idr1());
	pair->attached = create(t, power_domains) && bench_populate(t) &&
			 EXPECT(t, board_client(BOARD_CLIENT_C)) &&
			 attach(&pair->benches[0], client_of[0]) &&
			 attach(&pair->benches[1], client_of[1]);
	return pair->attached;
}

void pair_stop(struct pair *pair)
{
	pair_resume_failure("panic");
	if (pair->attached)
		for (u32 unit = 0; unit < SMMU_UNITS; unit++)
			bench_detach(&pair->benches[unit]);
	bench_stop(pair->t);
	EXPECT_EQ(pair->t, test_log_count("WARNING"), 0);
	test_clock_fake(false);
	test_log_clear();
}

void pair_break(struct pair *pair, u32 unit, enum smmu_defect defect, u32 cr0_writes)
{
	smmu_model_select(unit);
	smmu_model_break(defect, cr0_writes);
	if (defect == SMMU_IGNORES_CR0)
		smmu_model_forgive("CR0 field changed before its CR0ACK");
	if (defect == SMMU_CONSUMES_NOTHING && smmu_model_powered(unit))
		iommu_flush_iotlb_all(pair->benches[unit].domain);
}

/* ---- what has become of them ---- */

struct smmu_stats pair_stats(u32 unit)
{
	struct smmu *smmu = dev_get_drvdata(board_unit(unit));
	struct smmu_stats stats;

	smmu_core_read_stats(smmu->core, &stats);
	return stats;
}

struct smmu_power pair_power(u32 unit)
{
	return pair_stats(unit).power;
}

static void remap(struct bench *bench)
{
	EXPECT_EQ(bench->t, iommu_unmap(bench->domain, IOVA, SZ_4K), SZ_4K);
	EXPECT_EQ(bench->t, bench_map(bench, IOVA + SZ_4K, SZ_4K, IOMMU_READ), 0);
	EXPECT_EQ(bench->t, iommu_unmap(bench->domain, IOVA + SZ_4K, SZ_4K), SZ_4K);
	EXPECT_EQ(bench->t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
}

void pair_works(struct pair *pair, u32 unit)
{
	struct bench *bench = &pair->benches[unit];
	struct test_run *t = pair->t;
	u64 pa = 0;

	smmu_model_select(unit);
	EXPECT_EQ(t, pair_power(unit).state, SMMU_POWER_ACTIVE);
	EXPECT(t, smmu_model_translate(SID, IOVA, &pa));
	EXPECT_EQ(t, pa, page_to_phys(bench->page));
	EXPECT_EQ(t, iommu_unmap(bench->domain, IOVA, SZ_4K), SZ_4K);
	EXPECT(t, !smmu_model_translate(SID, IOVA, &pa));
	EXPECT_EQ(t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate(SID, IOVA, &pa));
}

void pair_is_blocked(struct pair *pair, u32 unit)
{
	struct test_run *t = pair->t;
	u64 pa;

	smmu_model_select(unit);
	EXPECT(t, !smmu_model_translate(SID, IOVA, &pa));
	EXPECT(t, !smmu_model_translate(SID, page_to_phys(pair->benches[unit].page), &pa));
	EXPECT(t, !smmu_model_translate(0x5555, IOVA, &pa));
	if (!smmu_model_powered(unit))
		return;
	EXPECT(t, smmu_model_read32(GBPA) & GBPA_ABORT);
	EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
}

/* STOP is set: what would be commands is left out, and no register is touched. */
static void nobody_waits_for_it(struct pair *pair, u32 unit)
{
	const u64 elided = pair_stats(unit).elided, writes = smmu_model_writes();

	remap(&pair->benches[unit]);
	EXPECT(pair->t, pair_stats(unit).elided >= elided + 2);
	EXPECT_EQ(pair->t, smmu_model_writes(), writes);
}

/* A shared wire is raised by another device, too: the registers may be without power. */
static void nobody_hears_it(u32 unit)
{
	for (enum smmu_wire wire = SMMU_WIRE_EVTQ; wire <= SMMU_WIRE_GERROR; wire++)
		board_raise(unit, wire);
	msleep(30);
}

static void client_stays_asleep(struct pair *pair, u32 unit)
{
	struct device *client = board_client(client_of[unit]);

	pm_runtime_put_sync(client);
	for (int i = 0; i < 2; i++)
		EXPECT(pair->t, pm_runtime_resume_and_get(client) < 0);
	pm_runtime_get_noresume(client);
}

static const char *const verdicts[SMMU_UNITS] = {
	"80000000.iommu: disabled after error: all DMA behind it aborts",
	"80100000.second-iommu: disabled after error: all DMA behind it aborts",
};

void pair_is_isolated(struct pair *pair, u32 unit)
{
	struct test_run *t = pair->t;

	EXPECT_EQ(t, pair_power(unit).state, SMMU_POWER_FAILED);
	EXPECT_EQ(t, test_log_count("disabled after error"), 1);
	EXPECT_EQ(t, test_log_count(verdicts[unit]), 1);
	pair_is_blocked(pair, unit);
	nobody_waits_for_it(pair, unit);
	if (pair->power_domains)
		client_stays_asleep(pair, unit);
	nobody_hears_it(unit);
	pair_is_blocked(pair, unit);
	EXPECT_EQ(t, test_log_count("disabled after error"), 1);
}

void pair_clients_put(struct pair *pair)
{
	pm_runtime_put_sync(board_client(BOARD_CLIENT_A));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_B));
	pm_runtime_put_sync(board_client(BOARD_CLIENT_C));
}

void pair_clients_get(struct pair *pair)
{
	EXPECT_EQ(pair->t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_A)), 0);
	EXPECT_EQ(pair->t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_B)), 0);
	EXPECT_EQ(pair->t, pm_runtime_resume_and_get(board_client(BOARD_CLIENT_C)), 0);
}
