// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: which devices have an address space together.
 *
 * A group in a DMA domain needs a context, and a root has few.  A device that found none would be left without its
 * IPMMU, or, since Linux 7.2, fail the registration of the whole leaf.  So groups are never more than contexts: the
 * last one is shared by all devices that come after it, behind any leaf of the root.  If owners of groups (VFIO)
 * have taken the last contexts, later devices join a group that is translated.
 */
#include <linux/module.h>

#include "shim/choice.h"
#include "shim/client.h"
#include "shim.h"

enum { ISOLATION_UTLB, ISOLATION_IPMMU };
static const char *const isolation_words[] = { "utlb", "ipmmu", NULL };
static struct os_choice isolation = { isolation_words };
module_param_cb(isolation, &os_choice_ops, &isolation, 0444);
MODULE_PARM_DESC(isolation,
		 "Devices that get their own address space: those with a micro-TLB of their own (utlb, default), or all behind an IPMMU together (ipmmu: needs fewer contexts)");

static DEFINE_MUTEX(clients_lock);
static LIST_HEAD(clients);	/* of all IPMMUs; a client's group is there for as long as it is listed */

/**
 * ipmmu_groups_add - know a client; it gets a group next
 * @client: the client, with its IPMMU
 * @dev: its device
 *
 * Context: process context.
 */
void ipmmu_groups_add(struct ipmmu_client *client, struct device *dev)
{
	client->dev = dev;
	mutex_lock(&clients_lock);
	list_add_tail(&client->node, &clients);
	mutex_unlock(&clients_lock);
}

/**
 * ipmmu_groups_remove - forget a client, which is still in its group
 * @client: the client
 *
 * Context: process context.
 */
void ipmmu_groups_remove(struct ipmmu_client *client)
{
	mutex_lock(&clients_lock);
	list_del(&client->node);
	mutex_unlock(&clients_lock);
}

/**
 * ipmmu_note_use - remember what a client is attached to
 * @client: the client
 * @ret: whether the attach succeeded; else nothing has changed
 * @use: what it is attached to
 *
 * Context: process context; the group's mutex is held.
 * Return: @ret.
 */
int ipmmu_note_use(struct ipmmu_client *client, int ret, enum ipmmu_use use)
{
	if (!ret)
		WRITE_ONCE(client->use, use);
	return ret;
}

/* The first client of a root that is in @group, or NULL. */
static struct ipmmu_client *first_of(struct ipmmu *root, struct iommu_group *group)
{
	struct ipmmu_client *client;

	list_for_each_entry(client, &clients, node)
		if (client->ipmmu->root == root && client->dev->iommu_group == group)
			return client;
	return NULL;
}

static u32 count_groups(struct ipmmu *root)
{
	struct ipmmu_client *client;
	u32 count = 0;

	list_for_each_entry(client, &clients, node)
		if (client->dev->iommu_group)
			count += first_of(root, client->dev->iommu_group) == client;
	return count;
}

/* How many more groups the root has contexts for.  Owners of groups may have domains, too. */
static u32 groups_left(struct ipmmu *root)
{
	u32 domains = ipmmu_core_info(root->core)->domains;
	u32 taken = max(count_groups(root), ipmmu_core_domains(root->core));

	return domains > taken ? domains - taken : 0;
}

/* With a reference; NULL when nobody is in it. */
static struct iommu_group *find_shared(struct ipmmu *root)
{
	struct ipmmu_client *client;

	list_for_each_entry(client, &clients, node)
		if (client->ipmmu->root == root && client->shares && client->dev->iommu_group)
			return iommu_group_ref_get(client->dev->iommu_group);
	return NULL;
}

static struct iommu_group *find_leafs(struct ipmmu *ipmmu)
{
	struct ipmmu_client *client;

	list_for_each_entry(client, &clients, node)
		if (client->ipmmu == ipmmu && client->dev->iommu_group)
			return iommu_group_ref_get(client->dev->iommu_group);
	return NULL;
}

/* The client whose group is the best one to join, or NULL when all have physical addresses. */
static struct ipmmu_client *find_translated(struct ipmmu *root)
{
	enum ipmmu_use best = IPMMU_UNTRANSLATED;
	struct ipmmu_client *client, *found = NULL;

	list_for_each_entry(client, &clients, node) {
		enum ipmmu_use use = READ_ONCE(client->use);

		if (client->ipmmu->root != root || !client->dev->iommu_group || use <= best)
			continue;
		found = client;
		best = use;
	}
	return found;
}

/*
 * A group with a context, if there is no shared one and no context left for it.  In a group that VFIO owns the
 * device is translated, and the IOMMU core binds no driver to it.
 */
static struct iommu_group *join_translated(struct ipmmu_client *client)
{
	struct ipmmu *root = client->ipmmu->root;
	struct ipmmu_client *other = find_translated(root);

	if (!other) {
		dev_err(client->dev, "no context is left in %s and no group to share one with: DMA is not translated\n",
			dev_name(root->dev));
		return NULL;
	}
	if (READ_ONCE(other->use) == IPMMU_OWNED)
		dev_warn(client->dev, "joins group %d, no driver binds until its owner releases it\n",
			 iommu_group_id(other->dev->iommu_group));
	return iommu_group_ref_get(other->dev->iommu_group);
}

/* The group to join, with a reference; NULL when the client keeps its own. */
static struct iommu_group *find_group_to_join(struct ipmmu_client *client)
{
	struct ipmmu *root = client->ipmmu->root;
	struct iommu_group *shared = find_shared(root);

	if (shared)
		return shared;
	if (!groups_left(root))
		return join_translated(client);
	dev_info(client->dev, "devices behind %s that come later share its address space: %u groups use up the contexts\n",
		 dev_name(root->dev), count_groups(root) + 1);
	return NULL;
}

/* One that the client's root has a context for: @group, or one that is there. */
static struct iommu_group *afford(struct ipmmu_client *client, struct iommu_group *group)
{
	struct ipmmu *root = client->ipmmu->root;
	struct iommu_group *shared;

	if (first_of(root, group) || groups_left(root) > 1)
		return group;
	shared = find_group_to_join(client);
	client->shares = true;
	if (!shared)
		return group;
	dev_info(client->dev, "shares an address space: no context is left in %s\n",
		 dev_name(root->dev));
	iommu_group_put(group);
	return shared;
}

static struct iommu_group *find_own(struct ipmmu_client *client)
{
	struct iommu_group *group = NULL;

	if (isolation.value == ISOLATION_IPMMU)
		group = find_leafs(client->ipmmu);
	if (group)
		return group;
	return os_device_group(client->dev);
}

/**
 * ipmmu_device_group - iommu_ops.device_group: which devices can't be told apart
 * @dev: the device
 *
 * Devices on one micro-TLB share a group, and where there is one context all devices do.
 *
 * Context: process context.
 * Return: the group with a reference, or an ERR_PTR().
 */
struct iommu_group *ipmmu_device_group(struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	struct device *sharer = ipmmu_core_master_sharer(client->master);
	struct iommu_group *group = sharer ? iommu_group_get(sharer) : NULL;

	if (group)
		return group;
	mutex_lock(&clients_lock);
	group = find_own(client);
	if (!IS_ERR(group))
		group = afford(client, group);
	mutex_unlock(&clients_lock);
	return group;
}
