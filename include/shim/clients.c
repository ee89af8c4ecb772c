// SPDX-License-Identifier: GPL-2.0-only
/* See clients.h. */
#include <linux/amba/bus.h>
#include <linux/cdx/cdx_bus.h>
#include <linux/device.h>
#include <linux/fsl/mc.h>
#include <linux/host1x_context_bus.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/pm_wakeup.h>

#include "shim/clients.h"
#include "shim/runtime_pm.h"

/* The buses whose devices the IOMMU core puts behind IOMMUs. */
static const struct bus_type *const shim_buses[] = {
	&platform_bus_type,
#ifdef CONFIG_PCI
	&pci_bus_type,
#endif
#ifdef CONFIG_ARM_AMBA
	&amba_bustype,
#endif
#ifdef CONFIG_FSL_MC_BUS
	&fsl_mc_bus_type,
#endif
#ifdef CONFIG_TEGRA_HOST1X_CONTEXT_BUS
	&host1x_context_device_bus_type,
#endif
#ifdef CONFIG_CDX_BUS
	&cdx_bus_type,
#endif
};

static_assert(ARRAY_SIZE(shim_buses) <= SHIM_CLIENT_BUSES);

/*
 * A device that never had a driver may still do DMA: another driver may have called of_dma_configure() for it, or
 * firmware uses it.  A device whose driver has been unbound does none.
 */
static bool shim_client_is_wakeful(const struct shim_client *client)
{
	struct device *dev = client->dev;

	if (!client->linked)
		return true;
	if (!pm_runtime_enabled(dev))
		return READ_ONCE(dev->driver) || !client->had_driver;
	return READ_ONCE(dev->driver) && pm_runtime_is_irq_safe(dev);
}

/**
 * shim_clients_wakeful - whether a client needs its IOMMU on although no device link says so
 * @clients: the clients
 * @iommu: the IOMMU, in its runtime_suspend
 *
 * A client becomes wakeful only while its driver is bound or unbound, which holds a reference to the IOMMU: this
 * suspend is refused, or the IOMMU is resumed after it.
 *
 * Context: process context.
 * Return: true when @iommu has to stay on.
 */
bool shim_clients_wakeful(struct shim_clients *clients, struct device *iommu)
{
	struct shim_client *client;
	bool wakeful = false;

	mutex_lock(&clients->lock);
	list_for_each_entry(client, &clients->list, node)
		wakeful |= client->iommu == iommu && shim_client_is_wakeful(client);
	mutex_unlock(&clients->lock);
	return wakeful;
}

/* The PM core passes wakeup_path on from child to parent, but not along device links. */
static bool shim_may_wake(const struct shim_client *client)
{
	return device_may_wakeup(client->dev) || device_wakeup_path(client->dev);
}

/**
 * shim_clients_may_wake - whether a client, or a device below one, may wake the system from sleep
 * @clients: the clients
 * @iommu: the IOMMU, in its suspend_late: suspend of all its clients has returned
 *
 * Context: process context.
 * Return: true when a client has to reach memory through @iommu while the system sleeps.
 */
bool shim_clients_may_wake(struct shim_clients *clients, struct device *iommu)
{
	struct shim_client *client;
	bool wakes = false;

	mutex_lock(&clients->lock);
	list_for_each_entry(client, &clients->list, node) {
		if (client->iommu != iommu || !shim_may_wake(client))
			continue;
		dev_dbg(client->dev, "may wake the system, %s stays on\n", dev_name(iommu));
		wakes = true;
	}
	mutex_unlock(&clients->lock);
	return wakes;
}

/* Resume an IOMMU and wait.  The caller holds a reference to the device and a runtime PM reference. */
static void shim_turn_on(struct device *iommu, struct device *client)
{
	int ret = pm_runtime_resume(iommu);

	/* -EACCES: not managed by runtime PM. */
	if (ret < 0 && ret != -EACCES)
		dev_err(client, "failed to resume %s: %pe, DMA does not work\n", dev_name(iommu),
			ERR_PTR(ret));
}

static struct shim_client *shim_find_client(struct shim_clients *clients, struct device *dev)
{
	struct shim_client *client;

	list_for_each_entry(client, &clients->list, node)
		if (client->dev == dev)
			return client;
	return NULL;
}

/*
 * The lock is released before the resume, which may wait for a suspend that takes the lock.  True: @dev is a client
 * of which a change begins.
 */
static bool shim_begin_change(struct shim_clients *clients, struct device *dev)
{
	struct device *iommu = NULL;
	struct shim_client *client;

	mutex_lock(&clients->lock);
	client = shim_find_client(clients, dev);
	/* With CONFIG_DEBUG_TEST_DRIVER_REMOVE, two begins are followed by one end. */
	if (client && !client->changing) {
		client->had_driver = true;
		client->changing = true;
		iommu = get_device(client->iommu);
		pm_runtime_get_noresume(iommu);
	}
	mutex_unlock(&clients->lock);
	if (iommu)
		shim_turn_on(iommu, dev);
	put_device(iommu);
	return iommu;
}

static void shim_begin_bind(struct shim_clients *clients, struct device *dev)
{
	if (shim_begin_change(clients, dev) && clients->binds)
		clients->binds(dev);
}

