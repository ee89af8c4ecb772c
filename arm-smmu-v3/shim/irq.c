// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: messages where the SMMU can send them, else one wire per vector, or one for all.
 * They are requested once, disabled, and stay until the device is unbound.  They are enabled only while the
 * SMMU is driven: what firmware or a former kernel has left enabled finds no handler before, and an SMMU
 * without power none after.
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

static void drain(struct work_struct *work)
{
	struct smmu *smmu = container_of(work, struct smmu, drain);

	smmu_core_drain_evtq(smmu->core);
	smmu_core_drain_priq(smmu->core);
}

/**
 * smmu_shim_drain_later - look at an SMMU's queues although no interrupt came
 * @dev: the SMMU
 *
 * A worker, because irq_wake_thread() takes the lock of the descriptor, which the caller may hold.
 *
 * Context: any.
 */
void smmu_shim_drain_later(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	queue_work(system_unbound_wq, &smmu->drain);
}

struct vector {
	const char	*wire;		/* interrupt-names in DT, resource name in ACPI */
	const char	*label;		/* in messages, as the in-tree driver's */
	const char	*name;		/* in /proc/interrupts, likewise */
	const char	*without;	/* what follows when there is none */
	irq_handler_t	handler;
	irq_handler_t	thread;
	unsigned long	flags;
};

static const struct vector vectors[SMMU_NR_VECTORS] = {
	[SMMU_VECTOR_EVTQ] = {
		.wire		= "eventq",
		.label		= "evtq",
		.name		= "arm-smmu-v3-evtq",
		.without	= "events will not be reported",
		.thread		= evtq_thread,
		.flags		= IRQF_ONESHOT,
	},
	[SMMU_VECTOR_GERROR] = {
		.wire		= "gerror",
		.label		= "gerror",
		.name		= "arm-smmu-v3-gerror",
		.without	= "errors will be reported late, when a command waits",
		.handler	= gerror_irq,
	},
	[SMMU_VECTOR_PRIQ] = {
		.wire		= "priq",
		.label		= "priq",
		.name		= "arm-smmu-v3-priq",
		.without	= "page requests will not be answered",
		.thread		= priq_thread,
		.flags		= IRQF_ONESHOT,
	},
};

static const struct vector combined = {
	.wire		= "combined",
	.label		= "combined",
	.name		= "arm-smmu-v3-combined-irq",
	.without	= "events will not be reported",
	.handler	= combined_irq,
	.thread		= combined_thread,
	.flags		= IRQF_ONESHOT,
};

/* The PRI queue's vector is the last one, so that those in use are always the first ones. */
static unsigned int count_vectors(struct smmu *smmu)
{
	return smmu_core_info(smmu->core)->has_pri ? SMMU_NR_VECTORS : SMMU_VECTOR_PRIQ;
}

/* An SMMU translates without interrupts, too.  Returns @irq, 0 to go on without it, or -EPROBE_DEFER. */
static int request(struct smmu *smmu, const struct vector *vector, int irq)
{
	struct device *dev = smmu->dev;
	int ret;

	if (!irq) {
		dev_warn(dev, "no %s irq - %s\n", vector->label, vector->without);
		return 0;
	}
	ret = devm_request_threaded_irq(dev, irq, vector->handler, vector->thread,
					vector->flags | IRQF_NO_AUTOEN, vector->name, smmu);
	if (ret == -EPROBE_DEFER)
		return ret;
	if (ret) {
		dev_warn(dev, "failed to enable %s irq %d: %pe - %s\n", vector->label, irq,
			 ERR_PTR(ret), vector->without);
		return 0;
	}
	return irq;
}

static int request_unique(struct smmu *smmu)
{
	unsigned int i;
	int irq;

	for (i = 0; i < count_vectors(smmu); i++) {
		irq = request(smmu, &vectors[i], smmu->irq[i]);
		if (irq < 0)
			return irq;
		smmu->irq[i] = irq;
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
		dev_warn(dev, "failed to allocate MSIs (%pe) - falling back to wired irqs\n", ERR_PTR(ret));
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

/* The Linux number of the wire, 0 where there is none, or -EPROBE_DEFER. */
static int find_wire(struct smmu *smmu, const struct vector *vector)
{
	int irq = platform_get_irq_byname_optional(to_platform_device(smmu->dev), vector->wire);

	if (irq == -EPROBE_DEFER)
		return dev_err_probe(smmu->dev, irq, "%s irq not available yet\n", vector->label);
	if (irq < 0 && irq != -ENXIO)
		dev_warn(smmu->dev, "failed to find %s irq: %pe\n", vector->label, ERR_PTR(irq));
	return max(irq, 0);
}

static int find_wires(struct smmu *smmu)
{
	unsigned int i;
	int irq;

	for (i = 0; i < SMMU_NR_VECTORS; i++)
		smmu_core_set_msi(smmu->core, i, 0, 0);

	for (i = 0; i < count_vectors(smmu); i++) {
		irq = find_wire(smmu, &vectors[i]);
		if (irq < 0)
			return irq;
		smmu->irq[i] = irq;
	}
	return 0;
}

static int request_combined(struct smmu *smmu, int irq)
{
	unsigned int i;

	irq = request(smmu, &combined, irq);
	if (irq < 0)
		return irq;
	for (i = 0; i < SMMU_NR_VECTORS; i++) {
		smmu_core_set_msi(smmu->core, i, 0, 0);
		smmu->irq[i] = irq;
	}
	return 0;
}

/**
 * smmu_irqs_request - find and request the interrupts of an SMMU
 * @smmu: an SMMU with a core that has not been started
 *
 * They stay disabled until smmu_irqs_enable().  They are released when the device is unbound, which is after
 * smmu_core_stop() and before smmu_core_destroy().  A vector without interrupt, or one that can't be
 * requested, is warned about, and no error.
 *
 * Context: process context.
 * Return: 0, or -EPROBE_DEFER.
 */
int smmu_irqs_request(struct smmu *smmu)
{
	int irq = find_wire(smmu, &combined);
	int ret;

	INIT_WORK(&smmu->drain, drain);
	smmu->irqs_off = true;
	if (irq < 0)
		return irq;
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
 * @smmu: the SMMU, powered; its command queue is stopped
 *
 * When this returns no handler runs, threads and smmu_shim_drain_later() included, and none starts until
 * smmu_irqs_enable().
 *
 * Context: process context.
 */
void smmu_irqs_disable(struct smmu *smmu)
{
	unsigned int i;

	cancel_work_sync(&smmu->drain);
	if (smmu->irqs_off)
		return;
	for (i = 0; i < SMMU_NR_VECTORS; i++)
		if (smmu->irq[i] && is_first_of(smmu, i))
			disable_irq(smmu->irq[i]);
	smmu->irqs_off = true;
}

/**
 * smmu_irqs_enable - let interrupt handlers run
 * @smmu: the SMMU, powered and translating
 *
 * After smmu_irqs_request() or smmu_irqs_disable().  Interrupts that came meanwhile are handled now.
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
