/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the test system in Linux (UML or arm64) know of each other, and what driver tests add to
 * testos.h.
 */
#ifndef KUNIT_LINUX_COMMON_UML_H
#define KUNIT_LINUX_COMMON_UML_H

#include "kunit/base/testos.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where registers are, above all memory: a region in every MiB.  Device trees have it too. */
#define UML_MMIO_BASE		0x80000000ULL
#define UML_MMIO_BYTES		0x1000000ULL

/* An access at UML_MMIO_BASE + @offset. */
u64 uml_mmio_read(u64 offset, u32 bytes);
void uml_mmio_write(u64 offset, u32 bytes, u64 value);

/* For the parts: an allocation that test_fail_alloc() chose fails; one is counted, or one less. */
bool uml_allocation_fails(void);
/* How many allocations could not wait for I/O. */
u32 uml_allocations_without_io(void);
void uml_count_allocation(int change);
void uml_reset_tables(void);

/*
 * Loads from registers so far; those of them that were load-acquires; whether all have to be, because of an erratum
 * of the CPU (832075).
 */
u32 uml_loads(void);
u32 uml_acquiring_loads(void);
bool uml_loads_must_acquire(void);

/* Regions that device trees name. */
#define UML_SMMU_REGION		0	/* two of them */
#define UML_IPMMU_REGION	13	/* three of them */

/* Let @ops answer for the registers of a device tree. */
void uml_mmio_claim_at(u32 region, const struct test_mmio *ops, u32 size);
void uml_mmio_release_at(u32 region);

/* In a case of a PANIC_SUITE(): @text is what Linux has to say; tools/kunit looks for it. */
void test_must_panic(const char *text);

/* ASIDs, VMIDs and the like that are not given back: os_ids_take() less os_ids_give(). */
u32 uml_ids_taken(void);

/*
 * Instructions so far, a register access being one; the difference of two looks with interrupts off is exact.
 * Count them from now on; @a_register is one to try that on.  Always 0 in UML, which has no such counter.
 */
u32 uml_instructions(void);
void uml_count_instructions(const void *a_register);

void uml_reset_os(void);
void uml_reset_mmio(void);

#ifdef __cplusplus
}
#endif

#endif
