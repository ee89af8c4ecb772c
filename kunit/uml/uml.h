/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the UML test system know of each other, and what driver tests add to testos.h. */
#ifndef KUNIT_UML_UML_H
#define KUNIT_UML_UML_H

#include "kunit/testos.h"

/* Where device trees have registers: at 0x80000000 and every MiB above. */
#define UML_SMMU_REGION		0	/* two of them */
#define UML_IPMMU_REGION	13	/* three of them */

/* Let @ops answer for the registers of a device tree. */
void uml_mmio_claim_at(u32 region, const struct test_mmio *ops, u32 size);
void uml_mmio_release_at(u32 region);

/* In a case of a PANIC_SUITE(): @text is what Linux has to say; tools/kunit looks for it. */
void test_must_panic(const char *text);

void uml_reset_os(void);
void uml_reset_mmio(void);

#endif
