/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Page Request Interface of a PCI device.  The kernel does not export pci_enable_pri() and pci_reset_pri(), and has
 * neither without PCI_PRI.
 */
#ifndef ARM_SMMU_V3_SHIM_PCI_PRI_H
#define ARM_SMMU_V3_SHIM_PCI_PRI_H

#include <linux/iopoll.h>
#include <linux/pci.h>

/* The capability that a device uses, or 0.  VFs have none of their own, but share that of their PF. */
static inline u16 smmu_pci_find_pri(struct device *dev)
{
	return dev_is_pci(dev) ? pci_find_ext_capability(pci_physfn(to_pci_dev(dev)), PCI_EXT_CAP_ID_PRI) : 0;
}

/* Whether it is that of @bearer. */
static inline bool smmu_pci_pri_is_of(struct device *dev, struct device *bearer)
{
	return pci_physfn(to_pci_dev(dev)) == to_pci_dev(bearer);
}

/* The number of its root complex in ACPI. */
static inline int smmu_pci_segment(struct device *dev)
{
	return pci_domain_nr(to_pci_dev(dev)->bus);
}

/* Of a bearer with its capability, as below.  All ones if it does not answer. */
static inline u16 smmu_pci_pri_status(struct device *dev, u16 pri)
{
	u16 status = 0;

	pci_read_config_word(to_pci_dev(dev), pri + PCI_PRI_STATUS, &status);
	return status;
}

/* Whether a PRG response has the PASID of the request (PCIe, "PRG Response PASID Required"). */
static inline bool smmu_pci_pri_wants_pasids(struct device *dev, u16 pri)
{
	return smmu_pci_pri_status(dev, pri) & PCI_PRI_STATUS_PASID;
}

/* How many page requests it may have outstanding. */
static inline u32 smmu_pci_pri_capacity(struct device *dev, u16 pri)
{
	u32 capacity = 0;

	pci_read_config_dword(to_pci_dev(dev), pri + PCI_PRI_MAX_REQ, &capacity);
	return capacity;
}

/*
 * For the PCI core, which restores what a reset of the device has cleared.  The words may share a bit-field with others
 * that the driver of the device writes: only for a device that is being attached or detached itself.
 */
static inline void smmu_pci_note_pri(struct device *dev, bool enabled, u32 credits)
{
#ifdef CONFIG_PCI_PRI
	struct pci_dev *pci = to_pci_dev(dev);

	pci->pri_enabled = enabled;
	pci->pri_reqs_alloc = credits;
#endif
}

/* The read is behind the page requests that were sent before. */
static inline void smmu_pci_disable_pri(struct device *dev, u16 pri)
{
	pci_write_config_word(to_pci_dev(dev), pri + PCI_PRI_CTRL, 0);
	smmu_pci_pri_status(dev, pri);
}

/* Disable it, and wait until it has the responses to what it has requested.  False after 100 ms. */
static inline bool smmu_pci_stop_pri(struct device *dev, u16 pri)
{
	u16 status;

	smmu_pci_disable_pri(dev, pri);
	return !read_poll_timeout(smmu_pci_pri_status, status, status & PCI_PRI_STATUS_STOPPED, USEC_PER_MSEC,
				  100 * USEC_PER_MSEC, false, dev, pri);
}

/*
 * It is disabled.  It has a reset first, which ends a Response Failure, and forgets what it waits for.  -EBUSY: it
 * still waits; -ENODEV: it does not answer.
 */
static inline int smmu_pci_enable_pri(struct device *dev, u16 pri, u32 credits)
{
	struct pci_dev *pci = to_pci_dev(dev);
	u16 status;

	pci_write_config_word(pci, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_RESET);
	pci_write_config_word(pci, pri + PCI_PRI_STATUS, PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI);
	status = smmu_pci_pri_status(dev, pri);
	if (PCI_POSSIBLE_ERROR(status))
		return -ENODEV;
	if (!(status & PCI_PRI_STATUS_STOPPED))
		return -EBUSY;
	pci_write_config_dword(pci, pri + PCI_PRI_ALLOC_REQ, credits);
	pci_write_config_word(pci, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
	return 0;
}

#endif
