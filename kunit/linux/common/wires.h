/* SPDX-License-Identifier: GPL-2.0-only */
/* The interrupt controller of a board, the node "interrupt-controller" of its tree, and its wires.  One at a time. */
#ifndef KUNIT_LINUX_COMMON_WIRES_H
#define KUNIT_LINUX_COMMON_WIRES_H

#include <linux/types.h>

int wires_create(unsigned int count);
void wires_remove(void);

/* A wire rises; nothing if no driver has asked for its interrupt.  Any context. */
void wires_raise(unsigned int wire);

/* Linux's number of a wire, for a test to take it first; 0 without memory. */
int wires_irq(unsigned int wire);

/* Whether a handler would run now if the wire rose. */
bool wires_enabled(unsigned int wire);

/* Whether every interrupt has reached the kernel: it is handled, or kept until it is enabled again. */
bool wires_delivered(void);

#endif
