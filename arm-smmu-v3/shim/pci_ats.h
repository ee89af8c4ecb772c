/* SPDX-License-Identifier: GPL-2.0-only */
/* ATS and PASIDs of a PCI device.  The tests come before this file with devices of their own. */
#ifndef ARM_SMMU_V3_SHIM_PCI_ATS_H
#define ARM_SMMU_V3_SHIM_PCI_ATS_H

#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>

#include "compat.h"

/* False also for an untrusted device, and with pci=noats. */
static inline bool smmu_pci_ats_supported(struct device *dev)
{
	return dev_is_pci(dev) && pci_ats_supported(to_pci_dev(dev));
}

/* Whether the device does not work without ATS, as one with CXL.cache. */
static inline bool smmu_pci_ats_required(struct device *dev)
{
	return smmu_pci_ats_supported(dev) && smmu_kernel_ats_required(to_pci_dev(dev));
}

/* A VF has the STU of its PF, which must be set before VFs are created. */
static inline void smmu_pci_prepare_ats(struct device *dev, int stu)
{
	if (smmu_pci_ats_supported(dev))
		pci_prepare_ats(to_pci_dev(dev), stu);
}

static inline int smmu_pci_enable_ats(struct device *dev, int stu)
{
	return pci_enable_ats(to_pci_dev(dev), stu);
}

/* The width of the PASIDs of the device, 0 for none.  They must be enabled before ATS (PCIe 7.8.8.3). */
static inline u32 smmu_pci_enable_pasid(struct device *dev)
{
	struct pci_dev *pci = to_pci_dev(dev);
	int features = pci_pasid_features(pci);
	int count = pci_max_pasids(pci);
	int ret;

	if (features < 0 || count <= 0)
		return 0;
	ret = pci_enable_pasid(pci, features);
	if (ret)
		dev_warn(dev, "failed to enable PASID: %pe, used without it\n", ERR_PTR(ret));
	return ret ? 0 : ilog2(count);
}

/* A VF has the PASIDs of its PF. */
static inline void smmu_pci_disable_pasid(struct device *dev)
{
	if (dev_is_pci(dev) && to_pci_dev(dev)->pasid_enabled)
		pci_disable_pasid(to_pci_dev(dev));
}

static inline void smmu_pci_disable_ats(struct device *dev)
{
	pci_disable_ats(to_pci_dev(dev));
}

#endif
