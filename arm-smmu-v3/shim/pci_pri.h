/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Page Request Interface of a PCI device.  The kernel does not export pci_enable_pri() and pci_reset_pri(), and has
 * neither without PCI_PRI.  The tests come before this file with a device of their own.
 */
#ifndef ARM_SMMU_V3_SHIM_PCI_PRI_H
#define ARM_SMMU_V3_SHIM_PCI_PRI_H

#include <linux/pci.h>

/* VFs have no capability of their own, but share that of their PF. */
static inline struct device *smmu_pci_pri_bearer(struct device *dev)
{
	return dev_is_pci(dev) ? &pci_physfn(to_pci_dev(dev))->dev : dev;
}

/* Of a bearer, as below.  0 if it has none. */
static inline u16 smmu_pci_pri_capability(struct device *dev)
{
	return dev_is_pci(dev) ? pci_find_ext_capability(to_pci_dev(dev), PCI_EXT_CAP_ID_PRI) : 0;
}

static inline bool smmu_pci_pri_supported(struct device *dev)
{
	return smmu_pci_pri_capability(dev);
}

static inline u16 smmu_pci_pri_status(struct device *dev)
{
	u16 status = 0;

	pci_read_config_word(to_pci_dev(dev), smmu_pci_pri_capability(dev) + PCI_PRI_STATUS, &status);
	return status;
}

/* Whether a PRG response has the PASID of the request (PCIe, "PRG Response PASID Required"). */
static inline bool smmu_pci_pri_wants_pasids(struct device *dev)
{
	return smmu_pci_pri_status(dev) & PCI_PRI_STATUS_PASID;
}

/* How many page requests it may have outstanding. */
static inline u32 smmu_pci_pri_capacity(struct device *dev)
{
	u32 capacity = 0;

	pci_read_config_dword(to_pci_dev(dev), smmu_pci_pri_capability(dev) + PCI_PRI_MAX_REQ, &capacity);
	return capacity;
}

/* For the PCI core, which restores what a reset of the device has cleared. */
static inline void smmu_pci_note_pri(struct pci_dev *pci, bool enabled, u32 credits)
{
#ifdef CONFIG_PCI_PRI
	pci->pri_enabled = enabled;
	pci->pri_reqs_alloc = credits;
#endif
}

/* It has a reset first, which ends a Response Failure.  -EBUSY: it still waits for responses. */
static inline int smmu_pci_enable_pri(struct device *dev, u32 credits)
{
	struct pci_dev *pci = to_pci_dev(dev);
	const u16 pri = smmu_pci_pri_capability(dev);

	pci_write_config_word(pci, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_RESET);
	pci_write_config_word(pci, pri + PCI_PRI_STATUS, PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI);
	if (!(smmu_pci_pri_status(dev) & PCI_PRI_STATUS_STOPPED))
		return -EBUSY;
	pci_write_config_dword(pci, pri + PCI_PRI_ALLOC_REQ, credits);
	pci_write_config_word(pci, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
	smmu_pci_note_pri(pci, true, credits);
	return 0;
}

/* The read is behind the page requests that were sent before. */
static inline void smmu_pci_disable_pri(struct device *dev)
{
	struct pci_dev *pci = to_pci_dev(dev);

	smmu_pci_note_pri(pci, false, 0);
	pci_write_config_word(pci, smmu_pci_pri_capability(dev) + PCI_PRI_CTRL, 0);
	smmu_pci_pri_status(dev);
}

#endif
