/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver and the device of an accelerator behind the modelled SMMU, which processes use through Linux's uacce
 * (drivers/misc/uacce).  Only the device is modelled: uacce binds processes to it, and the IOMMU core handles its page
 * faults.
 */
#ifndef KUNIT_LINUX_SMMU_ACCELERATOR_H
#define KUNIT_LINUX_SMMU_ACCELERATOR_H

#include <linux/device.h>

/* How it has pages faulted in: its transactions stall, or it requests pages by ATS and PRI. */
enum accelerator_faults { ACCELERATOR_STALLS, ACCELERATOR_REQUESTS };

/* One at a time, as client @parent with stream ID @sid.  An errno. */
int accelerator_create(struct device *parent, u32 sid, enum accelerator_faults faults);
void accelerator_remove(void);

/* Its character device. */
dev_t accelerator_number(void);

/* Accesses that the SMMU let through to memory which no one has allocated; queues stopped with a fault outstanding. */
u32 accelerator_strays(void);
u32 accelerator_stopped_stalls(void);

#endif
