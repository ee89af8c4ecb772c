/* SPDX-License-Identifier: GPL-2.0-only */
/* PRI without PCI: what the driver asks of a PCI device is asked of pri_function.c, which has the model's function. */
#ifndef KUNIT_LINUX_SMMU_PRI_H
#define KUNIT_LINUX_SMMU_PRI_H

#include <linux/device.h>

/* The driver's pci_pri.h, which this comes before. */
#define ARM_SMMU_V3_SHIM_PCI_PRI_H

struct device *smmu_pci_pri_bearer(struct device *dev);
bool smmu_pci_pri_supported(struct device *dev);
bool smmu_pci_pri_wants_pasids(struct device *dev);
u32 smmu_pci_pri_capacity(struct device *dev);
int smmu_pci_enable_pri(struct device *dev, u32 credits);
void smmu_pci_disable_pri(struct device *dev);

#endif
