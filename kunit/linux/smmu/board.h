/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board of smmu.dtso: the real driver over the models, and devices behind them.  One at a time.
 */
#ifndef KUNIT_UML_BOARD_H
#define KUNIT_UML_BOARD_H

#include <linux/device.h>

#include "kunit/linux/smmu/smmu.h"

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

/* Enter the device tree; nothing is probed yet, and board_set() may change it.  0 or an errno. */
int board_create(void);

/* Replace a property of an SMMU's node or of a client's by @count cells, or remove it. */
int board_set(const char *node, const char *property, const u32 *cells, size_t count);
int board_remove(const char *node, const char *property);

/* Two SMMUs instead of one. */
int board_add_second(void);

/* Firmware keeps these streams of the first SMMU alive, until the board goes. */
void board_reserve(const u32 *sids, u32 count);

/* One wire for all of the first SMMU's interrupts. */
int board_combine_wires(void);

/* Linux's number of a wire, for a test to take it first; 0 without memory. */
int board_wire(u32 unit, enum smmu_wire wire);

/* Whether a handler would run now if the wire rose. */
bool board_wire_enabled(u32 unit, enum smmu_wire wire);

/* Take the interrupt controller away, as if its driver had not been probed yet.  Before board_populate(). */
void board_remove_wires(void);

/* An interrupt from nowhere: a wire's glitch, or another device's on the same one. */
void board_raise(u32 unit, enum smmu_wire wire);

/* Whether every interrupt has reached the kernel: it is handled, or kept until it is enabled again. */
bool board_irqs_delivered(void);

/* Each SMMU in a power domain that switches its model off and on; as the model is now. */
int board_add_power_domain(void);
void board_remove_power_domain(void);

/* The same with domains that stay on in system sleep for a device that wakes the system. */
int board_add_wakeup_domain(void);

/* Whether the power domains refuse to turn on; they are whole again in a new board. */
void board_break_power_domain(bool broken);

/* A node by its name, with a reference; NULL when there is none. */
struct device_node *board_node(const char *name);

/* What an SMMU's node is called. */
const char *board_smmu_name(u32 unit);

/* Let Linux find the devices: the driver probes the SMMUs, then the clients. */
int board_populate(void);

/* Take the devices away, clients first, and the device tree with them. */
void board_destroy(void);

/* An SMMU's platform device, whether a driver has it or not; NULL before board_populate(). */
struct device *board_unit(u32 unit);
struct device *board_smmu(void);	/* the first */

/*
 * A client, when its driver was probed; else NULL.  A managed one is active, by a reference that a test may
 * put and has to get again.
 */
struct device *board_client(enum board_client which);

/* What a client's driver does about runtime PM. */
enum board_driver {
	BOARD_MANAGED,		/* as drivers should */
	BOARD_UNMANAGED,	/* nothing; the plain one's */
	BOARD_IRQ_SAFE,		/* pm_runtime_irq_safe(), late in a long probe */
	BOARD_FAILING,		/* its probe fails */
	BOARD_LATE,		/* pm_runtime_enable() at the end of a long probe; left suspended */
};

/* Before board_bind(); a new board has managed ones and a plain one. */
void board_set_driver(enum board_client which, enum board_driver driver);

/* How often a probe has ended while the first SMMU did not translate, in this board. */
u32 board_probes_without_smmu(void);

/* Probe the driver of a client that has lost it; as device_attach(). */
int board_bind(enum board_client which);

/* A client's device, whether a driver has it or not; NULL before board_populate(). */
struct device *board_device(enum board_client which);

#endif
