// SPDX-License-Identifier: GPL-2.0-only
/*
 * The group of each device.
 *
 * A group in a DMA domain needs a context, and a root has few.  Without a context, a device is not translated or,
 * since Linux 7.2, fails the registration of its leaf.  Therefore a root has no more groups than contexts: the last
 * group is shared by all devices that are added later, behind any leaf of the root.  If owners of groups (VFIO) hold
 * the last contexts, later devices join a group that is translated.
 */
#include <linux/module.h>

#include "shim/choice.h"
#include "shim/client.h"
#include "shim.h"

enum { ISOLATION_UTLB, ISOLATION_IPMMU };
static const char *const ipmmu_isolation_words[] = { "utlb", "ipmmu", NULL };
static struct shim_choice isolation = { ipmmu_isolation_words };
module_param_cb(isolation, &shim_choice_ops, &isolation, 0444);
MODULE_PARM_DESC(isolation,
		 "Devices in one group: those that share a micro-TLB (utlb, default), or all behind an IPMMU (ipmmu, needs fewer contexts)");

static DEFINE_MUTEX(ipmmu_group_lock);

/* Of all IPMMUs.  The group of a client exists while the client is listed. */
static LIST_HEAD(ipmmu_group_clients);

/**
 * ipmmu_groups_add - add a client before it gets a group
 * @client: the client, with its IPMMU
 * @dev: its device
 *
 * Context: process context.
 */
void ipmmu_groups_add(struct ipmmu_client *client, struct device *dev)
{
	client->dev = dev;
	mutex_lock(&ipmmu_group_lock);
	list_add_tail(&client->node, &ipmmu_group_clients);
	mutex_unlock(&ipmmu_group_lock);
}

/**
 * ipmmu_groups_remove - remove a client before it leaves its group
 * @client: the client
 *
 * Context: process context.
 */
void ipmmu_groups_remove(struct ipmmu_client *client)
{
	mutex_lock(&ipmmu_group_lock);
	list_del(&client->node);
	mutex_unlock(&ipmmu_group_lock);
}

/**
 * ipmmu_note_use - record what a client is attached to
 * @client: the client
 * @ret: the result of the attach; nothing is recorded after an error
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
static struct ipmmu_client *ipmmu_first_of(struct ipmmu *root, struct iommu_group *group)
{
	struct ipmmu_client *client;

	list_for_each_entry(client, &ipmmu_group_clients, node)
		if (client->ipmmu->root == root && client->dev->iommu_group == group)
			return client;
	return NULL;
}

static bool ipmmu_is_first(struct ipmmu *root, const struct ipmmu_client *client)
{
	return client->dev->iommu_group && ipmmu_first_of(root, client->dev->iommu_group) == client;
}

static u32 ipmmu_count_groups(struct ipmmu *root)
{
	struct ipmmu_client *client;
	u32 count = 0;

	list_for_each_entry(client, &ipmmu_group_clients, node)
		count += ipmmu_is_first(root, client);
	return count;
}

/* Those that have had no domain yet. */
static u32 ipmmu_count_new_groups(struct ipmmu *root)
{
	struct ipmmu_client *client;
	u32 count = 0;

	list_for_each_entry(client, &ipmmu_group_clients, node)
		count += ipmmu_is_first(root, client) && READ_ONCE(client->use) == IPMMU_NEW;
	return count;
}

/*
 * The number of groups for which the root still has contexts.  Owners of groups may have allocated domains.  When an
 * IPMMU is registered, Linux 7.2 forms the groups of all its devices before it allocates their domains.
 */
static u32 ipmmu_groups_left(struct ipmmu *root)
{
	u32 domains = ipmmu_core_info(root->core)->domains;
	u32 taken = max(ipmmu_count_groups(root),
			ipmmu_core_domains(root->core) + ipmmu_count_new_groups(root));

	return domains > taken ? domains - taken : 0;
}

/* With a reference; NULL if no device is in it. */
static struct iommu_group *ipmmu_find_shared_group(struct ipmmu *root)
{
	struct ipmmu_client *client;

	list_for_each_entry(client, &ipmmu_group_clients, node)
		if (client->ipmmu->root == root && client->shares && client->dev->iommu_group)
			return iommu_group_ref_get(client->dev->iommu_group);
	return NULL;
}

static struct iommu_group *ipmmu_find_leafs_group(struct ipmmu *ipmmu)
{
	struct ipmmu_client *client;

	list_for_each_entry(client, &ipmmu_group_clients, node)
		if (client->ipmmu == ipmmu && client->dev->iommu_group)
			return iommu_group_ref_get(client->dev->iommu_group);
	return NULL;
}

/* The client whose group is the best to join, or NULL if none is translated. */
static struct ipmmu_client *ipmmu_find_translated(struct ipmmu *root)
{
	enum ipmmu_use best = IPMMU_UNTRANSLATED;
	struct ipmmu_client *client, *found = NULL;

