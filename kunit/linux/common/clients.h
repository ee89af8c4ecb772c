/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices behind the IOMMUs of a board, and their drivers. */
#ifndef KUNIT_LINUX_COMMON_CLIENTS_H
#define KUNIT_LINUX_COMMON_CLIENTS_H

#include <linux/device.h>

#define CLIENTS_MAX	8

/* What a client's driver does about runtime PM. */
enum board_driver {
	BOARD_MANAGED,		/* as drivers should; active after its probe, by a reference */
	BOARD_UNMANAGED,	/* nothing */
	BOARD_IRQ_SAFE,	/* pm_runtime_irq_safe(), late in a long probe */
	BOARD_FAILING,		/* its probe fails */
};

struct clients_config {
	const char *const *names;	/* of their nodes */
	u32 count;
	void (*may_do_dma)(u32 which);	/* at the end of a probe, and in each callback of PM */
};

/* Clients of a new board, all managed.  @config is used until the next one. */
void clients_reset(const struct clients_config *config);

/* Before the driver is bound. */
void board_set_driver(u32 which, enum board_driver driver);

/* A client's device: if its driver was probed, else NULL; in any case. */
struct device *board_client(u32 which);
struct device *board_device(u32 which);

/* Probe the driver of a client that has lost it; as device_attach(). */
int board_bind(u32 which);

#endif
