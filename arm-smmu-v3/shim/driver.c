// SPDX-License-Identifier: GPL-2.0-only
/* The platform driver and the module: probe and removal of an SMMU. */
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "shim/driver.h"
#include "shim/tables.h"
#include "firmware.h"
#include "shim.h"

static bool disable_msipolling;
module_param(disable_msipolling, bool, 0444);
MODULE_PARM_DESC(disable_msipolling,
		 "Disable MSI-based polling for CMD_SYNC completion (default: no)");

enum { SMMU_ECMDQ_OFF, SMMU_ECMDQ_ON };
static const char *const smmu_ecmdq_words[] = { "off", "on", NULL };

static struct shim_choice ecmdq = { smmu_ecmdq_words };
module_param_cb(ecmdq, &shim_choice_ops, &ecmdq, 0444);
MODULE_PARM_DESC(ecmdq, "Enhanced Command queues, one for each CPU where the SMMU has as many: off (default), on");

static void smmu_destroy_core(void *data)
{
	struct smmu *smmu = data;

	smmu_core_destroy(smmu->core);
}

static int smmu_create_core(struct smmu *smmu)
{
	struct smmu_platform platform = {};
	int ret;

	if (disable_msipolling)
		platform.options |= SMMU_OPT_NO_MSI_POLL;
	if (ecmdq.value == SMMU_ECMDQ_ON)
		platform.options |= SMMU_OPT_ECMDQ;
	ret = smmu_firmware_read(smmu, &platform);
	if (ret)
		return ret;
	ret = smmu_core_create(smmu->dev, &platform, &smmu->core);
	if (ret)
		return ret;
	return devm_add_action_or_reset(smmu->dev, smmu_destroy_core, smmu);
}

static int smmu_register_iommu(struct smmu *smmu)
{
	const u32 pasid_bits = smmu_core_info(smmu->core)->pasid_bits;
	char name[32];

	smmu->iommu.max_pasids = pasid_bits ? 1u << pasid_bits : 0;
	snprintf(name, sizeof(name), "smmu3.%pa", &smmu->base);
	return shim_iommu_register(&smmu->iommu, &smmu_iommu_ops, smmu->dev, name);
}

/**
 * smmu_probe - platform_driver.probe: initialise and register an SMMU
 * @pdev: the SMMU
 *
 * Registers, core and interrupts are released by devres in reverse order; what needs registers is undone here.
 * After a failure the devices behind it are used without an IOMMU, as without this driver: GBPA is restored, and
 * the log says whether their DMA aborts.
 *
 * Context: process context.
 * Return: 0, or a negative errno after undoing everything.
 */
static int smmu_probe(struct platform_device *pdev)
{
	struct smmu *smmu = devm_kzalloc(&pdev->dev, sizeof(*smmu), GFP_KERNEL);
	int ret;

	if (!smmu)
		return -ENOMEM;
	smmu->dev = &pdev->dev;
	smmu_report_init(smmu);
	smmu_ats_init(smmu);
	smmu_iopf_init(smmu);
	platform_set_drvdata(pdev, smmu);

	ret = smmu_create_core(smmu);
	if (ret)
		return ret;
	ret = smmu_settle_init(smmu);
	if (ret)
		return ret;
	ret = smmu_irqs_request(smmu);
	if (ret)
		return ret;
	ret = smmu_firmware_reserve(smmu);
	if (ret)
		return ret;
	ret = shim_pm_start(&smmu->power, smmu->dev, &smmu_power_ops);
	if (ret)
		return ret;
	smmu_debugfs_add(smmu);
	ret = smmu_register_iommu(smmu);
	if (ret) {
		smmu_debugfs_remove(smmu);
		shim_pm_abandon(&smmu->power);
		return ret;
	}
	smmu_warn_late_clients(smmu);
	shim_power_put(&smmu->power);
	return 0;
}

/**
 * smmu_remove - platform_driver.remove: take an SMMU out of service
 * @pdev: the SMMU
 *
 * Every device behind an SMMU holds a reference to the module: rmmod fails while there is one.  Only a removal of the
 * SMMU's own device stops an SMMU in use.
 *
 * Context: process context.
 */
static void smmu_remove(struct platform_device *pdev)
{
	struct smmu *smmu = platform_get_drvdata(pdev);

	shim_iommu_unregister(&smmu->iommu);
	smmu_sva_flush();		/* a domain that is not destroyed yet refers to the core */
	smmu_debugfs_remove(smmu);	/* after its streams */
	shim_pm_remove(&smmu->power);
}

/**
 * smmu_shutdown - platform_driver.shutdown: stop an SMMU for the next kernel
 * @pdev: the SMMU
 *
 * Context: process context, on the way to reboot, power-off or kexec.
 */
static void smmu_shutdown(struct platform_device *pdev)
{
	shim_pm_stop(shim_power_of(&pdev->dev));
}

static const struct of_device_id smmu_of_match[] = {
	{ .compatible = "arm,smmu-v3" },
	{ }
};
MODULE_DEVICE_TABLE(of, smmu_of_match);

/*
 * ACPI matches the driver by name, and udev loads the module by the alias below.  Unbinding by sysfs would stop
 * translation for devices that do DMA and can't fail, unlike rmmod: it is suppressed.
 */
static struct platform_driver smmu_driver = {
	.driver = {
		.name			= "arm-smmu-v3",
		.of_match_table		= smmu_of_match,
		.suppress_bind_attrs	= true,
		.pm			= pm_ptr(&smmu_pm_ops),
	},
	.probe		= smmu_probe,
	.remove		= smmu_remove,
	.shutdown	= smmu_shutdown,
};

static int __init smmu_init(void)
{
	int ret;

	ret = shim_clients_start(&smmu_clients, &smmu_driver.driver);
	if (ret)
		return ret;
	smmu_debugfs_init();
	ret = shim_driver_register(&smmu_driver, "SMMUv3", "arm_smmu_driver_init");
	if (ret) {
		smmu_debugfs_exit();
		shim_clients_stop(&smmu_clients);
	}
	return ret;
}
module_init(smmu_init);

static void __exit smmu_exit(void)
{
	platform_driver_unregister(&smmu_driver);
	smmu_sva_flush();
	smmu_debugfs_exit();
	shim_clients_stop(&smmu_clients);
	shim_tables_exit();
	shim_driver_exit();
}
module_exit(smmu_exit);

MODULE_DESCRIPTION("IOMMU driver for the Arm SMMUv3");
MODULE_ALIAS("platform:arm-smmu-v3");
SMMU_IMPORT_IOMMUFD;
MODULE_LICENSE("GPL");
