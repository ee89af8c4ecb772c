/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PRI without PCI: before the driver's pci_pri.h.  The PCI functions are those of pri_function.c, with a configuration
 * space that has the model's function behind it.
 */
#ifndef KUNIT_LINUX_SMMU_PRI_H
#define KUNIT_LINUX_SMMU_PRI_H

#include <linux/iommu.h>
#include <linux/pci.h>

#include "compat.h"
#include "kunit/linux/smmu/pri_iort.h"

/* A PCI function, as far as the driver looks into it. */
struct pri_pci {
	struct pri_pci *pf;	/* of a VF, or NULL */
	struct device *dev;	/* client B: Linux does not find it while it is being removed */
	bool pri_enabled;
	u32 pri_reqs_alloc;
};

/* Of a board's device; NULL if it is none of PCI. */
struct pri_pci *pri_pci_of(struct device *dev);

struct pri_pci *pri_physfn(struct pri_pci *pci);
u16 pri_find_ext_capability(struct pri_pci *pci, int id);
int pri_read_config_word(struct pri_pci *pci, int where, u16 *value);
int pri_read_config_dword(struct pri_pci *pci, int where, u32 *value);
int pri_write_config_word(struct pri_pci *pci, int where, u16 value);
int pri_write_config_dword(struct pri_pci *pci, int where, u32 value);

#ifdef KUNIT_PRI_INSTEAD_OF_PCI

#define pci_dev			pri_pci
#undef dev_is_pci
#define dev_is_pci(dev)		(!!pri_pci_of(dev))
#undef to_pci_dev
#define to_pci_dev(dev)		pri_pci_of(dev)
#define pci_physfn		pri_physfn
#define pci_find_ext_capability	pri_find_ext_capability
#define pci_read_config_word	pri_read_config_word
#define pci_read_config_dword	pri_read_config_dword
#define pci_write_config_word	pri_write_config_word
#define pci_write_config_dword	pri_write_config_dword
#undef pci_domain_nr
#define pci_domain_nr(bus)	PRI_SEGMENT
#undef CONFIG_PCI_PRI
#define CONFIG_PCI_PRI 1

#endif

#endif
