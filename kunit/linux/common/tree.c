// SPDX-License-Identifier: GPL-2.0-only
#include <linux/of_platform.h>
#include <linux/platform_device.h>

#include "kunit/linux/common/tree.h"

static int overlay;
static struct device_node *root;
static struct device *container;
static struct of_changeset changes[64];
static int changed;

int tree_create(void *begin, void *end, const char *path)
{
	int ret = of_overlay_fdt_apply(begin, end - begin, &overlay, NULL);

	if (ret)
		return ret;
	root = of_find_node_by_path(path);
	return root ? 0 : -ENOENT;
}

struct device_node *tree_node(const char *name)
{
	return of_get_child_by_name(root, name);
}

static int add_property(struct of_changeset *set, struct device_node *node, const char *property,
			const u32 *cells, size_t count, const char *text)
{
	if (cells)
		return of_changeset_add_prop_u32_array(set, node, property, cells, count);
	if (text)
		return of_changeset_add_prop_string(set, node, property, text);
	return 0;
}

/* Apply @set, the next of changes[], unless it could not be made. */
static int apply(struct of_changeset *set, int ret)
{
	if (!ret)
		ret = of_changeset_apply(set);
	if (ret)
		of_changeset_destroy(set);
	else
		changed++;
	return ret;
}

static int replace(const char *name, const char *property, const u32 *cells, size_t count,
		   const char *text)
{
	struct of_changeset *set = &changes[changed];
	struct device_node *node = tree_node(name);
	struct property *old;
	int ret;

	if (!node || changed == ARRAY_SIZE(changes))
		return -ENOENT;
	of_changeset_init(set);
	old = of_find_property(node, property, NULL);
	ret = old ? of_changeset_remove_property(set, node, old) : 0;
	if (!ret)
		ret = add_property(set, node, property, cells, count, text);
	ret = apply(set, ret);
	of_node_put(node);
	return ret;
}

int tree_set(const char *node, const char *property, const u32 *cells, size_t count)
{
	return replace(node, property, cells, count, NULL);
}

int tree_set_text(const char *node, const char *property, const char *text)
{
	return replace(node, property, NULL, 0, text);
}

int tree_remove(const char *node, const char *property)
{
	return replace(node, property, NULL, 0, NULL);
}

static int make_client(struct of_changeset *set, const char *compatible, u32 phandle, u32 id)
{
	const u32 iommus[] = { phandle, id };
	struct device_node *node;
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "extra-%x-%u", phandle, id);
	node = of_changeset_create_node(set, root, name);
	if (!node)
		return -ENOMEM;
	ret = of_changeset_add_prop_string(set, node, "compatible", compatible);
	return ret ?: of_changeset_add_prop_u32_array(set, node, "iommus", iommus, 2);
}

int tree_add_client(const char *compatible, const char *iommu, u32 id)
{
	struct of_changeset *set = &changes[changed];
	struct device_node *node = tree_node(iommu);
	int ret;

	if (!node || changed == ARRAY_SIZE(changes))
		return -ENOENT;
	of_changeset_init(set);
	ret = apply(set, make_client(set, compatible, node->phandle, id));
	of_node_put(node);
	return ret;
}

static void undo_changes(void)
{
	while (changed) {
		of_changeset_revert(&changes[--changed]);
		of_changeset_destroy(&changes[changed]);
	}
}

void tree_destroy(void)
{
	undo_changes();
	of_node_put(root);
	root = NULL;
	of_overlay_remove(&overlay);
}

int tree_populate(void)
{
	struct platform_device *pdev = of_find_device_by_node(root);
	int ret;

	if (!pdev)
		return -ENODEV;
	container = &pdev->dev;
	ret = of_platform_populate(root, NULL, NULL, container);
	/* Devices wait for others, and are probed by a work item. */
	wait_for_device_probe();
	return ret;
}

void tree_depopulate(void)
{
	if (!container)
		return;
	of_platform_depopulate(container);
	put_device(container);
	container = NULL;
}

struct device *tree_device(const char *name)
{
	struct device_node *node = tree_node(name);
	struct platform_device *pdev = of_find_device_by_node(node);

	of_node_put(node);
	if (!pdev)
		return NULL;
	put_device(&pdev->dev);	/* the board keeps it */
	return &pdev->dev;
}
