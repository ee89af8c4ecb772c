// SPDX-License-Identifier: GPL-2.0-only
/* See pm.h. */
#include <linux/device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "shim/clients.h"
#include "shim/pm.h"
#include "shim/runtime_pm.h"

/**
 * shim_pm_start - bring an IOMMU into service
 * @power: of the IOMMU, all zeroes
 * @dev: an IOMMU being probed; its driver data begins with @power
 * @ops: the operations of its driver
 *
 * It stays on until shim_power_put().
 *
 * Context: process context.
 * Return: 0, or a negative errno (logged) after undoing everything.
 */
int shim_pm_start(struct shim_power *power, struct device *dev, const struct shim_pm_ops *ops)
{
	int ret;

	power->ops = ops;
	ret = shim_power_start(power, dev, ops->runtime_pm);
	if (ret)
		return ret;
	ret = ops->start(dev);
	if (ret)
		shim_pm_abandon(power);
	return ret;
}

/**
 * shim_pm_abandon - undo shim_pm_start() because probe fails
 * @power: of an IOMMU without clients, on
 *
 * Context: process context.
 */
void shim_pm_abandon(struct shim_power *power)
{
	power->ops->stop(power->dev, false);
	shim_power_stop(power);
}

/**
 * shim_pm_stop - take an IOMMU out of service
 * @power: of the IOMMU; it may be suspended
 *
 * If it does not resume, its registers are not accessed: without power it translates nothing.
 *
 * Context: process context.
 */
void shim_pm_stop(struct shim_power *power)
{
	int ret = shim_power_get(power);

	if (ret)
		dev_warn(power->dev, "failed to resume: %pe, not disabled\n", ERR_PTR(ret));
	else
		power->ops->stop(power->dev, true);
}

/**
 * shim_pm_remove - undo shim_pm_start() because the driver is unbound
 * @power: of an IOMMU that is not registered any more
 *
 * Context: process context.
 */
void shim_pm_remove(struct shim_power *power)
{
	shim_pm_stop(power);
	shim_power_stop(power);
}

/**
 * shim_runtime_suspend - dev_pm_ops.runtime_suspend
 * @dev: the IOMMU
 *
 * Any error but -EBUSY and -EAGAIN would disable runtime PM of the IOMMU until it is unbound.  An IOMMU that has
 * failed counts as suspended, so that the resume of its clients fails.
 *
 * Context: process context.
 * Return: 0, or -EBUSY when it has to stay on.
 */
int shim_runtime_suspend(struct device *dev)
{
	const struct shim_pm_ops *ops = shim_power_of(dev)->ops;

	if (shim_clients_wakeful(ops->clients, dev))
		return -EBUSY;
	if (ops->must_stay_on && ops->must_stay_on(dev))
		return -EBUSY;
	return ops->suspend(dev) && !ops->has_failed(dev) ? -EBUSY : 0;
}

/**
 * shim_runtime_resume - dev_pm_ops.runtime_resume
 * @dev: the IOMMU
 *
 * Context: process context.
 * Return: 0, or a negative errno: its clients do not resume either.
 */
int shim_runtime_resume(struct device *dev)
{
	return shim_power_of(dev)->ops->resume(dev);
}

/**
 * shim_suspend_begin - dev_pm_ops.suspend: resume an IOMMU for system sleep
 * @dev: the IOMMU
 *
 * Power returns with the system, also to an IOMMU that runtime PM has suspended, and after a reset it may let DMA
 * bypass.  Therefore every IOMMU is active here, and is suspended and resumed in the noirq phase.  One that does not
 * resume stays without power.
 *
 * Context: process context.
 * Return: 0.
 */
int shim_suspend_begin(struct device *dev)
{
	pm_runtime_resume(dev);
	return 0;
}

/**
 * shim_suspend_noirq - dev_pm_ops.suspend_noirq: all clients have been suspended
 * @dev: the IOMMU
 *
 * Context: process context, with the interrupt handlers of all devices disabled.
 * Return: 0, or a negative errno that ends system sleep.
 */
int shim_suspend_noirq(struct device *dev)
{
	struct shim_power *power = shim_power_of(dev);
	int ret;

	if (power->stays_on || pm_runtime_status_suspended(dev))
		return 0;
	ret = power->ops->suspend(dev);
	if (ret && power->ops->has_failed(dev))
		power->ops->lose(dev, ret);
	return ret;
}

/* Its registers may have been reset: DMA is blocked again.  Runtime PM may have stopped its clock. */
static void shim_block_again(struct device *dev)
{
	dev_pm_domain_start(dev);
	shim_power_of(dev)->ops->resume(dev);
}

/**
 * shim_resume_noirq - dev_pm_ops.resume_noirq: the clients are resumed next
 * @dev: the IOMMU
 *
 * Context: process context, with the interrupt handlers of all devices disabled.
 * Return: 0, or the errno of this resume.
 */
int shim_resume_noirq(struct device *dev)
{
	struct shim_power *power = shim_power_of(dev);
	int ret;

	if (power->ops->has_failed(dev)) {
		shim_block_again(dev);
		return 0;
	}
	if (power->stays_on || pm_runtime_status_suspended(dev))
		return 0;
	ret = power->ops->resume(dev);
	if (ret)
		power->ops->lose(dev, ret);
	return ret;
}
