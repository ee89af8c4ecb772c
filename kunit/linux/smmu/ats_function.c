// SPDX-License-Identifier: GPL-2.0-only
/* A function with ATS, whose ATC is the model's. */
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/ats_function.h"

#include "kunit/linux/smmu/ats.h"

struct ats_function ats_function;

static bool is_b(struct device *dev)
{
	return ats_function.b_too && dev == board_device(BOARD_CLIENT_B);
}

bool smmu_pci_ats_supported(struct device *dev)
{
	return ats_function.supported && (is_b(dev) || dev == board_device(BOARD_CLIENT_A));
}

/* The first question that is asked of a device being added. */
bool smmu_pci_ats_required(struct device *dev)
{
	if (!smmu_pci_ats_supported(dev))
		return false;
	if (ats_function.declared)
		dev_iommu_fwspec_get(dev)->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
	return ats_function.required;
}

void smmu_pci_prepare_ats(struct device *dev, int stu)
{
	if (!is_b(dev))
		smmu_model_connect_atc(BOARD_SID_A);
}

int smmu_pci_enable_ats(struct device *dev, int stu)
{
	if (is_b(dev))
		return 0;
	if (ats_function.error)
		return ats_function.error;
	ats_function.stu = stu;
	ats_function.enables++;
	smmu_model_enable_ats(true);
	return 0;
}

void smmu_pci_disable_ats(struct device *dev)
{
	if (is_b(dev))
		return;
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

bool ats_start_by(struct bench *bench, struct test_run *t, const char *parameter,
		  bool (*board)(struct test_run *t))
{
	const bool required = !strcmp(parameter, "required");

	ats_function = (struct ats_function){
		.supported = true, .required = required, .declared = true
	};
	*bench = (struct bench){ .t = t };
	EXPECT_EQ(t, parameter_set("smmuv3.ats", parameter), 0);
	if (!board(t))
		return false;
	board_client(BOARD_CLIENT_A)->pm_domain = &function_power;
	return true;
}

bool ats_start(struct bench *bench, struct test_run *t, bool power_domain)
{
	return ats_start_by(bench, t, "on", power_domain ? bench_start_in_domain : bench_start);
}

bool ats_start_with_pasids(struct bench *bench, struct test_run *t)
{
	return ats_start_by(bench, t, "on", bench_start_with_pasids);
}

bool ats_start_required(struct bench *bench, struct test_run *t)
{
	return ats_start_by(bench, t, "required", bench_start_with_pasids);
}

void ats_stop(struct test_run *t)
{
	struct device *dev = board_device(BOARD_CLIENT_A);

	if (dev)
		dev->pm_domain = NULL;
	bench_stop(t);
	EXPECT_EQ(t, parameter_set("smmuv3.ats", "required"), 0);
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
