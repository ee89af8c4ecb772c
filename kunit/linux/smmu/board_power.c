// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/common/domains.h"
#include "kunit/linux/common/tree.h"
#include "kunit/linux/smmu/board_power.h"
#include "kunit/linux/smmu/units.h"

static bool broken;

/* An active SMMU does not lose power. */
static int switch_to(u32 unit, bool on)
{
	if (on && broken)
		return -EIO;
	if (!on && smmu_model_translating(unit))
		return -EBUSY;
	smmu_model_power(unit, on);
	return 0;
}

static int enter(u32 unit, u32 phandle)
{
	return tree_set(board_unit_names[unit], "power-domains", (u32[]){ phandle, unit }, 2);
}

static int add(unsigned int flags)
{
	static struct domains_config config = {
		.names = board_unit_names,
		.count = SMMU_UNITS,
		.is_on = smmu_model_powered,
		.switch_to = switch_to,
	};
	struct device_node *power = tree_node("power-controller");
	int ret;

	broken = false;
	config.flags = flags;
	ret = domains_create(&config);
	for (u32 unit = 0; !ret && unit < SMMU_UNITS; unit++)
		ret = enter(unit, power->phandle);
	of_node_put(power);
	return ret;
}

int board_add_power_domain(void)
{
	return add(0);
}

int board_add_wakeup_domain(void)
{
	return add(GENPD_FLAG_ACTIVE_WAKEUP);
}

void board_remove_power_domain(void)
{
	domains_remove();
}

void board_break_power_domain(bool on)
{
	broken = on;
}
