// SPDX-License-Identifier: GPL-2.0-only
#include <linux/of.h>
#include <linux/pm_domain.h>

#include "board.h"

static bool broken;

static int domain_on(struct generic_pm_domain *domain)
{
	if (broken)
		return -EIO;
	if (!smmu_model_powered())
		smmu_model_power(true);
	return 0;
}

/* Nobody takes the power from what is at work. */
static int domain_off(struct generic_pm_domain *domain)
{
	if (smmu_model_translating())
		return -EBUSY;
	smmu_model_power(false);
	return 0;
}

static struct generic_pm_domain domain;
static bool added;

int board_add_power_domain(void)
{
	struct device_node *power = board_node("power-controller");
	u32 phandle = power->phandle;
	int ret;

	domain = (struct generic_pm_domain){
		.name = "smmu",
		.power_on = domain_on,
		.power_off = domain_off,
	};
	ret = pm_genpd_init(&domain, NULL, !smmu_model_powered());
	if (!ret)
		ret = of_genpd_add_provider_simple(power, &domain);
	of_node_put(power);
	added = !ret;
	broken = false;
	return ret ?: board_set("iommu", "power-domains", &phandle, 1);
}

void board_remove_power_domain(void)
{
	struct device_node *power;

	if (!added)
		return;
	power = board_node("power-controller");
	of_genpd_del_provider(power);
	of_node_put(power);
	pm_genpd_remove(&domain);
	added = false;
}

void board_break_power_domain(bool on)
{
	broken = on;
}
