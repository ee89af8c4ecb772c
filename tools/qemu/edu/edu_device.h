/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's "edu" PCI device: one DMA at a time (docs/specs/edu in QEMU's tree). */
#ifndef EDU_DEVICE_H
#define EDU_DEVICE_H

#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/pm_wakeup.h>

#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98

#define EDU_CMD_START		BIT(0)
#define EDU_CMD_TO_MEMORY	BIT(1)
#define EDU_CMD_IRQ		BIT(2)

/* The device's own memory: the last byte cannot be reached, QEMU stops at such a transfer. */
#define EDU_BUFFER		0x40000

#define EDU_TIMEOUT		(5 * HZ)

/**
 * struct edu_device - one device
 * @pdev:	the PCI device
 * @regs:	BAR 0
 * @done:	completed by the interrupt at the end of a DMA
 * @wakes:	that interrupt wakes the machine up
 */
struct edu_device {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct completion done;
	bool wakes;
};

static inline irqreturn_t edu_device_irq(int irq, void *data)
{
	struct edu_device *edu = data;
	u32 status = readl(edu->regs + EDU_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, edu->regs + EDU_IRQ_ACK);
	if (READ_ONCE(edu->wakes))
		pm_wakeup_hard_event(&edu->pdev->dev);
	complete(&edu->done);
	return IRQ_HANDLED;
}

static inline int edu_device_enable(struct edu_device *edu, unsigned int dma_bits)
{
	struct pci_dev *pdev = edu->pdev;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (ret)
		return ret;
	edu->regs = pcim_iomap_table(pdev)[0];
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(dma_bits));
	if (ret)
		return ret;
	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	return ret < 0 ? ret : 0;
}

/*
 * In probe.  @dma_bits: address bits of the device, as in its QEMU property dma_mask.  @irq_flags: of a message,
 * which is not shared.
 */
static inline int edu_device_open(struct edu_device *edu, struct pci_dev *pdev, unsigned int dma_bits,
				  unsigned long irq_flags)
{
	int ret;

	edu->pdev = pdev;
	init_completion(&edu->done);
	ret = edu_device_enable(edu, dma_bits);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "setup failed\n");
	ret = request_irq(pci_irq_vector(pdev, 0), edu_device_irq,
			  pci_dev_msi_enabled(pdev) ? irq_flags : IRQF_SHARED, KBUILD_MODNAME, edu);
	if (ret) {
		pci_free_irq_vectors(pdev);
		return dev_err_probe(&pdev->dev, ret, "no interrupt\n");
	}
	return 0;
}

static inline void edu_device_close(struct edu_device *edu)
{
	free_irq(pci_irq_vector(edu->pdev, 0), edu);
	pci_free_irq_vectors(edu->pdev);
}

/* The device takes 100 ms of the guest's time for a transfer. */
static inline void edu_device_start(struct edu_device *edu, u64 src, u64 dst, u64 count, u64 direction)
{
	reinit_completion(&edu->done);
	writeq(src, edu->regs + EDU_DMA_SRC);
	writeq(dst, edu->regs + EDU_DMA_DST);
	writeq(count, edu->regs + EDU_DMA_COUNT);
	writeq(EDU_CMD_START | EDU_CMD_IRQ | direction, edu->regs + EDU_DMA_CMD);
}

static inline int edu_device_transfer(struct edu_device *edu, u64 src, u64 dst, u64 count, u64 direction)
{
	edu_device_start(edu, src, dst, count, direction);
	if (!wait_for_completion_timeout(&edu->done, EDU_TIMEOUT))
		return -ETIMEDOUT;
	return 0;
}

/* From the device's memory to @iova, mapped or not. */
static inline int edu_device_write(struct edu_device *edu, dma_addr_t iova, size_t bytes)
{
	return edu_device_transfer(edu, EDU_BUFFER, iova, bytes, EDU_CMD_TO_MEMORY);
}

/* From @iova, mapped or not, to the device's memory. */
static inline int edu_device_read(struct edu_device *edu, dma_addr_t iova, size_t bytes)
{
	return edu_device_transfer(edu, iova, EDU_BUFFER, bytes, 0);
}

#endif
