/* SPDX-License-Identifier: GPL-2.0-only */
/* An IORT without ACPI, for the driver's firmware.c: with the root complex of the function with PRI. */
#ifndef KUNIT_LINUX_SMMU_PRI_IORT_H
#define KUNIT_LINUX_SMMU_PRI_IORT_H

#include <linux/acpi.h>

#define PRI_SEGMENT	3	/* of the function */

/* An IORT with these ats_attribute of the function's root complex; without, firmware is a device tree. */
void pri_make_iort(u32 ats_attribute);
void pri_remove_iort(void);
bool pri_has_no_acpi(void);
acpi_status pri_get_table(const char *signature, u32 instance, struct acpi_table_header **table);
void pri_put_table(struct acpi_table_header *table);

/* In the driver's firmware.c. */
#undef acpi_disabled
#define acpi_disabled	pri_has_no_acpi()
#define acpi_get_table	pri_get_table
#define acpi_put_table	pri_put_table

#endif
