/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board of smmu.dtso: the real driver over the models, and devices behind them.  One at a time.
 */
#ifndef KUNIT_LINUX_SMMU_BOARD_H
#define KUNIT_LINUX_SMMU_BOARD_H

#include <linux/device.h>

#include "kunit/linux/common/clients.h"
#include "kunit/linux/common/tree.h"
#include "kunit/linux/smmu/board_power.h"
#include "kunit/linux/smmu/model.h"
#include "kunit/linux/smmu/rmr.h"

/*
 * The twin has client-a's stream ID, and the plain one no runtime PM; both are disabled.  C has that stream
 * ID behind the second SMMU; those two are disabled until board_add_second().
 */
enum board_client {
	BOARD_CLIENT_A,
	BOARD_CLIENT_B,
	BOARD_CLIENT_TWIN,
	BOARD_CLIENT_PLAIN,
	BOARD_CLIENT_C,
	BOARD_CLIENTS
};

/* The stream IDs that smmu.dtso gives them. */
#define BOARD_SID_A	7
#define BOARD_SID_B1	0x100
#define BOARD_SID_B2	0x1234
#define BOARD_SID_C	7

/* Enter the device tree; nothing is probed yet, and tree_set() may change it.  0 or an errno. */
int board_create(void);

/* Two SMMUs instead of one. */
int board_add_second(void);

/* One wire for all of the first SMMU's interrupts. */
int board_combine_wires(void);

/* Linux's number of a wire, for a test to take it first; 0 without memory. */
int board_wire(u32 unit, enum smmu_wire wire);

/* Whether a handler would run now if the wire rose. */
bool board_wire_enabled(u32 unit, enum smmu_wire wire);

/* Take the interrupt controller away, as if its driver had not been probed yet.  Before tree_populate(). */
void board_remove_wires(void);

/* An interrupt from nowhere: a wire's glitch, or another device's on the same one. */
void board_raise(u32 unit, enum smmu_wire wire);

/* Take the devices away, clients first, and the device tree with them. */
void board_destroy(void);

/* An SMMU's platform device, whether a driver has it or not; NULL before tree_populate(). */
struct device *board_unit(u32 unit);
struct device *board_smmu(void);	/* the first */

/* How often a client could do DMA while the first SMMU did not translate, in this board. */
u32 board_dma_without_smmu(void);

#endif
