// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/common/clients.h"
#include "kunit/linux/common/tree.h"

#define LONG_PROBE_MS	200	/* longer than an IOMMU that nothing holds stays on */

static const struct clients_config *clients;
static struct device *bound[CLIENTS_MAX];
static enum board_driver drivers[CLIENTS_MAX];

void clients_reset(const struct clients_config *config)
{
	clients = config;
	memset(drivers, BOARD_MANAGED, sizeof(drivers));
}

void board_set_driver(u32 which, enum board_driver driver)
{
	drivers[which] = driver;
}

struct device *board_client(u32 which)
{
	return bound[which];
}

struct device *board_device(u32 which)
{
	return tree_device(clients->names[which]);
}

int board_bind(u32 which)
{
	struct device *dev = board_device(which);

	return dev ? device_attach(dev) : -ENODEV;
}

static int client_number(struct device *dev)
{
	return match_string(clients->names, clients->count, dev->of_node->name);
}

static int start_runtime_pm(struct device *dev, enum board_driver driver)
{
	if (driver == BOARD_UNMANAGED)
		return 0;
	pm_runtime_enable(dev);
	if (driver == BOARD_IRQ_SAFE) {
		msleep(LONG_PROBE_MS);
		pm_runtime_irq_safe(dev);
	}
	return pm_runtime_resume_and_get(dev);
}

static int client_probe(struct platform_device *pdev)
{
	const u32 which = client_number(&pdev->dev);
	int ret = drivers[which] == BOARD_FAILING ? -EIO : start_runtime_pm(&pdev->dev, drivers[which]);

	clients->may_do_dma(which);
	if (!ret)
		bound[which] = &pdev->dev;
	return ret;
}

static void client_remove(struct platform_device *pdev)
{
	const u32 which = client_number(&pdev->dev);

	bound[which] = NULL;
	if (drivers[which] == BOARD_UNMANAGED)
		return;
	pm_runtime_put_sync(&pdev->dev);
	pm_runtime_disable(&pdev->dev);
}

static int client_callback(struct device *dev)
{
	if (!pm_runtime_status_suspended(dev))
		clients->may_do_dma(client_number(dev));
	return 0;
}

static const struct dev_pm_ops client_pm_ops = {
	SET_RUNTIME_PM_OPS(client_callback, client_callback, NULL)
	SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(client_callback, client_callback)
};

static const struct of_device_id client_match[] = {
	{ .compatible = "kunit,client" },
	{ }
};

static struct platform_driver client_driver = {
	.driver = {
		.name = "kunit-client",
		.of_match_table = client_match,
		.pm = &client_pm_ops,
	},
	.probe = client_probe,
	.remove = client_remove,
};
builtin_platform_driver(client_driver);
