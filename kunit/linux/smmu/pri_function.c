// SPDX-License-Identifier: GPL-2.0-only
/* A function with PRI, whose requests are the model's. */
#include "kunit/linux/smmu/pri_function.h"

#include "kunit/linux/smmu/pri.h"

struct pri_function pri_function;

static struct test_run *run;

struct device *smmu_pci_pri_bearer(struct device *dev)
{
	return pri_function.pf && dev == board_device(BOARD_CLIENT_A) ? pri_function.pf() : dev;
}

bool smmu_pci_pri_supported(struct device *dev)
{
	return dev == smmu_pci_pri_bearer(board_device(BOARD_CLIENT_A));
}

bool smmu_pci_pri_wants_pasids(struct device *dev)
{
	return true;
}

u32 smmu_pci_pri_capacity(struct device *dev)
{
	return pri_function.capacity;
}

/* PRI is enabled while ATS is. */
int smmu_pci_enable_pri(struct device *dev, u32 credits)
{
	EXPECT(run, smmu_model_ats_enabled());
	EXPECT(run, !smmu_model_pri_enabled());
	if (pri_function.error)
		return pri_function.error;
	pri_function.credits = credits;
	pri_function.enables++;
	pri_function.enabled = dev;
	smmu_model_enable_pri(credits);
	return 0;
}

void smmu_pci_disable_pri(struct device *dev)
{
	EXPECT(run, smmu_model_ats_enabled());
	pri_function.disables++;
	smmu_model_disable_pri();
}

bool pri_start(struct bench *bench, struct test_run *t, bool (*board)(struct test_run *t))
{
	run = t;
	pri_function = (struct pri_function){ .capacity = 1000 };
	if (!ats_start_by(bench, t, "on", board))
		return false;
	smmu_model_connect_pri(BOARD_SID_A);
	return true;
}
