// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/common/domains.h"
#include "kunit/linux/common/uml.h"
#include "kunit/linux/common/wires.h"
#include "kunit/linux/ipmmu/board.h"

#define UNIT_BYTES	0x1000

extern char __dtbo_ipmmu_begin[], __dtbo_ipmmu_end[];

static const char *const unit_names[IPMMU_UNITS] = { "root", "leaf-one", "leaf-two" };

/* ---- clients ---- */

static struct ipmmu_board_calls calls;

static void count_call(u32 which)
{
	u32 leaf = which == IPMMU_C ? IPMMU_LEAF2 : IPMMU_LEAF1;

	calls.all++;
	if (!ipmmu_model_powered(leaf) || !ipmmu_model_powered(IPMMU_ROOT))
		calls.without_power++;
}

struct ipmmu_board_calls ipmmu_board_calls(void)
{
	return calls;
}

static const char *const client_names[IPMMU_CLIENTS] = {
	"client-a", "client-b", "client-c", "client-d"
};

static const struct clients_config clients = {
	.names = client_names,
	.count = IPMMU_CLIENTS,
	.may_do_dma = count_call,
};

/* ---- the interrupt ---- */

/* Before the root is in service, and when its power may go. */
static void look_at_interrupt(void)
{
	calls.turns++;
	calls.with_interrupt += wires_enabled(0);
}

static bool started;

/* A root's registers are read for the first time when it is started. */
static void on_read(u32 unit)
{
	if (unit != IPMMU_ROOT || started)
		return;
	started = true;
	look_at_interrupt();
}

static void raise(void)
{
	wires_raise(0);
}

static int create_wire(void)
{
	ipmmu_model_on_irq(raise);
	started = false;
	ipmmu_model_on_read(on_read);
	return wires_create(1);
}

static void remove_wire(void)
{
	ipmmu_model_on_irq(NULL);
	ipmmu_model_on_read(NULL);
	wires_remove();
}

/* ---- power ---- */

static int switch_to(u32 unit, bool on)
{
	ipmmu_model_power(unit, on);
	return 0;
}

static void leave_domain(u32 unit)
{
	if (unit != IPMMU_ROOT || !started)
		return;
	started = false;
	look_at_interrupt();
}

static const struct domains_config domains = {
	.names = unit_names,
	.count = IPMMU_UNITS,
	.is_on = ipmmu_model_powered,
	.switch_to = switch_to,
	.leave = leave_domain,
};

/* ---- the tree ---- */

int ipmmu_board_create(void)
{
	int ret = tree_create(__dtbo_ipmmu_begin, __dtbo_ipmmu_end, "/ipmmu-board");

	if (ret)
		return ret;
	ipmmu_model_create();
	calls = (struct ipmmu_board_calls){ };
	clients_reset(&clients);
	for (int n = 0; n < IPMMU_UNITS; n++)
		uml_mmio_claim_at(UML_IPMMU_REGION + n, &ipmmu_model_mmio[n], UNIT_BYTES);
	ret = domains_create(&domains);
	return ret ?: create_wire();
}

int ipmmu_board_add(const char *leaf, u32 utlb, u32 count)
{
	int ret = 0;

	for (u32 n = 0; n < count && !ret; n++)
		ret = tree_add_client("ipmmu-kunit,extra", leaf, utlb + n);
	return ret;
}

int ipmmu_board_compatible(const char *compatible)
{
	int ret = 0;

	for (int n = 0; n < IPMMU_UNITS && !ret; n++)
		ret = tree_set_text(unit_names[n], "compatible", compatible);
	return ret;
}

void ipmmu_board_destroy(void)
{
	tree_depopulate();
	remove_wire();
	domains_remove();
	tree_destroy();
	for (int n = 0; n < IPMMU_UNITS; n++)
		uml_mmio_release_at(UML_IPMMU_REGION + n);
}

struct device *ipmmu_board_unit(u32 unit)
{
	return tree_device(unit_names[unit]);
}
