// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: messages where the SMMU can send them, else one wire per vector, or one for all.
 * They are requested once, before the SMMU is started, and stay until the device is unbound; every
 * Linux number is kept, so that they can be disabled and synchronised while the SMMU has no power.
 */
#include <linux/interrupt.h>
#include <linux/msi.h>
#include <linux/platform_device.h>

#include "shim.h"

static irqreturn_t evtq_thread(int irq, void *data)
{
	struct smmu *smmu = data;

	smmu_core_drain_evtq(smmu->core);
	return IRQ_HANDLED;
}

static irqreturn_t priq_thread(int irq, void *data)
{
	struct smmu *smmu = data;

	smmu_core_drain_priq(smmu->core);
	return IRQ_HANDLED;
}

static irqreturn_t gerror_irq(int irq, void *data)
{
	struct smmu *smmu = data;

	return IRQ_RETVAL(smmu_core_handle_gerror(smmu->core));
}

static irqreturn_t combined_irq(int irq, void *data)
{
	gerror_irq(irq, data);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t combined_thread(int irq, void *data)
{
	struct smmu *smmu = data;

	evtq_thread(irq, data);
	if (smmu_core_info(smmu->core)->has_pri)
		priq_thread(irq, data);
	return IRQ_HANDLED;
}

struct vector {
	const char	*wire;		/* interrupt-names in DT, resource name in ACPI */
	irq_handler_t	handler;
	irq_handler_t	thread;
	unsigned long	flags;
};

static const struct vector vectors[SMMU_NR_VECTORS] = {
	[SMMU_VECTOR_EVTQ]   = { "eventq", NULL, evtq_thread, IRQF_ONESHOT },
	[SMMU_VECTOR_GERROR] = { "gerror", gerror_irq, NULL, 0 },
	[SMMU_VECTOR_PRIQ]   = { "priq", NULL, priq_thread, IRQF_ONESHOT },
};

static const struct vector combined = {
	"combined", combined_irq, combined_thread, IRQF_ONESHOT
};

/* The PRI queue's vector is the last one, so that those in use are always the first ones. */
static unsigned int count_vectors(struct smmu *smmu)
{
	return smmu_core_info(smmu->core)->has_pri ? SMMU_NR_VECTORS : SMMU_VECTOR_PRIQ;
}

static int request(struct smmu *smmu, const struct vector *vector, int irq)
{
	struct device *dev = smmu->dev;
	const char *name;
	int ret;

	name = devm_kasprintf(dev, GFP_KERNEL, "%s:%s", dev_name(dev), vector->wire);
	if (!name)
		return -ENOMEM;
	ret = devm_request_threaded_irq(dev, irq, vector->handler, vector->thread, vector->flags,
					name, smmu);
	if (ret)
		return dev_err_probe(dev, ret, "the %s interrupt %d is not to be had\n",
				     vector->wire, irq);
	return 0;
}

static int request_unique(struct smmu *smmu)
{
	unsigned int i;
	int ret;

	for (i = 0; i < count_vectors(smmu); i++) {
		if (!smmu->irq[i]) {
			dev_warn(smmu->dev, "no %s interrupt: what it tells stays unheard\n",
				 vectors[i].wire);
			continue;
		}
		ret = request(smmu, &vectors[i], smmu->irq[i]);
		if (ret)
			return ret;
	}
	return 0;
}

#ifdef CONFIG_GENERIC_MSI_IRQ
static void write_msi(struct msi_desc *desc, struct msi_msg *msg)
{
	struct smmu *smmu = dev_get_drvdata(msi_desc_to_dev(desc));
	u64 address = (u64)msg->address_hi << 32 | msg->address_lo;

	smmu_core_set_msi(smmu->core, desc->msi_index, address, msg->data);
}

static void free_msis(void *dev)
{
	platform_device_msi_free_irqs_all(dev);
}

/* 0: every vector has a message; -ENODEV: use wires. */
static int allocate_msis(struct smmu *smmu)
{
	unsigned int i, count = count_vectors(smmu);
	struct device *dev = smmu->dev;
	int ret;

	if (!smmu_core_info(smmu->core)->has_msi || !dev_get_msi_domain(dev))
		return -ENODEV;
	ret = platform_device_msi_init_and_alloc_irqs(dev, count, write_msi);
	if (ret) {
		dev_warn(dev, "no MSIs (%d), using wired interrupts\n", ret);
		return -ENODEV;
	}
	for (i = 0; i < count; i++)
		smmu->irq[i] = msi_get_virq(dev, i);
	return devm_add_action_or_reset(dev, free_msis, dev);
}
#else
static int allocate_msis(struct smmu *smmu)
{
	return -ENODEV;
}
#endif

/* The Linux number of the wire, 0 where firmware describes none, -EPROBE_DEFER. */
static int find_wire(struct smmu *smmu, const struct vector *vector)
{
	int irq = platform_get_irq_byname_optional(to_platform_device(smmu->dev), vector->wire);

	return irq == -ENXIO ? 0 : irq;
}

static int find_wires(struct smmu *smmu)
{
	unsigned int i;

	for (i = 0; i < SMMU_NR_VECTORS; i++)
		smmu_core_set_msi(smmu->core, i, 0, 0);

	for (i = 0; i < count_vectors(smmu); i++) {
		smmu->irq[i] = find_wire(smmu, &vectors[i]);
		if (smmu->irq[i] < 0)
			return dev_err_probe(smmu->dev, smmu->irq[i], "no %s interrupt\n",
					     vectors[i].wire);
	}
	return 0;
}

static int request_combined(struct smmu *smmu, int irq)
{
	unsigned int i;

	for (i = 0; i < SMMU_NR_VECTORS; i++) {
		smmu_core_set_msi(smmu->core, i, 0, 0);
		smmu->irq[i] = irq;
	}
	return request(smmu, &combined, irq);
}

/**
 * smmu_irqs_request - find and request the interrupts of an SMMU
 * @smmu: an SMMU with a core that has not been started
 *
 * They are released when the device is unbound, which is after smmu_core_stop() and before
 * smmu_core_destroy().  A vector without interrupt is warned about, and no error.
 *
 * Context: process context.
 * Return: 0, -EPROBE_DEFER, or a negative errno.
 */
int smmu_irqs_request(struct smmu *smmu)
{
	int irq = find_wire(smmu, &combined);
	int ret;

	if (irq < 0)
		return dev_err_probe(smmu->dev, irq, "no combined interrupt\n");
	if (irq)
		return request_combined(smmu, irq);

	ret = allocate_msis(smmu);
	if (ret == -ENODEV)
		ret = find_wires(smmu);
	return ret ?: request_unique(smmu);
}

static bool is_first_of(const struct smmu *smmu, unsigned int vector)
{
	return !vector || smmu->irq[vector] != smmu->irq[vector - 1];
}

/**
 * smmu_irqs_disable - keep interrupt handlers away from an SMMU
 * @smmu: the SMMU, powered
 *
 * When this returns no handler runs, threads included, and none starts until smmu_irqs_enable().
 *
 * Context: process context.
 */
void smmu_irqs_disable(struct smmu *smmu)
{
	unsigned int i;

	if (smmu->irqs_off)
		return;
	for (i = 0; i < SMMU_NR_VECTORS; i++)
		if (smmu->irq[i] && is_first_of(smmu, i))
			disable_irq(smmu->irq[i]);
	smmu->irqs_off = true;
}

/**
 * smmu_irqs_enable - undo smmu_irqs_disable()
 * @smmu: the SMMU, powered
 *
 * Interrupts that came meanwhile are handled now.
 *
 * Context: process context.
 */
void smmu_irqs_enable(struct smmu *smmu)
{
	unsigned int i;

	if (!smmu->irqs_off)
		return;
	smmu->irqs_off = false;
	for (i = 0; i < SMMU_NR_VECTORS; i++)
		if (smmu->irq[i] && is_first_of(smmu, i))
			enable_irq(smmu->irq[i]);
}
