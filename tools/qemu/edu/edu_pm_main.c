// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runtime PM on demand through QEMU's "edu" PCI device.
 *
 * Each device gets a directory /sys/kernel/debug/edu_pm/<pci address>/:
 *   cycles     write a number: that many times, suspend, remap, resume and try both addresses; 0: stop
 *   churn      write a number: so many threads map and unmap, whatever the power state; 0: stop
 *   scramble   Y: write garbage into the SMMU's registers while it is suspended, in each cycle
 *   wake       Y: wake the machine up whenever it is about to sleep
 *   refuse     Y: refuse system sleep, at the last moment
 *   status     what was done so far
 * When power/wakeup of the device is "enabled", it starts a transfer as the last thing before the machine sleeps,
 * and the interrupt at the end of that one wakes it up.
 */
#include <linux/debugfs.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/seq_file.h>
#include <linux/suspend.h>

#include "edu_pm.h"

#define EDU_DMA_BITS		28

#define AUTOSUSPEND_DELAY_MS	10

#define MESSAGE			0xfeedc0ffee15900dULL

static struct dentry *edu_pm_root;

static int __maybe_unused edu_pm_runtime_suspend(struct device *dev)
{
	struct edu_pm *edu = dev_get_drvdata(dev);

	edu->suspends++;
	return 0;
}

static int __maybe_unused edu_pm_runtime_resume(struct device *dev)
{
	return 0;
}

/* A wake-up in the middle of system sleep: the devices after this one are not suspended. */
static int __maybe_unused edu_pm_suspend(struct device *dev)
{
	struct edu_pm *edu = dev_get_drvdata(dev);

	if (edu->wake)
		pm_system_wakeup();
	if (!device_may_wakeup(dev))
		return 0;
	WRITE_ONCE(*edu->message, MESSAGE);
	return edu_device_read(&edu->device, edu->message_iova, sizeof(u64));
}

static int __maybe_unused edu_pm_resume(struct device *dev)
{
	return 0;
}

/* A device that can't be suspended when the others are already. */
static int __maybe_unused edu_pm_suspend_noirq(struct device *dev)
{
	struct edu_pm *edu = dev_get_drvdata(dev);

	if (edu->refuse)
		return -EBUSY;
	if (device_may_wakeup(dev)) {
		WRITE_ONCE(*edu->message, 0);
		WRITE_ONCE(edu->device.wakes, true);
		edu_device_start(&edu->device, EDU_BUFFER, edu->message_iova, sizeof(u64),
				 EDU_CMD_TO_MEMORY);
	}
	return 0;
}

static int __maybe_unused edu_pm_resume_noirq(struct device *dev)
{
	struct edu_pm *edu = dev_get_drvdata(dev);

	WRITE_ONCE(edu->device.wakes, false);
	if (device_may_wakeup(dev))
		edu->messages += completion_done(&edu->device.done) &&
				 READ_ONCE(*edu->message) == MESSAGE;
	return 0;
}

static const struct dev_pm_ops edu_pm_ops = {
	SET_SYSTEM_SLEEP_PM_OPS(edu_pm_suspend, edu_pm_resume)
	SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(edu_pm_suspend_noirq, edu_pm_resume_noirq)
	SET_RUNTIME_PM_OPS(edu_pm_runtime_suspend, edu_pm_runtime_resume, NULL)
};

/* Runs @start on the number a user wrote; the file's write returns its error. */
static ssize_t edu_pm_command(struct file *file, const char __user *text, size_t count,
			      int (*start)(struct edu_pm *edu, unsigned int number))
{
	struct edu_pm *edu = file->private_data;
	unsigned int number;
	int ret;

	ret = kstrtouint_from_user(text, count, 0, &number);
	if (ret)
		return ret;
	mutex_lock(&edu->lock);
	ret = start(edu, number);
	mutex_unlock(&edu->lock);
	return ret ?: count;
}

static ssize_t edu_pm_cycles_write(struct file *file, const char __user *text, size_t count,
				   loff_t *pos)
{
	return edu_pm_command(file, text, count, edu_pm_cycle_start);
}

static const struct file_operations edu_pm_cycles_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = edu_pm_cycles_write,
};

static ssize_t edu_pm_churn_write(struct file *file, const char __user *text, size_t count,
				  loff_t *pos)
{
	return edu_pm_command(file, text, count, edu_pm_churn_start);
}

static const struct file_operations edu_pm_churn_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = edu_pm_churn_write,
};

