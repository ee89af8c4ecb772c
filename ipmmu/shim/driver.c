// SPDX-License-Identifier: GPL-2.0-only
/* The platform driver and the module: probe and removal of an IPMMU. */
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

#include "shim/driver.h"
#include "shim/tables.h"
#include "shim.h"

static void ipmmu_destroy_core(void *data)
{
	struct ipmmu *ipmmu = data;

	ipmmu_lock_lives();
	ipmmu_core_destroy(ipmmu->core);
	ipmmu_unlock_lives();
}

static int ipmmu_create_core(struct ipmmu *ipmmu)
{
	struct ipmmu_platform platform = { };
	int ret;

	ret = ipmmu_firmware_read(ipmmu, &platform);
	if (ret)
		return ret;
	ret = ipmmu_core_create(ipmmu->dev, &platform, &ipmmu->core);
	if (ret)
		return ret;
	return devm_add_action_or_reset(ipmmu->dev, ipmmu_destroy_core, ipmmu);
}

static int ipmmu_register_iommu(struct ipmmu *ipmmu)
{
	if (!ipmmu_core_info(ipmmu->core)->has_masters)
		return 0;
	return shim_iommu_register(&ipmmu->iommu, &ipmmu_iommu_ops, ipmmu->dev,
				   dev_name(ipmmu->dev));
}

static void ipmmu_unregister_iommu(struct ipmmu *ipmmu)
{
	if (ipmmu_core_info(ipmmu->core)->has_masters)
		shim_iommu_unregister(&ipmmu->iommu);
}

static void ipmmu_announce(struct ipmmu *ipmmu)
{
	const struct ipmmu_info *info = ipmmu_core_info(ipmmu->core);

	if (!info->is_root) {
		dev_info(ipmmu->dev, "leaf of %s with %u micro-TLBs\n",
			 dev_name(ipmmu->root->dev), info->utlbs);
		return;
	}
	dev_info(ipmmu->dev, "root with %u contexts, stage %u, %u-bit input addresses, up to %u groups\n",
		 info->contexts, info->stage, info->ias, info->domains);
	if (ipmmu_soc_denied())
		dev_warn(ipmmu->dev, "the IPMMU of this SoC has errata: no device is translated\n");
}

/**
 * ipmmu_probe - platform_driver.probe: initialise and register an IPMMU
 * @pdev: the IPMMU
 *
 * Registers, core and interrupt are released by devres in reverse order; what needs registers is undone here.
 *
 * Context: process context.
 * Return: 0, or a negative errno after undoing everything.
 */
static int ipmmu_probe(struct platform_device *pdev)
{
	struct ipmmu *ipmmu = devm_kzalloc(&pdev->dev, sizeof(*ipmmu), GFP_KERNEL);
	int ret;

	if (!ipmmu)
		return -ENOMEM;
	ipmmu->dev = &pdev->dev;
	ratelimit_default_init(&ipmmu->report_limit);
	INIT_LIST_HEAD(&ipmmu->refused);
	platform_set_drvdata(pdev, ipmmu);

	ret = ipmmu_create_core(ipmmu);
	if (ret)
		return ret;
	ret = ipmmu_irq_request(ipmmu);
	if (ret)
		return ret;
	ret = shim_pm_start(&ipmmu->power, ipmmu->dev, &ipmmu_power_ops);
	if (ret)
		return ret;
	ret = ipmmu_register_iommu(ipmmu);
	if (ret) {
		shim_pm_abandon(&ipmmu->power);
		return ret;
	}
	ipmmu_announce(ipmmu);
	ipmmu_debugfs_add(ipmmu);
	ipmmu->ready = true;
	shim_power_put(&ipmmu->power);
	return 0;
}

/**
 * ipmmu_remove - platform_driver.remove: take an IPMMU out of service
 * @pdev: the IPMMU
 *
 * The driver core has unbound the leaves of a root, and the drivers of a leaf's clients, before.
 *
 * Context: process context.
 */
static void ipmmu_remove(struct platform_device *pdev)
{
	struct ipmmu *ipmmu = platform_get_drvdata(pdev);

	ipmmu->ready = false;
	ipmmu_debugfs_remove(ipmmu);
	ipmmu_unregister_iommu(ipmmu);
	shim_pm_remove(&ipmmu->power);
}