	list_for_each_entry(client, &ipmmu_group_clients, node) {
		enum ipmmu_use use = READ_ONCE(client->use);

		if (client->ipmmu->root != root || !client->dev->iommu_group || use <= best)
			continue;
		found = client;
		best = use;
	}
	return found;
}

/*
 * A group with a context, if there is no shared group and no context for one.  In a group that VFIO owns, the device
 * is translated, and the IOMMU core binds no driver to it.
 */
static struct iommu_group *ipmmu_join_translated(struct ipmmu_client *client)
{
	struct ipmmu *root = client->ipmmu->root;
	struct ipmmu_client *other = ipmmu_find_translated(root);

	if (!other) {
		dev_err(client->dev, "no context left in %s and no group to join, DMA is not translated\n",
			dev_name(root->dev));
		return NULL;
	}
	if (READ_ONCE(other->use) == IPMMU_OWNED)
		dev_warn(client->dev, "joins group %d, no driver binds until its owner releases it\n",
			 iommu_group_id(other->dev->iommu_group));
	return iommu_group_ref_get(other->dev->iommu_group);
}

/* The group to join, with a reference; NULL if the client keeps its own. */
static struct iommu_group *ipmmu_find_group_to_join(struct ipmmu_client *client)
{
	struct ipmmu *root = client->ipmmu->root;
	struct iommu_group *shared = ipmmu_find_shared_group(root);

	if (shared)
		return shared;
	if (!ipmmu_groups_left(root))
		return ipmmu_join_translated(client);
	dev_info(client->dev, "later devices behind %s share its address space: %u groups use all contexts\n",
		 dev_name(root->dev), ipmmu_count_groups(root) + 1);
	return NULL;
}

/* A group for which the root has a context: @group, or an existing one. */
static struct iommu_group *ipmmu_afford_group(struct ipmmu_client *client,
					      struct iommu_group *group)
{
	struct ipmmu *root = client->ipmmu->root;
	struct iommu_group *shared;

	if (ipmmu_first_of(root, group) || ipmmu_groups_left(root) > 1)
		return group;
	shared = ipmmu_find_group_to_join(client);
	client->shares = true;
	if (!shared)
		return group;
	dev_info(client->dev, "joins a shared group: no context left in %s\n",
		 dev_name(root->dev));
	iommu_group_put(group);
	return shared;
}

static bool ipmmu_shares(const struct ipmmu_client *client, const struct ipmmu_client *other)
{
	return other != client && other->dev->iommu_group &&
	       ipmmu_core_masters_share(client->master, other->master);
}

/*
 * The group on the client's micro-TLBs, without a reference; NULL if there is none.  A micro-TLB has one translation,
 * so a client on those of two groups can be in neither.  Any errno but -ENODEV would fail the registration of the
 * IPMMU since Linux 7.2.
 */
static struct iommu_group *ipmmu_find_sharers_group(struct ipmmu_client *client)
{
	struct iommu_group *group = NULL;
	struct ipmmu_client *other;

	list_for_each_entry(other, &ipmmu_group_clients, node) {
		if (!ipmmu_shares(client, other) || group == other->dev->iommu_group)
			continue;
		if (group) {
			dev_err(client->dev, "shares micro-TLBs with groups %d and %d, which translate it\n",
				iommu_group_id(group), iommu_group_id(other->dev->iommu_group));
			return ERR_PTR(-ENODEV);
		}
		group = other->dev->iommu_group;
	}
	return group;
}

static struct iommu_group *ipmmu_find_own_group(struct ipmmu_client *client)
{
	struct iommu_group *group = NULL;

	if (isolation.value == ISOLATION_IPMMU)
		group = ipmmu_find_leafs_group(client->ipmmu);
	if (group)
		return group;
	return shim_device_group(client->dev);
}

static struct iommu_group *ipmmu_find_group(struct ipmmu_client *client)
{
	struct iommu_group *group = ipmmu_find_own_group(client);

	return IS_ERR(group) ? group : ipmmu_afford_group(client, group);
}

/**
 * ipmmu_device_group - iommu_ops.device_group: find or allocate the group of a device
 * @dev: the device
 *
 * Devices on one micro-TLB share a group.  If a root has one context, all devices do.
 *
 * Context: process context.
 * Return: the group with a reference, or an ERR_PTR(); -ENODEV if the device is in no group, and is not added (logged).
 */
struct iommu_group *ipmmu_device_group(struct device *dev)
{
	struct ipmmu_client *client = dev_iommu_priv_get(dev);
	struct iommu_group *group;

	mutex_lock(&ipmmu_group_lock);
	group = ipmmu_find_sharers_group(client);
	if (!group)
		group = ipmmu_find_group(client);
	else if (!IS_ERR(group))
		iommu_group_ref_get(group);
	mutex_unlock(&ipmmu_group_lock);
	return group;
}
