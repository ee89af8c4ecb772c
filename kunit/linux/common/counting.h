/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of the code under test, without those of a model (uml_instructions()). */
#ifndef KUNIT_LINUX_COMMON_COUNTING_H
#define KUNIT_LINUX_COMMON_COUNTING_H

#include "kunit/linux/common/expect.h"

/* A page of registers that do nothing, for test_mmio_unmap(); NULL without memory. */
void *counting_registers(void);

/* Count from now on; false after a failed expectation. */
bool counting_start(struct test_run *t);

#endif
