/* SPDX-License-Identifier: GPL-2.0-only */
/* What the calling task allocates and is never freed: slab objects and pages, by Linux's own tracepoints. */
#ifndef KUNIT_LINUX_COMMON_LEAKS_H
#define KUNIT_LINUX_COMMON_LEAKS_H

#include "os/types.h"

/* Note from now on what this task allocates. */
void leaks_begin(void);

/* How much of it is still there, after everything that frees later has run; each is logged. */
u32 leaks_end(void);

#endif
