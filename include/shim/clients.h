/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices behind a driver's IOMMUs, and which of them need their IOMMU on although no device link says so.
 *
 * A device link keeps an IOMMU on while runtime PM knows that its client is active.  Runtime PM does not know
 * about a client whose driver leaves runtime PM disabled, and it takes no suppliers for one that is irq_safe.
 * Such a client is *wakeful*: it may do DMA at any time, and runtime_suspend of its IOMMU returns -EBUSY.  So is
 * one that has no device link for want of memory.
 * Drivers change while they are bound and unbound, so each change holds a reference to the IOMMU.
 */
#ifndef SHIM_CLIENTS_H
#define SHIM_CLIENTS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

struct device;
struct os_clients;

/* As many buses as the IOMMU core knows, at most. */
#define OS_CLIENT_BUSES	6

struct os_client_bus {
	struct notifier_block	block;
	struct os_clients	*clients;
};

/**
 * struct os_clients - the clients of all IOMMUs of a driver
 * @lock: protects @list and its members; nothing sleeps on runtime PM while it is held
 * @list: of struct os_client
 * @buses: says when a client's driver changes
 */
struct os_clients {
	struct mutex		lock;	/* see above */
	struct list_head	list;
	struct os_client_bus	buses[OS_CLIENT_BUSES];
};

/**
 * struct os_client - one device behind an IOMMU
 * @dev: the device
 * @iommu: its IOMMU
 * @node: in the list
 * @linked: whether @dev has a device link to @iommu
 * @had_driver: whether a driver has been bound to @dev since it was added
 * @changing: whether its driver is being bound or unbound; @iommu has a runtime PM reference for that
 */
struct os_client {
	struct device		*dev, *iommu;
	struct list_head	node;
	bool			linked, had_driver, changing;
};

int os_clients_start(struct os_clients *clients);
void os_clients_stop(struct os_clients *clients);
bool os_clients_wakeful(struct os_clients *clients, struct device *iommu);
bool os_clients_may_wake(struct os_clients *clients, struct device *iommu);

void os_client_add(struct os_clients *clients, struct os_client *client, struct device *dev,
		   struct device *iommu);
void os_client_remove(struct os_clients *clients, struct os_client *client);

#endif
