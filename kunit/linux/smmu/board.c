// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/common/clients.h"
#include "kunit/linux/common/tree.h"
#include "kunit/linux/common/uml.h"
#include "kunit/linux/common/wires.h"
#include "kunit/linux/smmu/board.h"
#include "kunit/linux/smmu/board_power.h"
#include "kunit/linux/smmu/rmr.h"
#include "kunit/linux/smmu/units.h"

#define WIRES	3	/* of each SMMU */

extern const struct test_mmio smmu_model_mmio[SMMU_UNITS];
extern char __dtbo_smmu_begin[], __dtbo_smmu_end[];

static bool combined;	/* one wire for all interrupts */

/* ---- clients ---- */

static u32 dma_without_smmu;

static void look_at_smmu(u32 which)
{
	if (which != BOARD_CLIENT_C && !smmu_model_translating(0))
		dma_without_smmu++;
}

static const char *const client_names[BOARD_CLIENTS] = {
	[BOARD_CLIENT_A]	= "client-a",
	[BOARD_CLIENT_B]	= "client-b",
	[BOARD_CLIENT_TWIN]	= "client-twin",
	[BOARD_CLIENT_PLAIN]	= "client-plain",
	[BOARD_CLIENT_C]	= "client-c",
};

static const struct clients_config clients = {
	.names = client_names,
	.count = BOARD_CLIENTS,
	.may_do_dma = look_at_smmu,
};

static void reset_clients(void)
{
	clients_reset(&clients);
	board_set_driver(BOARD_CLIENT_PLAIN, BOARD_UNMANAGED);
	dma_without_smmu = 0;
}

u32 board_dma_without_smmu(void)
{
	return dma_without_smmu;
}

/* ---- interrupts ---- */

/* smmu.dtso: interrupts = eventq, priq, gerror. */
static int wire_number(u32 unit, enum smmu_wire wire)
{
	const int first = unit * WIRES;

	if (!unit && combined && wire != SMMU_WIRE_SYNC)
		return 0;
	switch (wire) {
	case SMMU_WIRE_EVTQ:	return first;
	case SMMU_WIRE_PRIQ:	return first + 1;
	case SMMU_WIRE_GERROR:	return first + 2;
	default:		return -1;
	}
}

void board_raise(u32 unit, enum smmu_wire wire)
{
	int number = wire_number(unit, wire);

	if (number >= 0)
		wires_raise(number);
}

int board_wire(u32 unit, enum smmu_wire wire)
{
	return wires_irq(wire_number(unit, wire));
}

bool board_wire_enabled(u32 unit, enum smmu_wire wire)
{
	return wires_enabled(wire_number(unit, wire));
}

static int create_wires(void)
{
	smmu_model_on_irq(board_raise);
	return wires_create(SMMU_UNITS * WIRES);
}

void board_remove_wires(void)
{
	smmu_model_on_irq(NULL);
	wires_remove();
	combined = false;
}

/* ---- the tree ---- */

int board_create(void)
{
	int ret = tree_create(__dtbo_smmu_begin, __dtbo_smmu_end, "/smmuv3-board");

	if (ret)
		return ret;
	reset_clients();
	for (u32 i = 0; i < SMMU_UNITS; i++)
		uml_mmio_claim_at(UML_SMMU_REGION + i, &smmu_model_mmio[i], SMMU_MODEL_BYTES);
	return create_wires();
}

int board_add_second(void)
{
	return tree_remove(board_unit_names[1], "status") ?: tree_remove("client-c", "status");
}

int board_combine_wires(void)
{
	int ret = tree_set("iommu", "interrupts", (u32[]){ 0 }, 1);

	combined = true;
	return ret ?: tree_set_text("iommu", "interrupt-names", "combined");
}

void board_destroy(void)
{
	tree_depopulate();
	board_remove_wires();
	board_reserve(NULL, 0);
	board_remove_power_domain();
	tree_destroy();
	for (u32 i = 0; i < SMMU_UNITS; i++)
		uml_mmio_release_at(UML_SMMU_REGION + i);
}

struct device *board_unit(u32 unit)
{
	return tree_device(board_unit_names[unit]);
}

struct device *board_smmu(void)
{
	return board_unit(0);
}
