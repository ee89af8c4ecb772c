// SPDX-License-Identifier: GPL-2.0-only
/* A function with ATS, whose ATC is the model's. */
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/ats_function.h"

#include "kunit/linux/smmu/ats.h"

struct ats_function ats_function;

bool smmu_pci_ats_supported(struct device *dev)
{
	return ats_function.supported && dev == board_device(BOARD_CLIENT_A);
}

bool smmu_pci_ats_required(struct device *dev)
{
	return ats_function.required && smmu_pci_ats_supported(dev);
}

void smmu_pci_prepare_ats(struct device *dev, int stu)
{
}

int smmu_pci_enable_ats(struct device *dev, int stu)
{
	if (ats_function.error)
		return ats_function.error;
	ats_function.stu = stu;
	ats_function.enables++;
	smmu_model_enable_ats(true);
	return 0;
}

void smmu_pci_disable_ats(struct device *dev)
{
	ats_function.disables++;
	smmu_model_enable_ats(false);
}

/* A suspended function answers no invalidation. */
static int function_suspend(struct device *dev)
{
	smmu_model_ignore_invalidations(true);
	return pm_generic_runtime_suspend(dev);
}

static int function_resume(struct device *dev)
{
	smmu_model_ignore_invalidations(false);
	if (ats_function.wakes)
		ats_function.wakes();
	return pm_generic_runtime_resume(dev);
}

static struct dev_pm_domain function_power = {
	.ops = { SET_RUNTIME_PM_OPS(function_suspend, function_resume, NULL) }
};

static bool with_pasids(struct test_run *t)
{
	const u32 bits = 5;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       bench_populate(t);
}

static bool start_by(struct bench *bench, struct test_run *t, bool (*board)(struct test_run *t))
{
	memset(&ats_function, 0, sizeof(ats_function));
	ats_function.supported = true;
	*bench = (struct bench){ .t = t };
	EXPECT_EQ(t, parameter_set("smmuv3.ats", "on"), 0);
	if (!board(t))
		return false;
	smmu_model_connect_atc(BOARD_SID_A);
	board_client(BOARD_CLIENT_A)->pm_domain = &function_power;
	dev_iommu_fwspec_get(board_client(BOARD_CLIENT_A))->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
	return true;
}

bool ats_start(struct bench *bench, struct test_run *t, bool power_domain)
{
	return start_by(bench, t, power_domain ? bench_start_in_domain : bench_start);
}

bool ats_start_with_pasids(struct bench *bench, struct test_run *t)
{
	return start_by(bench, t, with_pasids);
}

void ats_stop(struct test_run *t)
{
	struct device *dev = board_device(BOARD_CLIENT_A);

	if (dev)
		dev->pm_domain = NULL;
	bench_stop(t);
	EXPECT_EQ(t, parameter_set("smmuv3.ats", "off"), 0);
}

bool ats_attach(struct bench *bench)
{
	return bench_attach(bench, BOARD_CLIENT_A) &&
	       EXPECT_EQ(bench->t, bench_map(bench, IOVA, SZ_4K, IOMMU_READ | IOMMU_WRITE), 0);
}

bool ats_uses_the_page(struct bench *bench)
{
	u64 pa;

	return smmu_model_ats_access(IOVA, &pa) && pa == page_to_phys(bench->page);
}

bool ats_is_refused(void)
{
	u64 pa;

	return !smmu_model_ats_access(IOVA, &pa);
}
