/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the UML test system know of each other, and what driver tests add to testos.h. */
#ifndef KUNIT_UML_UML_H
#define KUNIT_UML_UML_H

#include "kunit/testos.h"

/* Let @ops answer for the registers that smmu.dtso describes. */
void uml_mmio_claim(const struct test_mmio *ops, u32 size);
void uml_mmio_release(void);

void uml_reset_os(void);
void uml_reset_mmio(void);

#endif
