// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: MSIs if the SMMU supports them, else one wired interrupt per vector, or one for all.
 * They are requested once, disabled, and freed when the device is unbound.  They are enabled only while the SMMU is
 * active: one that firmware or a previous kernel has left pending calls no handler before that, and no handler
 * accesses an SMMU without power.
 */
#include <linux/interrupt.h>
#include <linux/msi.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>

#include "shim.h"

/*
 * A stalled transaction takes memory, and a page request.  Reclaim must not write to a disk behind the SMMU: its resume
 * would wait for that of the SMMU, and a suspend of the SMMU for this.
 */
static void smmu_drain_queue(struct smmu *smmu, void (*drain)(struct smmu_core *core))
{
	const unsigned int flags = memalloc_noio_save();

	drain(smmu->core);
	memalloc_noio_restore(flags);
}

static irqreturn_t smmu_evtq_thread(int irq, void *data)
{
	smmu_drain_queue(data, smmu_core_drain_evtq);
	return IRQ_HANDLED;
}

static irqreturn_t smmu_priq_thread(int irq, void *data)
{
	smmu_drain_queue(data, smmu_core_drain_priq);
	return IRQ_HANDLED;
}

static irqreturn_t smmu_gerror_irq(int irq, void *data)
{
	struct smmu *smmu = data;

	return IRQ_RETVAL(smmu_core_handle_gerror(smmu->core));
}

static irqreturn_t smmu_combined_irq(int irq, void *data)
{
	smmu_gerror_irq(irq, data);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t smmu_combined_thread(int irq, void *data)
{
	struct smmu *smmu = data;

	smmu_evtq_thread(irq, data);
	if (smmu_core_info(smmu->core)->has_pri)
		smmu_priq_thread(irq, data);
	return IRQ_HANDLED;
}

static void smmu_drain(struct work_struct *work)
{
	struct smmu *smmu = container_of(work, struct smmu, drain);

	smmu_drain_queue(smmu, smmu_core_drain_evtq);
	smmu_drain_queue(smmu, smmu_core_drain_priq);
}

/**
 * smmu_shim_drain_later - read the record queues of an SMMU without an interrupt
 * @dev: the SMMU
 *
 * A worker does, since irq_wake_thread() takes the lock of the descriptor, which the caller may hold.
 *
 * Context: any.
 */
void smmu_shim_drain_later(struct device *dev)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	queue_work(system_unbound_wq, &smmu->drain);
}

struct smmu_irq_vector {
	const char	*wire;		/* interrupt-names in DT, resource name in ACPI */
	const char	*label;		/* in messages, as the in-tree driver's */
	const char	*name;		/* in /proc/interrupts, likewise */
	const char	*without;	/* what follows when there is none */
	irq_handler_t	handler;
	irq_handler_t	thread;
	unsigned long	flags;
};

static const struct smmu_irq_vector smmu_vectors[SMMU_NR_VECTORS] = {
	[SMMU_VECTOR_EVTQ] = {
		.wire		= "eventq",
		.label		= "evtq",
		.name		= "arm-smmu-v3-evtq",
		.without	= "events will not be reported",
		.thread		= smmu_evtq_thread,
		.flags		= IRQF_ONESHOT,
	},
	[SMMU_VECTOR_GERROR] = {
		.wire		= "gerror",
		.label		= "gerror",
		.name		= "arm-smmu-v3-gerror",
		.without	= "errors will be reported late, when a command waits",
		.handler	= smmu_gerror_irq,
	},
	[SMMU_VECTOR_PRIQ] = {
		.wire		= "priq",
		.label		= "priq",
		.name		= "arm-smmu-v3-priq",
		.without	= "page requests will not be answered",
		.thread		= smmu_priq_thread,
		.flags		= IRQF_ONESHOT,
	},
};

static const struct smmu_irq_vector smmu_combined = {
	.wire		= "combined",
	.label		= "combined",
	.name		= "arm-smmu-v3-combined-irq",
	.without	= "events will not be reported",
	.handler	= smmu_combined_irq,
	.thread		= smmu_combined_thread,
	.flags		= IRQF_ONESHOT,
};

/* The vector of the PRI queue is the last, so that the vectors in use are the first ones. */
static unsigned int smmu_count_vectors(struct smmu *smmu)
{
	return smmu_core_info(smmu->core)->has_pri ? SMMU_NR_VECTORS : SMMU_VECTOR_PRIQ;
}

/* An SMMU translates without interrupts, too.  Returns @irq, 0 without it, or -EPROBE_DEFER. */
static int smmu_request_irq(struct smmu *smmu, const struct smmu_irq_vector *vector, int irq)
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

static int smmu_request_unique(struct smmu *smmu)
{
	unsigned int i;
	int irq;

	for (i = 0; i < smmu_count_vectors(smmu); i++) {
		irq = smmu_request_irq(smmu, &smmu_vectors[i], smmu->irq[i]);
		if (irq < 0)
			return irq;
		smmu->irq[i] = irq;
	}
	return 0;
}

