/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board of ipmmu.dtso: the real driver over the model, power domains that switch the model, and devices
 * behind it.  One at a time.
 */
#ifndef KUNIT_LINUX_IPMMU_BOARD_H
#define KUNIT_LINUX_IPMMU_BOARD_H

#include <linux/device.h>

#include "kunit/linux/common/clients.h"
#include "kunit/linux/common/domains.h"
#include "kunit/linux/common/tree.h"
#include "kunit/linux/ipmmu/model.h"

enum ipmmu_client_name { IPMMU_A, IPMMU_B, IPMMU_C, IPMMU_D, IPMMU_CLIENTS };

/* Units of the model, by node. */
enum { IPMMU_ROOT, IPMMU_LEAF1, IPMMU_LEAF2 };

/* Enter the device tree; nothing is probed yet, and tree_set() may change it.  0 or an errno. */
int ipmmu_board_create(void);

/* Give all IPMMUs another SoC. */
int ipmmu_board_compatible(const char *compatible);

/* Enter @count more devices, on micro-TLBs of a leaf from @utlb on; their driver does nothing. */
int ipmmu_board_add(const char *leaf, u32 utlb, u32 count);

/* Take the devices away and the device tree with them. */
void ipmmu_board_destroy(void);

/* The platform device of a unit; NULL before tree_populate(). */
struct device *ipmmu_board_unit(u32 unit);

/*
 * How often clients could do DMA (clients.h) since ipmmu_board_create(), and how often without power.  How
 * often the root was started and left its power domain, and how often its interrupt was on then.
 */
struct ipmmu_board_calls {
	u32	all, without_power;
	u32	turns, with_interrupt;
};

struct ipmmu_board_calls ipmmu_board_calls(void);

#endif
