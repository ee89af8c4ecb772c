/* SPDX-License-Identifier: GPL-2.0-only */
/* The IPMMU model as C sees it: a root, unit 0, and two leaves. */
#ifndef KUNIT_LINUX_IPMMU_MODEL_H
#define KUNIT_LINUX_IPMMU_MODEL_H

#include "kunit/base/testos.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IPMMU_UNITS	3

extern const struct test_mmio ipmmu_model_mmio[IPMMU_UNITS];

/* Units that are on, with registers full of garbage. */
void ipmmu_model_create(void);

/* Call @raise for a fault. */
void ipmmu_model_on_irq(void (*raise)(void));

/* Call @look before a register of a unit is read. */
void ipmmu_model_on_read(void (*look)(u32 unit));

enum ipmmu_answer { IPMMU_TRANSLATED, IPMMU_BYPASSED, IPMMU_FAULT };

/* What a device on @utlb gets for @iova; @pa where it goes. */
enum ipmmu_answer ipmmu_model_read(u32 unit, u32 utlb, u64 iova, u64 *pa);
enum ipmmu_answer ipmmu_model_write(u32 unit, u32 utlb, u64 iova, u64 *pa);

/* Power; what registers held is lost with it. */
void ipmmu_model_power(u32 unit, bool on);
bool ipmmu_model_powered(u32 unit);

void ipmmu_model_hold_flush(bool hold);

/* Registers written and read since ipmmu_model_create(). */
u64 ipmmu_model_writes(void);
u64 ipmmu_model_reads(void);

u32 ipmmu_model_violations(void);
const char *ipmmu_model_last_violation(void);

#ifdef __cplusplus
}
#endif

#endif
