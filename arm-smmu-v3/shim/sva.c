// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVA: domains with the page table of a process, which devices use by a PASID.  The kernel tells a notifier of the
 * process what it has removed from the page table, and when the process exits.
 */
#include <linux/llist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "paging.h"
#include "process.h"

/* Why an SMMU can't use the page tables of processes, or NULL. */
static const char *smmu_sva_obstacle(struct smmu *smmu, struct smmu_process_tables *tables)
{
	if (!SMMU_KERNEL_HAS_SVA)
		return "the kernel does not have CONFIG_IOMMU_SVA";
	if (!smmu_describe_processes(tables))
		return "the SMMU does not read this kernel's page tables";
	return smmu_core_process_obstacle(smmu->core, tables);
}

static bool smmu_sva_is_possible(struct device *dev, struct smmu_process_tables *tables)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	const char *obstacle;

	obstacle = client->has_pasids ? smmu_sva_obstacle(client->smmu, tables) :
					"it does not have PASIDs";
	if (obstacle && smmu_shim_may_log(client->smmu->dev, SMMU_LINE_SVA))
		dev_info(dev, "can't share page tables of processes: %s\n", obstacle);
	return !obstacle;
}

/**
 * smmu_sva_enable - iommu_ops.dev_enable_feat: enable SVA of a device
 * @dev: the device
 *
 * There is nothing to do before a process is bound.  Without page faults, the device uses pages that are present.
 *
 * Context: process context.
 * Return: 0, or -ENODEV if it is not possible (logged).
 */
int smmu_sva_enable(struct device *dev)
{
	struct smmu_process_tables tables;

	return smmu_sva_is_possible(dev, &tables) ? 0 : -ENODEV;
}

#if SMMU_KERNEL_HAS_SVA

/**
 * struct smmu_sva - a domain with the page table of a process
 * @head: its core object
 * @domain: the domain of the IOMMU core, behind @head as in struct smmu_paging
 * @notifier: of the process
 * @freed: in smmu_sva_freed
 */
struct smmu_sva {
	struct smmu_domain_head	head;
	struct iommu_domain	domain;
	struct mmu_notifier	notifier;
	struct llist_node	freed;
};

static_assert(offsetof(struct smmu_sva, domain) == sizeof(struct smmu_domain_head));

static struct smmu_sva *to_smmu_sva(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_sva, domain);
}

/**
 * smmu_sva_invalidate - mmu_notifier_ops.arch_invalidate_secondary_tlbs: invalidate a range
 * @notifier: of a process that devices share the page table of
 * @mm: the process
 * @start: the first address
 * @end: the first one behind the range; 0 to ~0 is everything
 *
 * Context: any.
 */
static void smmu_sva_invalidate(struct mmu_notifier *notifier, struct mm_struct *mm,
				unsigned long start, unsigned long end)
{
	struct smmu_sva *sva = container_of(notifier, struct smmu_sva, notifier);

	smmu_core_flush_range(sva->head.core, start, end - start);
}

/**
 * smmu_sva_release - mmu_notifier_ops.release: let DMA abort, since the process exits
 * @notifier: of the process
 * @mm: the process
 *
 * An attach of the domain holds a reference to the process, and does not run meanwhile.
 *
 * Context: process context; without the mutex of a group.
 */
static void smmu_sva_release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct smmu_sva *sva = container_of(notifier, struct smmu_sva, notifier);

	smmu_core_domain_quieten(sva->head.core);
}

/* Domains whose notifier is not called any more.  To destroy one sleeps. */
static LLIST_HEAD(smmu_sva_freed);

static void smmu_sva_destroy_freed(struct work_struct *work)
{
	struct smmu_sva *sva, *next;

	llist_for_each_entry_safe(sva, next, llist_del_all(&smmu_sva_freed), freed) {
		smmu_core_domain_destroy(sva->head.core);
		kfree(sva);
	}
}

static DECLARE_WORK(smmu_sva_destroyer, smmu_sva_destroy_freed);

/**
 * smmu_sva_free_notifier - mmu_notifier_ops.free_notifier: destroy a domain later
 * @notifier: its notifier, which is not called any more
 *
 * Context: softirqs are off.
 */