#ifdef CONFIG_GENERIC_MSI_IRQ
static void smmu_write_msi(struct msi_desc *desc, struct msi_msg *msg)
{
	struct smmu *smmu = dev_get_drvdata(msi_desc_to_dev(desc));
	u64 address = (u64)msg->address_hi << 32 | msg->address_lo;

	smmu_core_set_msi(smmu->core, desc->msi_index, address, msg->data);
}

static void smmu_free_msis(void *dev)
{
	platform_device_msi_free_irqs_all(dev);
}

/* 0: every vector has an MSI; -ENODEV: wired interrupts are used. */
static int smmu_allocate_msis(struct smmu *smmu)
{
	unsigned int i, count = smmu_count_vectors(smmu);
	struct device *dev = smmu->dev;
	int ret;

	if (!smmu_core_info(smmu->core)->has_msi || !dev_get_msi_domain(dev))
		return -ENODEV;
	ret = platform_device_msi_init_and_alloc_irqs(dev, count, smmu_write_msi);
	if (ret) {
		dev_warn(dev, "failed to allocate MSIs (%pe) - falling back to wired irqs\n", ERR_PTR(ret));
		return -ENODEV;
	}
	for (i = 0; i < count; i++)
		smmu->irq[i] = msi_get_virq(dev, i);
	return devm_add_action_or_reset(dev, smmu_free_msis, dev);
}
#else
static int smmu_allocate_msis(struct smmu *smmu)
{
	return -ENODEV;
}
#endif

/* The number of a wired interrupt, 0 if there is none, or -EPROBE_DEFER. */
static int smmu_find_wire(struct smmu *smmu, const struct smmu_irq_vector *vector)
{
	int irq = platform_get_irq_byname_optional(to_platform_device(smmu->dev), vector->wire);

	if (irq == -EPROBE_DEFER)
		return dev_err_probe(smmu->dev, irq, "%s irq not available yet\n", vector->label);
	if (irq < 0 && irq != -ENXIO)
		dev_warn(smmu->dev, "failed to find %s irq: %pe\n", vector->label, ERR_PTR(irq));
	return max(irq, 0);
}

static int smmu_find_wires(struct smmu *smmu)
{
	unsigned int i;
	int irq;

	for (i = 0; i < SMMU_NR_VECTORS; i++)
		smmu_core_set_msi(smmu->core, i, 0, 0);

	for (i = 0; i < smmu_count_vectors(smmu); i++) {
		irq = smmu_find_wire(smmu, &smmu_vectors[i]);
		if (irq < 0)
			return irq;
		smmu->irq[i] = irq;
	}
	return 0;
}

static int smmu_request_combined(struct smmu *smmu, int irq)
{
	unsigned int i;

	irq = smmu_request_irq(smmu, &smmu_combined, irq);
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
 * smmu_core_stop() and before smmu_core_destroy().  A vector without an interrupt
 * is logged and no error.
 *
 * Context: process context.
 * Return: 0, or -EPROBE_DEFER.
 */
int smmu_irqs_request(struct smmu *smmu)
{
	int irq = smmu_find_wire(smmu, &smmu_combined);
	int ret;

	INIT_WORK(&smmu->drain, smmu_drain);
	smmu->irqs_off = true;
	if (irq < 0)
		return irq;
	if (irq)
		return smmu_request_combined(smmu, irq);

	ret = smmu_allocate_msis(smmu);
	if (ret == -ENODEV)
		ret = smmu_find_wires(smmu);
	return ret ?: smmu_request_unique(smmu);
}

static bool smmu_is_first_of(const struct smmu *smmu, unsigned int vector)
{
	return !vector || smmu->irq[vector] != smmu->irq[vector - 1];
}

/**
 * smmu_irqs_disable - disable the interrupts of an SMMU
 * @smmu: the SMMU, powered; its command queue is stopped
 *
 * When this returns, no handler, thread or worker of smmu_shim_drain_later() runs, and none starts until
 * smmu_irqs_enable().
 *
 * Context: process context.
 */
void smmu_irqs_disable(struct smmu *smmu)
{
	unsigned int i;

	for (i = 0; i < SMMU_NR_VECTORS; i++)
		if (!smmu->irqs_off && smmu->irq[i] && smmu_is_first_of(smmu, i))
			disable_irq(smmu->irq[i]);
	smmu->irqs_off = true;
	/* Last: the threads queue it. */
	cancel_work_sync(&smmu->drain);
	cancel_delayed_work_sync(&smmu->stalls);
}

/**
 * smmu_irqs_enable - enable the interrupts of an SMMU
 * @smmu: the SMMU, powered and translating
 *
 * After smmu_irqs_request() or smmu_irqs_disable().  Pending interrupts are handled now.
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
		if (smmu->irq[i] && smmu_is_first_of(smmu, i))
			enable_irq(smmu->irq[i]);
}
