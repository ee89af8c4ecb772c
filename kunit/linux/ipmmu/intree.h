/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KUNIT_LINUX_IPMMU_INTREE_H
#define KUNIT_LINUX_IPMMU_INTREE_H

int ipmmu_intree_register(void);
void ipmmu_intree_unregister(void);

#endif
