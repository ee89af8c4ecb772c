/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices behind a driver's IOMMUs, and which of them need their IOMMU on although no device link says so.
 *
 * A device link keeps an IOMMU on while runtime PM knows that its client is active.  Runtime PM does not know
 * about a client whose driver leaves runtime PM disabled, and it takes no suppliers for one that is irq_safe.
 * Such a client is *wakeful*: it may do DMA at any time, and runtime_suspend of its IOMMU returns -EBUSY.  A client
 * whose device link could not be allocated is wakeful, too.  Binding and unbinding a driver changes this, and holds
 * a reference to the IOMMU meanwhile.
 */
#ifndef SHIM_CLIENTS_H
#define SHIM_CLIENTS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

struct device;
struct device_driver;
struct shim_clients;

/* The number of buses that the IOMMU core supports. */
#define SHIM_CLIENT_BUSES	6

struct shim_client_bus {
	struct notifier_block	block;
	struct shim_clients	*clients;
};

/**
 * struct shim_clients - the clients of all IOMMUs of a driver
 * @driver: the driver
 * @lock: protects @list and its members; no runtime resume is waited for while it is held
 * @list: of struct shim_client
 * @buses: notifiers of changes of a client's driver
 * @binds: called before a driver is bound to a client, with the IOMMU on, or NULL; the driver's probe follows
 */
struct shim_clients {
	const struct device_driver *driver;
	struct mutex		lock;	/* see above */
	struct list_head	list;
	struct shim_client_bus	buses[SHIM_CLIENT_BUSES];
	void			(*binds)(struct device *dev);
};

/**
 * struct shim_client - one device behind an IOMMU
 * @dev: the device
 * @iommu: its IOMMU
 * @node: in the list
 * @linked: whether @dev has a device link to @iommu
 * @had_driver: whether a driver has been bound to @dev since it was added
 * @changing: whether its driver is being bound or unbound; @iommu has a runtime PM reference for that
 */
struct shim_client {
	struct device		*dev, *iommu;
	struct list_head	node;
	bool			linked, had_driver, changing;
};

int shim_clients_start(struct shim_clients *clients, const struct device_driver *driver);
void shim_clients_stop(struct shim_clients *clients);
bool shim_clients_wakeful(struct shim_clients *clients, struct device *iommu);
bool shim_clients_may_wake(struct shim_clients *clients, struct device *iommu);

void shim_client_add(struct shim_clients *clients, struct shim_client *client, struct device *dev,
		     struct device *iommu);
void shim_client_remove(struct shim_clients *clients, struct shim_client *client);

#endif