static void smmu_sva_free_notifier(struct mmu_notifier *notifier)
{
	struct smmu_sva *sva = container_of(notifier, struct smmu_sva, notifier);

	llist_add(&sva->freed, &smmu_sva_freed);
	schedule_work(&smmu_sva_destroyer);
}

static const struct mmu_notifier_ops smmu_sva_notifier_ops = {
	.arch_invalidate_secondary_tlbs	= smmu_sva_invalidate,
	.release			= smmu_sva_release,
	.free_notifier			= smmu_sva_free_notifier,
};

/**
 * smmu_sva_flush - wait until the domains that were freed have been destroyed
 *
 * Context: process context.
 */
void smmu_sva_flush(void)
{
	mmu_notifier_synchronize();
	flush_work(&smmu_sva_destroyer);
}

/**
 * smmu_sva_attach - iommu_domain_ops.set_dev_pasid: let a device use a process
 * @domain: the domain of the process
 * @dev: the device
 * @pasid: the PASID
 * @old: the domain that it is attached to, or NULL
 *
 * If the process drops its last reference meanwhile, it exits in a worker: the caller has the mutex of the group, and
 * may have others, which what is released with a process may take.
 *
 * Context: process context; the group's mutex is held.
 * Return: as smmu_pasid_attach(); -EINVAL also if the process exits.
 */
int smmu_sva_attach(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		    struct iommu_domain *old)
{
	struct mm_struct *mm = to_smmu_sva(domain)->notifier.mm;
	int ret;

	if (!mmget_not_zero(mm))
		return -EINVAL;
	ret = smmu_pasid_enter(domain, dev, pasid, old);
	mmput_async(mm);
	return ret;
}

/**
 * smmu_sva_free - iommu_domain_ops.free: free a domain without devices
 * @domain: the domain
 *
 * Does not wait for notifiers, of which ->release of another driver may wait for a mutex of the caller.
 *
 * Context: process context.
 */
static void smmu_sva_free(struct iommu_domain *domain)
{
	mmu_notifier_put(&to_smmu_sva(domain)->notifier);
	module_put(THIS_MODULE);	/* smmu_sva_flush() waits */
}

SMMU_DEFINE_SET_DEV_PASID(smmu_sva_attach)

static const struct iommu_domain_ops smmu_sva_ops = {
	SMMU_OPS_SET_DEV_PASID(smmu_sva_attach)
	.free	= smmu_sva_free,
};

static int smmu_sva_init(struct smmu_sva *sva, struct smmu *smmu,
			 const struct smmu_process_tables *tables, struct mm_struct *mm)
{
	int ret;

	ret = smmu_core_domain_create_process(smmu->core, tables, smmu_process_pgd(mm),
					      &sva->head.core);
	if (ret)
		return ret;
	sva->domain.type = IOMMU_DOMAIN_SVA;
	sva->domain.ops = &smmu_sva_ops;
	sva->domain.pgsize_bitmap = PAGE_SIZE;
	sva->notifier.ops = &smmu_sva_notifier_ops;
	ret = mmu_notifier_register(&sva->notifier, mm);
	if (ret)
		smmu_core_domain_destroy(sva->head.core);
	return ret;
}

/**
 * smmu_sva_alloc - iommu_ops.domain_alloc_sva: allocate a domain for a process
 * @dev: the first device that uses it
 * @mm: the process, which does not exit meanwhile
 *
 * Context: process context.
 * Return: the domain, or an ERR_PTR(): -EOPNOTSUPP if the SMMU of @dev can't use the page table (logged), -ENOMEM,
 * -EINTR.
 */
struct iommu_domain *smmu_sva_alloc(struct device *dev, struct mm_struct *mm)
{
	struct smmu_client *client = dev_iommu_priv_get(dev);
	struct smmu_process_tables tables;
	struct smmu_sva *sva;
	int ret;

	if (!smmu_sva_is_possible(dev, &tables))
		return ERR_PTR(-EOPNOTSUPP);
	sva = kzalloc(sizeof(*sva), GFP_KERNEL);
	if (!sva)
		return ERR_PTR(-ENOMEM);
	ret = smmu_sva_init(sva, client->smmu, &tables, mm);
	if (ret) {
		kfree(sva);
		return ERR_PTR(ret);
	}
	__module_get(THIS_MODULE);	/* a domain may outlive its devices */
	return &sva->domain;
}

#else

void smmu_sva_flush(void)
{
}

#endif