/**
 * ipmmu_shutdown - platform_driver.shutdown: block DMA for a kernel that is started by kexec
 * @pdev: the IPMMU
 *
 * Before a reset or a power-off, translation is left on, since devices may still be needed.  A kernel that is started
 * by kexec reuses the memory of the page tables: DMA through them has to fault.  An IPMMU without power has no active
 * clients, and is not resumed.
 *
 * Context: process context, on the way to reboot, power-off or kexec.  The leaves of a root, and the
 * devices behind them, have been shut down before it.
 */
static void ipmmu_shutdown(struct platform_device *pdev)
{
	struct ipmmu *ipmmu = platform_get_drvdata(pdev);

	if (!ipmmu_kexec_begun())
		return;
	ipmmu_irq_disable(ipmmu);
	ipmmu_core_block(ipmmu->core);
}

#define SOC(which) ((void *)IPMMU_##which)

static const struct of_device_id ipmmu_of_match[] = {
	{ .compatible = "renesas,ipmmu-vmsa", .data = SOC(VMSA) },
	{ .compatible = "renesas,ipmmu-r8a774a1", .data = SOC(R8A774A1) },
	{ .compatible = "renesas,ipmmu-r8a774b1", .data = SOC(R8A774B1) },
	{ .compatible = "renesas,ipmmu-r8a774c0", .data = SOC(R8A774C0) },
	{ .compatible = "renesas,ipmmu-r8a774e1", .data = SOC(R8A774E1) },
	{ .compatible = "renesas,ipmmu-r8a7795", .data = SOC(R8A7795) },
	{ .compatible = "renesas,ipmmu-r8a7796", .data = SOC(R8A7796) },
	{ .compatible = "renesas,ipmmu-r8a77961", .data = SOC(R8A77961) },
	{ .compatible = "renesas,ipmmu-r8a77965", .data = SOC(R8A77965) },
	{ .compatible = "renesas,ipmmu-r8a77970", .data = SOC(R8A77970) },
	{ .compatible = "renesas,ipmmu-r8a77980", .data = SOC(R8A77980) },
	{ .compatible = "renesas,ipmmu-r8a77990", .data = SOC(R8A77990) },
	{ .compatible = "renesas,ipmmu-r8a77995", .data = SOC(R8A77995) },
	{ .compatible = "renesas,ipmmu-r8a779a0", .data = SOC(R8A779A0) },
	{ .compatible = "renesas,rcar-gen4-ipmmu-vmsa", .data = SOC(RCAR_GEN4) },
	{ }
};
MODULE_DEVICE_TABLE(of, ipmmu_of_match);

static struct platform_driver ipmmu_driver = {
	.driver = {
		.name		= "ipmmu-vmsa",
		.of_match_table	= ipmmu_of_match,
		.pm		= pm_ptr(&ipmmu_pm_ops),
	},
	.probe		= ipmmu_probe,
	.remove		= ipmmu_remove,
	.shutdown	= ipmmu_shutdown,
};

/**
 * ipmmu_driver_register - register the driver
 *
 * Some IPMMUs may be probed before this returns.
 *
 * Context: process context.
 * Return: 0; -EBUSY if the kernel's own driver is registered (logged); or the driver core's errno.
 */
int ipmmu_driver_register(void)
{
	return shim_driver_register(&ipmmu_driver, "IPMMU", "ipmmu_driver_init");
}

/*
 * Not named ipmmu_driver_init(), as by module_platform_driver(): that is the name in the kernel's own driver, and
 * initcall_blacklist= applies to modules, too.
 */
static int __init ipmmu_module_init(void)
{
	int ret;

	ret = shim_clients_start(&ipmmu_clients, &ipmmu_driver.driver);
	if (ret)
		return ret;
	ret = ipmmu_kexec_watch();
	if (ret)
		goto stop_clients;
	ipmmu_debugfs_init();
	ret = ipmmu_driver_register();
	if (ret)
		goto remove_debugfs;
	return 0;

remove_debugfs:
	ipmmu_debugfs_exit();
	ipmmu_kexec_unwatch();
stop_clients:
	shim_clients_stop(&ipmmu_clients);
	return ret;
}
module_init(ipmmu_module_init);

static void __exit ipmmu_module_exit(void)
{
	platform_driver_unregister(&ipmmu_driver);
	ipmmu_debugfs_exit();
	ipmmu_kexec_unwatch();
	shim_clients_stop(&ipmmu_clients);
	shim_tables_exit();
	shim_driver_exit();
}
module_exit(ipmmu_module_exit);

MODULE_DESCRIPTION("IOMMU driver for the Renesas IPMMU-VMSA");
MODULE_LICENSE("GPL");
