// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own SMMUv3 driver, from its own source, under another name: for comparison on the same model.  What it
 * asks of a PCI device with ATS is asked of client A, and of a process, of the test's, as of the module
 * (kunit/linux/smmu/ats.h, process.h).
 */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/mmu_context.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <kunit/visibility.h>

#include "kunit/linux/smmu/ats.h"
#include "kunit/linux/smmu/intree.h"
#include "kunit/linux/smmu/process.h"

static struct pci_dev function;

static inline int prepare_ats(struct pci_dev *pdev, int stu)
{
	smmu_pci_prepare_ats(NULL, stu);
	return 0;
}

static inline int enable_ats(struct pci_dev *pdev, int stu)
{
	return smmu_pci_enable_ats(NULL, stu);
}

static inline void disable_ats(struct pci_dev *pdev)
{
	smmu_pci_disable_ats(NULL);
}

static inline bool has_ats(struct pci_dev *pdev)
{
	return true;
}

static inline bool requires_ats(struct pci_dev *pdev)
{
	return false;
}

/* The number of PASIDs is a property of the device's node. */
static inline int pasid_features(struct pci_dev *pdev)
{
	return -ENODEV;
}

/* A CPU with what the process has: ASIDs of 16 bits, and addresses of 48. */
static inline u64 sanitised_feature(u32 reg)
{
	return FIELD_PREP(ID_AA64MMFR0_EL1_ASIDBITS_MASK, ID_AA64MMFR0_EL1_ASIDBITS_16) |
	       FIELD_PREP(ID_AA64MMFR0_EL1_PARANGE_MASK, ID_AA64MMFR0_EL1_PARANGE_48);
}

#define read_sanitised_ftr_reg	sanitised_feature
#undef vabits_actual
#define vabits_actual		48
#define mmu_notifier_synchronize()

#undef dev_is_pci
#define dev_is_pci(dev)		smmu_pci_ats_supported(dev)
#undef to_pci_dev
#define to_pci_dev(dev)		((void)(dev), &function)
#define pci_device_group	generic_device_group
#define pci_ats_supported	has_ats
#define pci_ats_required	requires_ats
#define pci_prepare_ats		prepare_ats
#define pci_enable_ats		enable_ats
#define pci_disable_ats		disable_ats
#define pci_pasid_features	pasid_features

#define CONFIG_PCI_ATS 1
#define CONFIG_ARM_SMMU_V3_SVA 1
#undef module_driver
#define module_driver(driver, enter, leave)
#include <arm-smmu-v3.c>
#include <arm-smmu-v3-sva.c>

int smmu_intree_register(void)
{
	arm_smmu_driver.driver.name = "arm-smmu-v3-intree";
	return platform_driver_register(&arm_smmu_driver);
}

void smmu_intree_unregister(void)
{
	platform_driver_unregister(&arm_smmu_driver);
}