/* The put also retries a suspend that was refused; a client added within its driver's probe needs that, too. */
static void shim_end_change(struct shim_client *client)
{
	if (!client->changing)
		pm_runtime_get_noresume(client->iommu);
	client->changing = false;
	shim_runtime_pm_put(client->iommu);
}

static void shim_end_change_of(struct shim_clients *clients, struct device *dev)
{
	struct shim_client *client;

	mutex_lock(&clients->lock);
	client = shim_find_client(clients, dev);
	if (client)
		shim_end_change(client);
	mutex_unlock(&clients->lock);
}

/*
 * A driver may do DMA from its probe to the end of its remove.  Whether it enables runtime PM is known after
 * probe; the driver core resets runtime PM before it sends UNBOUND.
 */
static int shim_driver_changes(struct notifier_block *block, unsigned long event, void *dev)
{
	struct shim_clients *clients = container_of(block, struct shim_client_bus, block)->clients;

	switch (event) {
	case BUS_NOTIFY_BIND_DRIVER:
		shim_begin_bind(clients, dev);
		break;
	case BUS_NOTIFY_UNBIND_DRIVER:
		shim_begin_change(clients, dev);
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		shim_end_change_of(clients, dev);
		break;
	}
	return NOTIFY_DONE;
}

static void shim_unregister_notifiers(struct shim_clients *clients, unsigned int count)
{
	while (count--)
		bus_unregister_notifier(shim_buses[count], &clients->buses[count].block);
}

/**
 * shim_clients_start - watch the drivers of clients
 * @clients: the clients, zeroed but for @binds
 * @driver: the driver of their IOMMUs
 *
 * Context: process context, not in a bus notifier.
 * Return: 0, or a negative errno after undoing everything.
 */
int shim_clients_start(struct shim_clients *clients, const struct device_driver *driver)
{
	unsigned int i;
	int ret;

	clients->driver = driver;
	mutex_init(&clients->lock);
	INIT_LIST_HEAD(&clients->list);
	for (i = 0; i < ARRAY_SIZE(shim_buses); i++) {
		clients->buses[i].clients = clients;
		clients->buses[i].block.notifier_call = shim_driver_changes;
		ret = bus_register_notifier(shim_buses[i], &clients->buses[i].block);
		if (ret) {
			shim_unregister_notifiers(clients, i);
			return ret;
		}
	}
	return 0;
}

/**
 * shim_clients_stop - undo shim_clients_start()
 * @clients: the clients, an empty list
 *
 * Context: process context, not in a bus notifier.
 */
void shim_clients_stop(struct shim_clients *clients)
{
	shim_unregister_notifiers(clients, ARRAY_SIZE(shim_buses));
}

#define LINK_FLAGS	(DL_FLAG_PM_RUNTIME | DL_FLAG_AUTOREMOVE_SUPPLIER)

/*
 * A resume that began before the link was added takes no reference to the supplier.  Wait for its end, then add
 * the link again with a reference.  Without runtime PM of the device the reference would never be dropped, and
 * without runtime PM of the IOMMU it fails.
 */
static bool shim_hold_if_active(struct device *dev, struct device *iommu)
{
	pm_runtime_barrier(dev);
	if (!pm_runtime_enabled(iommu) || !pm_runtime_enabled(dev) || !pm_runtime_active(dev))
		return true;
	return device_link_add(dev, iommu, LINK_FLAGS | DL_FLAG_RPM_ACTIVE);
}

/* The reference to @dev keeps a suspend from dropping the one to the supplier before it is taken. */
static bool shim_add_link(struct device *dev, struct device *iommu)
{
	bool linked;

	pm_runtime_get_noresume(dev);
	linked = device_link_add(dev, iommu, LINK_FLAGS) && shim_hold_if_active(dev, iommu);
	pm_runtime_put(dev);
	if (!linked)
		dev_err(dev, "failed to add a device link to %s, which will not suspend at run time\n",
			dev_name(iommu));
	return linked;
}

/**
 * shim_client_add - make an IOMMU's power depend on a device
 * @clients: the list to add to
 * @client: the entry, zeroed
 * @dev: a device behind @iommu
 * @iommu: an IOMMU with a driver
 *
 * The device link is removed when the IOMMU's driver is unbound or @dev is removed.  It also orders system sleep.
 * If it can't be allocated, the order of registration applies.
 *
 * Context: process context, maybe in a bus notifier.
 */
void shim_client_add(struct shim_clients *clients, struct shim_client *client, struct device *dev,
		     struct device *iommu)
{
	client->linked = shim_add_link(dev, iommu);
	client->dev = dev;
	client->iommu = iommu;
	client->had_driver = dev->driver;
	mutex_lock(&clients->lock);
	list_add(&client->node, &clients->list);
	mutex_unlock(&clients->lock);

	pm_runtime_get_noresume(iommu);
	if (shim_client_is_wakeful(client))
		shim_turn_on(iommu, dev);
	shim_runtime_pm_put(iommu);
}

/**
 * shim_client_remove - undo shim_client_add()
 * @clients: the list
 * @client: the entry
 *
 * Context: process context, maybe in a bus notifier.
 */
void shim_client_remove(struct shim_clients *clients, struct shim_client *client)
{
	mutex_lock(&clients->lock);
	shim_end_change(client);
	list_del(&client->node);
	mutex_unlock(&clients->lock);
}
