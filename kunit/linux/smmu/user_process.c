// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/smmu/user_process.h"

#include <linux/bottom_half.h>
#include <linux/slab.h>

#include "kunit/linux/common/compat_domains.h"

#define DESC_TABLE	3UL
#define DESC_PAGE	(3UL | BIT(6) | 3UL << 8 | BIT(10) | BIT(11))	/* user, shareable, AF, nG */

struct user_process user_process;

bool smmu_describe_processes(struct smmu_process_tables *tables)
{
	*tables = user_process.use;
	return true;
}

u64 smmu_process_pgd(struct mm_struct *mm)
{
	return page_to_phys(user_process.tables[0]);
}

int test_notifier_register(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	if (user_process.refusal)
		return user_process.refusal;
	notifier->mm = mm;
	user_process.notifier = notifier;
	return 0;
}

void test_notifier_put(struct mmu_notifier *notifier)
{
	user_process.put = true;
}

void user_process_end_notifier(void)
{
	struct mmu_notifier *notifier = user_process.notifier;

	user_process.notifier = NULL;
	local_bh_disable();
	notifier->ops->free_notifier(notifier);
	local_bh_enable();
}

/* The process drops its own reference when the attach has one. */
bool test_mmget_not_zero(struct mm_struct *mm)
{
	return user_process.exits || atomic_inc_not_zero(&mm->mm_users);
}

void test_mmput(struct mm_struct *mm)
{
	user_process.exited_in_attach = atomic_dec_and_test(&mm->mm_users);
}

void test_mmput_async(struct mm_struct *mm)
{
	user_process.exits_later = atomic_dec_and_test(&mm->mm_users);
}

u64 *user_process_entry(u32 level)
{
	u64 *table = page_address(user_process.tables[level]);

	return &table[USER_PROCESS_VA >> (39 - 9 * level) & 511];
}

void user_process_map(void)
{
	*user_process_entry(USER_PROCESS_LEVELS - 1) = page_to_phys(user_process.page) | DESC_PAGE;
}

void user_process_invalidate(size_t bytes)
{
	struct mmu_notifier *notifier = user_process.notifier;

	notifier->ops->arch_invalidate_secondary_tlbs(notifier, user_process.mm, USER_PROCESS_VA,
						      USER_PROCESS_VA + bytes);
}

/* As the kernel does it. */
void user_process_unmap(void)
{
	*user_process_entry(USER_PROCESS_LEVELS - 1) = 0;
	user_process_invalidate(SZ_4K);
}

void user_process_exit(void)
{
	atomic_set(&user_process.mm->mm_users, 0);
	user_process.notifier->ops->release(user_process.notifier, user_process.mm);
}

bool user_process_make(struct test_run *t)
{
	struct page **tables = user_process.tables;
	u32 level;

	user_process = (struct user_process){
		.mm	= kzalloc(sizeof(*user_process.mm), GFP_KERNEL),
		.page	= alloc_page(GFP_KERNEL | __GFP_ZERO),
		.use	= { .mair = 0xff, .page_shift = 12, .va_bits = 48, .pa_bits = 48 },
	};
	for (level = 0; level < USER_PROCESS_LEVELS; level++)
		tables[level] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!EXPECT(t, user_process.mm && user_process.page && tables[USER_PROCESS_LEVELS - 1]))
		return false;
	for (level = 0; level < USER_PROCESS_LEVELS - 1; level++)
		*user_process_entry(level) = page_to_phys(tables[level + 1]) | DESC_TABLE;
	user_process.mm->pgd = page_address(tables[0]);
	atomic_set(&user_process.mm->mm_users, 1);
	user_process_map();
	return true;
}

void user_process_destroy(void)
{
	u32 level;

	for (level = 0; level < USER_PROCESS_LEVELS; level++)
		__free_page(user_process.tables[level]);
	__free_page(user_process.page);
	kfree(user_process.mm);
}

struct iommu_domain *user_process_domain(void)
{
	struct device *dev = board_client(BOARD_CLIENT_A);
	struct iommu_domain *domain = dev_iommu_ops(dev)->domain_alloc_sva(dev, user_process.mm);

	if (IS_ERR(domain))
		return domain;
	domain->owner = dev_iommu_ops(dev);
	domain->mm = user_process.mm;
	return domain;
}
