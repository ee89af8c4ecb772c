// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/common/compat.h"
#include "kunit/linux/common/domains.h"
#include "kunit/linux/common/tree.h"

static const struct domains_config *units;
static struct generic_pm_domain domains[DOMAINS_MAX];
static struct generic_pm_domain *list[DOMAINS_MAX];
static struct genpd_onecell_data provider = { .domains = list };
static u32 added;
static bool provided;

static int turn_on(struct generic_pm_domain *domain)
{
	return units->switch_to(domain - domains, true);
}

static int turn_off(struct generic_pm_domain *domain)
{
	return units->switch_to(domain - domains, false);
}

static void leave(struct generic_pm_domain *domain, struct device *dev)
{
	if (units->leave)
		units->leave(domain - domains);
}

static int add(u32 unit)
{
	int ret;

	domains[unit] = (struct generic_pm_domain){
		.name = units->names[unit],
		.power_on = turn_on,
		.power_off = turn_off,
		.detach_dev = leave,
		.flags = units->flags | TEST_GENPD_FLAGS,
	};
	list[unit] = &domains[unit];
	ret = pm_genpd_init(&domains[unit], NULL, !units->is_on(unit));
	if (!ret)
		added++;
	return ret;
}

static int provide(void)
{
	struct device_node *power = tree_node("power-controller");
	int ret;

	provider.num_domains = added;
	ret = of_genpd_add_provider_onecell(power, &provider);
	of_node_put(power);
	provided = !ret;
	return ret;
}

int domains_create(const struct domains_config *config)
{
	int ret = 0;

	units = config;
	while (!ret && added < units->count)
		ret = add(added);
	return ret ?: provide();
}

static void withdraw(void)
{
	struct device_node *power = tree_node("power-controller");

	of_genpd_del_provider(power);
	of_node_put(power);
	provided = false;
}

void domains_remove(void)
{
	if (provided)
		withdraw();
	while (added)
		pm_genpd_remove(&domains[--added]);
}

void domains_keep_on(u32 unit)
{
	domains[unit].flags |= GENPD_FLAG_ALWAYS_ON;
}