static int edu_pm_status_show(struct seq_file *file, void *unused)
{
	struct edu_pm *edu = file->private;

	seq_printf(file, "running %d\n", READ_ONCE(edu->running));
	seq_printf(file, "cycles %llu\n", READ_ONCE(edu->cycles));
	seq_printf(file, "error %d\n", READ_ONCE(edu->error));
	seq_printf(file, "suspends %llu\n", READ_ONCE(edu->suspends));
	seq_printf(file, "scrambles %llu\n", READ_ONCE(edu->scrambles));
	seq_printf(file, "messages %llu\n", READ_ONCE(edu->messages));
	seq_printf(file, "maps %llu\n", atomic64_read(&edu->maps));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(edu_pm_status);

static void edu_pm_create_files(struct edu_pm *edu)
{
	edu->dir = debugfs_create_dir(pci_name(edu->device.pdev), edu_pm_root);
	debugfs_create_file("cycles", 0200, edu->dir, edu, &edu_pm_cycles_fops);
	debugfs_create_file("churn", 0200, edu->dir, edu, &edu_pm_churn_fops);
	debugfs_create_bool("scramble", 0600, edu->dir, &edu->scramble);
	debugfs_create_bool("wake", 0600, edu->dir, &edu->wake);
	debugfs_create_bool("refuse", 0600, edu->dir, &edu->refuse);
	debugfs_create_file("status", 0400, edu->dir, edu, &edu_pm_status_fops);
}

/* The SMMU's driver has requested its registers; a second mapping of them needs no request. */
static int edu_pm_find_smmu(struct edu_pm *edu, struct device *dev)
{
	struct resource *regs;

	if (!dev->iommu || !dev->iommu->iommu_dev)
		return -ENODEV;
	edu->smmu = dev->iommu->iommu_dev->dev->parent;
	regs = platform_get_resource(to_platform_device(edu->smmu), IORESOURCE_MEM, 0);
	if (!regs)
		return -ENODEV;
	edu->smmu_regs = devm_ioremap(dev, regs->start, resource_size(regs));
	return edu->smmu_regs ? 0 : -ENOMEM;
}

static int edu_pm_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu_pm *edu;
	int ret;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	mutex_init(&edu->lock);
	pci_set_drvdata(pdev, edu);

	ret = edu_pm_find_smmu(edu, &pdev->dev);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "is behind no SMMU\n");
	ret = edu_device_open(&edu->device, pdev, EDU_DMA_BITS, IRQF_NO_SUSPEND);
	if (ret)
		return ret;
	edu->message = dmam_alloc_coherent(&pdev->dev, sizeof(u64), &edu->message_iova, GFP_KERNEL);
	if (!edu->message) {
		edu_device_close(&edu->device);
		return -ENOMEM;
	}
	device_set_wakeup_capable(&pdev->dev, true);
	edu_pm_create_files(edu);
	pm_runtime_set_autosuspend_delay(&pdev->dev, AUTOSUSPEND_DELAY_MS);
	pm_runtime_use_autosuspend(&pdev->dev);
	pm_runtime_put_autosuspend(&pdev->dev);
	return 0;
}

static void edu_pm_remove(struct pci_dev *pdev)
{
	struct edu_pm *edu = pci_get_drvdata(pdev);

	debugfs_remove(edu->dir);
	edu_pm_stop(edu);
	pm_runtime_get_sync(&pdev->dev);
	pm_runtime_dont_use_autosuspend(&pdev->dev);
	device_set_wakeup_capable(&pdev->dev, false);
	edu_device_close(&edu->device);
}

static const struct pci_device_id edu_pm_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_pm_ids);

static struct pci_driver edu_pm_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_pm_ids,
	.probe = edu_pm_probe,
	.remove = edu_pm_remove,
	.driver.pm = pm_ptr(&edu_pm_ops),
};

static int __init edu_pm_init(void)
{
	int ret;

	edu_pm_root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	ret = pci_register_driver(&edu_pm_driver);
	if (ret)
		debugfs_remove(edu_pm_root);
	return ret;
}
module_init(edu_pm_init);

static void __exit edu_pm_exit(void)
{
	pci_unregister_driver(&edu_pm_driver);
	debugfs_remove(edu_pm_root);
}
module_exit(edu_pm_exit);

MODULE_DESCRIPTION("Runtime PM on demand through QEMU's edu device");
MODULE_LICENSE("GPL");
