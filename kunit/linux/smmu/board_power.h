/* SPDX-License-Identifier: GPL-2.0-only */
/* Power domains of the board's SMMUs.  Before board_populate(); they go with the board. */
#ifndef KUNIT_LINUX_SMMU_BOARD_POWER_H
#define KUNIT_LINUX_SMMU_BOARD_POWER_H

#include <linux/types.h>

/* Each SMMU in a power domain that switches its model off and on; as the model is now. */
int board_add_power_domain(void);
void board_remove_power_domain(void);

/* The same with domains that stay on in system sleep for a device that wakes the system. */
int board_add_wakeup_domain(void);

/* Whether the power domains refuse to turn on; they are whole again in a new board. */
void board_break_power_domain(bool broken);

#endif
