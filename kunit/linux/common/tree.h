/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree of a board: an overlay, changes of it, and the devices that Linux makes of it.  One at a time.
 */
#ifndef KUNIT_LINUX_COMMON_TREE_H
#define KUNIT_LINUX_COMMON_TREE_H

#include <linux/device.h>
#include <linux/of.h>

/* Enter the overlay between @begin and @end, which adds the node @path.  0 or an errno. */
int tree_create(void *begin, void *end, const char *path);

/* Undo all changes and remove the overlay; what tree_populate() made is gone. */
void tree_destroy(void);

/* A node by its name, with a reference; NULL when there is none. */
struct device_node *tree_node(const char *name);

/* Replace a property of a node by @count cells or by @text, or remove it. */
int tree_set(const char *node, const char *property, const u32 *cells, size_t count);
int tree_set_text(const char *node, const char *property, const char *text);
int tree_remove(const char *node, const char *property);

/* Add a node to the board's: a device behind @iommu, with one ID there. */
int tree_add_client(const char *compatible, const char *iommu, u32 id);

/* Let Linux find the devices; all that can be probed has been when it returns. */
int tree_populate(void);

/* Remove the devices, the last one first. */
void tree_depopulate(void);

/* The platform device of a node, whether a driver has it or not, without a reference; NULL if there is none. */
struct device *tree_device(const char *name);

#endif
