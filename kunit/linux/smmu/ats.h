/* SPDX-License-Identifier: GPL-2.0-only */
/* ATS without PCI: what the driver asks of a PCI device is asked of client A, whose ATC is the model's. */
#ifndef KUNIT_LINUX_SMMU_ATS_H
#define KUNIT_LINUX_SMMU_ATS_H

#include <linux/device.h>
#include <linux/iommu.h>

/* shim/ats.c has its own. */
#undef pr_fmt

/* The driver's pci_ats.h, which this comes before. */
#define ARM_SMMU_V3_SHIM_PCI_ATS_H

bool smmu_pci_ats_supported(struct device *dev);
bool smmu_pci_ats_required(struct device *dev);
void smmu_pci_prepare_ats(struct device *dev, int stu);
int smmu_pci_enable_ats(struct device *dev, int stu);
void smmu_pci_disable_ats(struct device *dev);

#endif
