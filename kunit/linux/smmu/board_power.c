// SPDX-License-Identifier: GPL-2.0-only
#include <linux/of.h>
#include <linux/pm_domain.h>

#include "kunit/linux/smmu/board.h"

static struct generic_pm_domain domains[SMMU_UNITS];
static struct generic_pm_domain *list[SMMU_UNITS];
static struct genpd_onecell_data provider = {
	.domains = list,
	.num_domains = SMMU_UNITS,
};
static u32 added;
static bool provided, broken, kept_for_wakeup;

static int domain_on(struct generic_pm_domain *domain)
{
	if (broken)
		return -EIO;
	smmu_model_power(domain - domains, true);
	return 0;
}

/* Nobody takes the power from what is at work. */
static int domain_off(struct generic_pm_domain *domain)
{
	const u32 unit = domain - domains;

	if (smmu_model_translating(unit))
		return -EBUSY;
	smmu_model_power(unit, false);
	return 0;
}

static int add_domain(u32 unit, u32 phandle)
{
	int ret;

	domains[unit] = (struct generic_pm_domain){
		.name = board_smmu_name(unit),
		.power_on = domain_on,
		.power_off = domain_off,
		.flags = kept_for_wakeup ? GENPD_FLAG_ACTIVE_WAKEUP : 0,
	};
	list[unit] = &domains[unit];
	ret = pm_genpd_init(&domains[unit], NULL, !smmu_model_powered(unit));
	if (ret)
		return ret;
	added++;
	return board_set(board_smmu_name(unit), "power-domains", (u32[]){ phandle, unit }, 2);
}

int board_add_power_domain(void)
{
	struct device_node *power = board_node("power-controller");
	int ret = 0;

	broken = false;
	while (!ret && added < SMMU_UNITS)
		ret = add_domain(added, power->phandle);
	if (!ret)
		ret = of_genpd_add_provider_onecell(power, &provider);
	provided = !ret;
	of_node_put(power);
	return ret;
}

static void withdraw(void)
{
	struct device_node *power = board_node("power-controller");

	of_genpd_del_provider(power);
	of_node_put(power);
	provided = false;
}

void board_remove_power_domain(void)
{
	if (provided)
		withdraw();
	while (added)
		pm_genpd_remove(&domains[--added]);
}

void board_break_power_domain(bool on)
{
	broken = on;
}

int board_add_wakeup_domain(void)
{
	int ret;

	kept_for_wakeup = true;
	ret = board_add_power_domain();
	kept_for_wakeup = false;
	return ret;
}
