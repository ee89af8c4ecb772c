/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board of ipmmu.dtso: the real driver over the model, power domains that switch the model, and devices
 * behind it.  One at a time.
 */
#ifndef KUNIT_UML_IPMMU_BOARD_H
#define KUNIT_UML_IPMMU_BOARD_H

#include <linux/device.h>

#include "kunit/linux/ipmmu/model.h"

enum ipmmu_client_name { IPMMU_A, IPMMU_B, IPMMU_C, IPMMU_D, IPMMU_CLIENTS };

/* Units of the model, by node. */
enum { IPMMU_ROOT, IPMMU_LEAF1, IPMMU_LEAF2 };

/* Enter the device tree; nothing is probed yet, and ipmmu_board_set() may change it.  0 or an errno. */
int ipmmu_board_create(void);

/* Replace a property of a node by one of @count cells; none removes it. */
int ipmmu_board_set(const char *node, const char *property, const u32 *cells, size_t count);

/* Give all IPMMUs another SoC. */
int ipmmu_board_compatible(const char *compatible);

/* Enter @count more devices, on micro-TLBs of a leaf from @utlb on; their driver does nothing. */
int ipmmu_board_add(const char *leaf, u32 utlb, u32 count);

/* The power domain of a unit is never turned off. */
void ipmmu_board_keep_on(u32 unit);

/* Let Linux find the devices. */
int ipmmu_board_populate(void);

/* Take the devices away and the device tree with them. */
void ipmmu_board_destroy(void);

/* The platform device of a unit; NULL before ipmmu_board_populate(). */
struct device *ipmmu_board_unit(u32 unit);

/* A client, when its driver was probed; else NULL.  Active: it holds a runtime PM reference. */
struct device *ipmmu_board_client(enum ipmmu_client_name which);

/* The device of a client, whether its driver has it or not. */
struct device *ipmmu_board_device(enum ipmmu_client_name which);

/*
 * How often clients were probed, slept or woke since ipmmu_board_create(), and how often without power.  How
 * often the root was started and left its power domain, and how often its interrupt was on then.
 */
struct ipmmu_board_calls {
	u32	all, without_power;
	u32	turns, with_interrupt;
};

struct ipmmu_board_calls ipmmu_board_calls(void);

/* Probe the driver of a client that has lost it; as device_attach(). */
int ipmmu_board_bind(enum ipmmu_client_name which);

/* What clients' drivers do about runtime PM: use it; nothing; pm_runtime_irq_safe(). */
enum ipmmu_driver { IPMMU_MANAGED, IPMMU_UNMANAGED, IPMMU_IRQ_SAFE };

/* Before ipmmu_board_bind(); a new board has managed ones. */
void ipmmu_board_set_driver(enum ipmmu_client_name which, enum ipmmu_driver driver);

#endif
