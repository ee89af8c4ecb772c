// SPDX-License-Identifier: GPL-2.0-only
/*
 * What power management of an SMMU costs, in instructions.
 *
 * Binds to QEMU's "edu" PCI device and leaves it suspended.  Three series, as tools/bench/count.c counts
 * them: maps and unmaps of a page while the SMMU is on; the same while it is off; and resumes and suspends
 * of the SMMU itself, which sleep, so that only the plugin can tell the driver's instructions from others.
 * For the first two the kernel log says, by INST_RETIRED:
 *   power_cost: op=elided unmap=3 loops=1024
 * where 3 is the mean of dma_unmap_single().
 */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/math64.h>
#include <linux/pm_runtime.h>

#include "cost.h"
#include "edu.h"

#define SMMU_SUSPEND_MS		10000

static unsigned int loops = 1024;
module_param(loops, uint, 0444);
MODULE_PARM_DESC(loops, "maps and unmaps while the SMMU is on, and while it is off");

static unsigned int warm_up = 600;
module_param(warm_up, uint, 0444);
MODULE_PARM_DESC(warm_up, "maps and unmaps before those that are counted");

static unsigned int cycles = 64;
module_param(cycles, uint, 0444);
MODULE_PARM_DESC(cycles, "resumes and suspends that are counted");

static struct device *power_client;

static int power_unmaps(const char *op, void *page)
{
	u32 reading = cost_of_reading(), map, unmap;
	unsigned int i;
	u64 sum = 0;
	int ret = 0;

	for (i = 0; i < warm_up && !ret; i++)
		ret = cost_once(power_client, page, PAGE_SIZE, reading, &map, &unmap);
	mark(MARK_COUNTING);
	for (i = 0; i < loops && !ret; i++) {
		ret = cost_once(power_client, page, PAGE_SIZE, reading, &map, &unmap);
		sum += unmap;
	}
	mark(MARK_IGNORING);
	if (!ret)
		pr_info("%s: op=%s unmap=%llu loops=%u\n", KBUILD_MODNAME, op, div_u64(sum, loops),
			loops);
	return ret;
}

static int power_cycle(struct device *smmu)
{
	int ret;

	mark(MARK_MAP);
	ret = pm_runtime_get_sync(smmu);
	mark(MARK_END);
	if (ret < 0) {
		pm_runtime_put_noidle(smmu);
		return ret;
	}
	mark(MARK_UNMAP);
	ret = pm_runtime_put_sync_suspend(smmu);
	mark(MARK_END);
	return ret < 0 ? ret : 0;
}

static int power_cycles(struct device *smmu)
{
	unsigned int i;
	int ret;

	ret = power_cycle(smmu);
	mark(MARK_COUNTING);
	for (i = 0; i < cycles && !ret; i++)
		ret = power_cycle(smmu);
	mark(MARK_IGNORING);
	return ret;
}

/* The SMMU is off, before and after. */
static int power_series(struct device *smmu, void *page)
{
	int ret, off;

	ret = pm_runtime_resume_and_get(smmu);
	if (ret)
		return ret;
	ret = power_unmaps("issued", page);
	off = pm_runtime_put_sync_suspend(smmu);
	if (ret || off)
		return ret ?: off;
	ret = power_unmaps("elided", page);
	if (!ret && !pm_runtime_suspended(smmu))
		ret = -EBUSY;
	return ret ?: power_cycles(smmu);
}

static int power_wait(struct device *smmu)
{
	unsigned int ms;

	for (ms = 0; ms < SMMU_SUSPEND_MS; ms++) {
		if (pm_runtime_suspended(smmu))
			return 0;
		usleep_range(1000, 1500);
	}
	return -EBUSY;
}

static int power_run(void)
{
	struct device *smmu = power_client->iommu->iommu_dev->dev->parent;
	void *page;
	int ret;

	ret = power_wait(smmu);
	if (ret)
		return ret;
	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	cost_counter_start();
	ret = power_series(smmu, page);
	cost_counter_stop();
	free_page((unsigned long)page);
	return ret;
}

static int power_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	if (!pdev->dev.iommu || !pdev->dev.iommu->iommu_dev)
		return -ENODEV;
	ret = edu_enable(pdev);
	if (ret)
		return ret;
	power_client = &pdev->dev;
	pm_runtime_put_noidle(&pdev->dev);
	return 0;
}

static void power_remove(struct pci_dev *pdev)
{
	pm_runtime_get_sync(&pdev->dev);
}

static struct pci_driver power_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = power_probe,
	.remove = power_remove,
};

/* Not in probe, where the PCI core keeps the device on. */
static int __init power_init(void)
{
	int ret;

	if (!loops || !cycles)
		return -EINVAL;
	ret = pci_register_driver(&power_driver);
	if (ret)
		return ret;
	ret = power_client ? power_run() : -ENODEV;
	if (ret) {
		pr_err("%s: error %d\n", KBUILD_MODNAME, ret);
		pci_unregister_driver(&power_driver);
	}
	return ret;
}
module_init(power_init);

static void __exit power_exit(void)
{
	pci_unregister_driver(&power_driver);
}
module_exit(power_exit);

MODULE_DESCRIPTION("Counts the instructions of an SMMU's power management");
MODULE_LICENSE("GPL");
