/* SPDX-License-Identifier: GPL-2.0-only */
/* The page tables of processes in this kernel, and nothing else. */
#ifndef ARM_SMMU_V3_SHIM_PROCESS_H
#define ARM_SMMU_V3_SHIM_PROCESS_H

#include <linux/mm.h>
#include <linux/mmu_notifier.h>

#include "shim.h"

/* IOMMU_SVA is selected by an IOMMU driver that offers it, as ARM_SMMU_V3_SVA selects both. */
#define SMMU_KERNEL_HAS_SVA	(IS_ENABLED(CONFIG_IOMMU_SVA) && IS_ENABLED(CONFIG_MMU_NOTIFIER))

#if SMMU_KERNEL_HAS_SVA
#define SMMU_OPS_SVA	.domain_alloc_sva = smmu_sva_alloc,
#else
#define SMMU_OPS_SVA
#endif

#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#include <asm/memory.h>
#include <asm/pgtable.h>
#include <asm/sysreg.h>

static inline u32 smmu_cpus_field(u32 reg, u32 shift)
{
	return cpuid_feature_extract_unsigned_field(read_sanitised_ftr_reg(reg), shift);
}

static inline u8 smmu_cpus_pa_bits(void)
{
	u32 field = smmu_cpus_field(SYS_ID_AA64MMFR0_EL1, ID_AA64MMFR0_EL1_PARANGE_SHIFT);

	return min_t(u32, id_aa64mmfr0_parange_to_phys_shift(field), PHYS_MASK_SHIFT);
}

/* What hardware records: 1 accesses, 2 also writes.  The kernel is prepared for what its CPUs do. */
static inline u32 smmu_cpus_hafdbs(void)
{
	if (!IS_ENABLED(CONFIG_ARM64_HW_AFDBM))
		return 0;
	return smmu_cpus_field(SYS_ID_AA64MMFR1_EL1, ID_AA64MMFR1_EL1_HAFDBS_SHIFT);
}

/* It looks at the Access flags of tables to find pages in use, and clears them. */
static inline bool smmu_kernel_needs_haft(void)
{
#ifdef ARM64_HAFT
	return cpus_have_cap(ARM64_HAFT);
#else
	return false;
#endif
}

static inline bool smmu_kernel_replaces_live_blocks(void)
{
#ifdef ARM64_HAS_BBML2_NOABORT
	return cpus_have_cap(ARM64_HAS_BBML2_NOABORT);
#else
	return false;
#endif
}

static inline bool smmu_describe_processes(struct smmu_process_tables *tables)
{
	*tables = (struct smmu_process_tables){
		.mair			= read_sysreg(mair_el1),
		.page_shift		= PAGE_SHIFT,
		.va_bits		= vabits_actual,
		.pa_bits		= smmu_cpus_pa_bits(),
		.ds			= lpa2_is_enabled(),
		.access_flag		= smmu_cpus_hafdbs() >= 1,
		.dirty			= smmu_cpus_hafdbs() >= 2,
		.access_flag_of_tables	= smmu_kernel_needs_haft(),
		.live_blocks		= smmu_kernel_replaces_live_blocks(),
	};
	return true;
}

static inline u64 smmu_process_pgd(struct mm_struct *mm)
{
	return virt_to_phys(mm->pgd);
}
#else
static inline bool smmu_describe_processes(struct smmu_process_tables *tables)
{
	return false;
}

static inline u64 smmu_process_pgd(struct mm_struct *mm)
{
	return 0;
}
#endif

#endif
