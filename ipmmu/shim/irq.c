// SPDX-License-Identifier: GPL-2.0-only
/* The fault interrupt of a root. */
#include <linux/interrupt.h>
#include <linux/platform_device.h>

#include "shim.h"

static irqreturn_t ipmmu_fault_thread(int irq, void *data)
{
	struct ipmmu *ipmmu = data;

	return IRQ_RETVAL(ipmmu_core_handle_faults(ipmmu->core));
}

/**
 * ipmmu_irq_request - find and request the interrupt of a root; a leaf has none
 * @ipmmu: an IPMMU with a core that has not been started
 *
 * It is disabled until ipmmu_irq_enable(): a fault of firmware or of a previous kernel may assert it, which is not
 * cleared before the core is started.  It is freed when the device is unbound, after ipmmu_core_stop() and before
 * ipmmu_core_destroy().
 *
 * Context: process context.
 * Return: 0, -EPROBE_DEFER, or a negative errno.
 */
int ipmmu_irq_request(struct ipmmu *ipmmu)
{
	struct device *dev = ipmmu->dev;
	int ret;

	if (!ipmmu_core_info(ipmmu->core)->is_root)
		return 0;
	ipmmu->irq = platform_get_irq(to_platform_device(dev), 0);
	if (ipmmu->irq < 0)
		return ipmmu->irq;
	ipmmu->irq_off = true;
	ret = devm_request_threaded_irq(dev, ipmmu->irq, NULL, ipmmu_fault_thread,
					IRQF_ONESHOT | IRQF_NO_AUTOEN, dev_name(dev), ipmmu);
	if (ret)
		return dev_err_probe(dev, ret, "failed to request interrupt %d\n", ipmmu->irq);
	return 0;
}

/**
 * ipmmu_irq_disable - disable the interrupt and wait for its handler
 * @ipmmu: the IPMMU
 *
 * Context: process context.
 */
void ipmmu_irq_disable(struct ipmmu *ipmmu)
{
	if (ipmmu->irq && !ipmmu->irq_off)
		disable_irq(ipmmu->irq);
	ipmmu->irq_off = true;
}

/**
 * ipmmu_irq_enable - undo ipmmu_irq_disable()
 * @ipmmu: the IPMMU
 *
 * Context: process context.
 */
void ipmmu_irq_enable(struct ipmmu *ipmmu)
{
	if (ipmmu->irq && ipmmu->irq_off)
		enable_irq(ipmmu->irq);
	ipmmu->irq_off = false;
}
