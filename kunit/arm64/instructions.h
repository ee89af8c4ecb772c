/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KUNIT_ARM64_INSTRUCTIONS_H
#define KUNIT_ARM64_INSTRUCTIONS_H

#include "kunit/linux/common/uml.h"

/* Around the handling of an abort: what it takes is left out of uml_instructions(). */
u32 instructions_now(void);
void instructions_exclude(u32 since);

#endif
