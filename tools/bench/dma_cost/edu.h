/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's "edu" PCI device, for which DMA is mapped here. */
#ifndef EDU_H
#define EDU_H

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

/* Until the driver is unbound.  IOVAs have up to 64 bits. */
static inline int edu_enable(struct pci_dev *pdev)
{
	int ret = pcim_enable_device(pdev);

	return ret ?: dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
}

#endif
