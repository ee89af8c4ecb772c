// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/smmu/pri_iort.h"

#include <linux/string.h>

#define NODE_BYTES	(sizeof(struct acpi_iort_node) + sizeof(struct acpi_iort_root_complex))

static union {
	struct acpi_table_header header;
	struct acpi_table_iort iort;
	u8 bytes[sizeof(struct acpi_table_iort) + 3 * NODE_BYTES];
} table;

static bool present;

static void add(u8 type, u32 segment, u32 ats_attribute)
{
	struct acpi_iort_node *node = (void *)&table.bytes[table.header.length];
	struct acpi_iort_root_complex *root = (void *)node->node_data;

	node->type = type;
	node->length = NODE_BYTES;
	root->pci_segment_number = segment;
	root->ats_attribute = ats_attribute;
	table.header.length += NODE_BYTES;
	table.iort.node_count++;
}

/* Behind a node of another type, and another root complex with other attributes. */
void pri_make_iort(u32 ats_attribute)
{
	memset(&table, 0, sizeof(table));
	table.header.length = sizeof(table.iort);
	table.iort.node_offset = sizeof(table.iort);
	add(ACPI_IORT_NODE_SMMU_V3, PRI_SEGMENT, ~ats_attribute);
	add(ACPI_IORT_NODE_PCI_ROOT_COMPLEX, PRI_SEGMENT + 1, ~ats_attribute);
	add(ACPI_IORT_NODE_PCI_ROOT_COMPLEX, PRI_SEGMENT, ats_attribute);
	present = true;
}

void pri_remove_iort(void)
{
	present = false;
}

bool pri_has_no_acpi(void)
{
	return !present;
}

acpi_status pri_get_table(const char *signature, u32 instance, struct acpi_table_header **header)
{
	if (strcmp(signature, ACPI_SIG_IORT) || instance)
		return AE_NOT_FOUND;
	*header = &table.header;
	return AE_OK;
}

void pri_put_table(struct acpi_table_header *header)
{
}
