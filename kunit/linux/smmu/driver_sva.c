// SPDX-License-Identifier: GPL-2.0-only
/* SVA as the IOMMU core and a process use it: client A has five bits of PASIDs. */
#include <linux/bottom_half.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "kunit/linux/common/compat_domains.h"
#include "kunit/linux/smmu/bench.h"
#include "kunit/linux/smmu/process.h"
#include "arm-smmu-v3/core.h"

#define PASID		3
#define VA		0x123456789000UL
#define C_BAD_CD	0x0a

/* ---- a process: four levels of 4K tables, written as arm64 does ---- */

#define LEVELS		4
#define DESC_TABLE	3UL
#define DESC_PAGE	(3UL | BIT(6) | 3UL << 8 | BIT(10) | BIT(11))	/* user, shareable, AF, nG */

static struct process {
	struct mm_struct *mm;
	struct page *tables[LEVELS];	/* from the first to the last */
	struct page *page;		/* at VA */
	struct mmu_notifier *notifier;
	bool put;			/* the notifier, which may still be called */
	struct smmu_process_tables use;
	int refusal;			/* of a notifier */
	bool exits;			/* in the next attach */
	bool exited_in_attach, exits_later;
} process;

bool smmu_describe_processes(struct smmu_process_tables *tables)
{
	*tables = process.use;
	return true;
}

u64 smmu_process_pgd(struct mm_struct *mm)
{
	return page_to_phys(process.tables[0]);
}

int test_notifier_register(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	if (process.refusal)
		return process.refusal;
	notifier->mm = mm;
	process.notifier = notifier;
	return 0;
}

void test_notifier_put(struct mmu_notifier *notifier)
{
	process.put = true;
}

/* What SRCU calls after a grace period. */
static void end_notifier(void)
{
	struct mmu_notifier *notifier = process.notifier;

	process.notifier = NULL;
	local_bh_disable();
	notifier->ops->free_notifier(notifier);
	local_bh_enable();
}

/* The process drops its own reference when the attach has one. */
bool test_mmget_not_zero(struct mm_struct *mm)
{
	return process.exits || atomic_inc_not_zero(&mm->mm_users);
}

void test_mmput(struct mm_struct *mm)
{
	process.exited_in_attach = atomic_dec_and_test(&mm->mm_users);
}

void test_mmput_async(struct mm_struct *mm)
{
	process.exits_later = atomic_dec_and_test(&mm->mm_users);
}

static u64 *entry(u32 level)
{
	u64 *table = page_address(process.tables[level]);

	return &table[VA >> (39 - 9 * level) & 511];
}

static void map(void)
{
	*entry(LEVELS - 1) = page_to_phys(process.page) | DESC_PAGE;
}

/* As the kernel does it. */
static void unmap(void)
{
	*entry(LEVELS - 1) = 0;
	process.notifier->ops->arch_invalidate_secondary_tlbs(process.notifier, process.mm, VA,
							      VA + SZ_4K);
}

static void exit_process(void)
{
	atomic_set(&process.mm->mm_users, 0);
	process.notifier->ops->release(process.notifier, process.mm);
}

static bool make_process(struct test_run *t)
{
	u32 level;

	process = (struct process){
		.mm	= kzalloc(sizeof(*process.mm), GFP_KERNEL),
		.page	= alloc_page(GFP_KERNEL | __GFP_ZERO),
		.use	= { .mair = 0xff, .page_shift = 12, .va_bits = 48, .pa_bits = 48 },
	};
	for (level = 0; level < LEVELS; level++)
		process.tables[level] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!EXPECT(t, process.mm && process.page && process.tables[LEVELS - 1]))
		return false;
	for (level = 0; level < LEVELS - 1; level++)
		*entry(level) = page_to_phys(process.tables[level + 1]) | DESC_TABLE;
	atomic_set(&process.mm->mm_users, 1);
	map();
	return true;
}

static void destroy_process(void)
{
	u32 level;

	for (level = 0; level < LEVELS; level++)
		__free_page(process.tables[level]);
	__free_page(process.page);
	kfree(process.mm);
}

/* ---- what iommu_sva_bind_device() does ---- */

static bool start(struct test_run *t, bool may_stall, bool power_domain)
{
	const u32 bits = 5, yes = 1;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_set("client-a", "pasid-num-bits", &bits, 1), 0) &&
	       (!may_stall || EXPECT_EQ(t, tree_set("client-a", "dma-can-stall", &yes, 1), 0)) &&
	       (!power_domain || EXPECT_EQ(t, board_add_power_domain(), 0)) && bench_populate(t) &&
	       make_process(t);
}

static struct iommu_domain *alloc(void)
{
	struct device *dev = board_client(BOARD_CLIENT_A);
	struct iommu_domain *domain = dev_iommu_ops(dev)->domain_alloc_sva(dev, process.mm);

	if (!IS_ERR(domain))
		domain->owner = dev_iommu_ops(dev);
	return domain;
}

static int attach(struct iommu_domain *domain)
{
	static struct iommu_attach_handle handle;

	return iommu_attach_device_pasid(domain, board_client(BOARD_CLIENT_A), PASID, &handle);
}

static void detach(struct iommu_domain *domain)
{
	iommu_detach_device_pasid(domain, board_client(BOARD_CLIENT_A), PASID);
}

static struct iommu_domain *bind(struct test_run *t)
{
	struct iommu_domain *domain = alloc();

	if (!EXPECT(t, !IS_ERR(domain)))
		return NULL;
	EXPECT_EQ(t, attach(domain), 0);
	return domain;
}

static void stop(struct test_run *t)
{
	smmu_sva_exit();
	bench_stop(t);
	destroy_process();
}

static void free_domain(struct test_run *t, struct iommu_domain *domain)
{
	domain->ops->free(domain);
	if (EXPECT(t, process.put))
		end_notifier();
}

static void unbind(struct test_run *t, struct iommu_domain *domain)
{
	detach(domain);
	free_domain(t, domain);
	stop(t);
}

static bool reaches(void)
{
	u64 pa;

	return smmu_model_translate_pasid(BOARD_SID_A, PASID, VA, &pa) &&
	       pa == page_to_phys(process.page);
}

static bool aborts(void)
{
	u64 pa;

	return !smmu_model_translate_pasid(BOARD_SID_A, PASID, VA, &pa);
}

/* ---- cases ---- */

static void device_uses_the_page_table_of_a_process(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	unmap();
	EXPECT(t, aborts());
	map();
	EXPECT(t, reaches());
	unbind(t, domain);
}

static void process_exits_before_it_is_unbound(struct test_run *t)
{
	struct iommu_domain *domain;
	u32 i;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	exit_process();
	for (i = 0; i < 10; i++)
		EXPECT(t, aborts());
	EXPECT_EQ(t, smmu_model_events(F_TRANSLATION), 0);
	EXPECT_EQ(t, smmu_model_events(C_BAD_CD), 0);
	detach(domain);
	EXPECT_EQ(t, attach(domain), -EINVAL);
	EXPECT(t, aborts());
	free_domain(t, domain);
	stop(t);
}

/* What a process releases when it exits may need a mutex that the attach has. */
static void process_does_not_exit_in_an_attach(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, false))
		return stop(t);
	domain = alloc();
	if (!EXPECT(t, !IS_ERR(domain)))
		return stop(t);
	process.exits = true;
	EXPECT_EQ(t, attach(domain), 0);
	EXPECT(t, !process.exited_in_attach && process.exits_later);
	exit_process();
	EXPECT(t, aborts());
	unbind(t, domain);
}

/* Readers of the list of notifiers may call it until a grace period has ended. */
static void notifier_is_called_after_the_domain_is_freed(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	detach(domain);
	domain->ops->free(domain);
	unmap();
	exit_process();
	end_notifier();
	stop(t);
}

static void obstacle_is_logged(struct test_run *t)
{
	if (!start(t, false, false))
		return stop(t);
	process.use.va_bits = 52;
	EXPECT_EQ(t, PTR_ERR_OR_ZERO(alloc()), -EOPNOTSUPP);
	EXPECT_EQ(t, test_log_count("can't share page tables of processes: their input addresses"), 1);
	stop(t);
}

static void notifier_may_be_refused(struct test_run *t)
{
	if (!start(t, false, false))
		return stop(t);
	process.refusal = -EINTR;
	EXPECT_EQ(t, PTR_ERR_OR_ZERO(alloc()), -EINTR);
	stop(t);
}

static void another_domain_takes_the_place_of_a_process(struct test_run *t)
{
	struct bench bench = { .t = t };
	struct iommu_domain *domain;
	u64 pa;

	if (!start(t, false, false))
		return stop(t);
	domain = bind(t);
	bench.client = board_client(BOARD_CLIENT_A);
	bench.domain = iommu_paging_domain_alloc(bench.client);
	bench.page = process.page;
	if (!EXPECT(t, !IS_ERR(bench.domain)))
		return unbind(t, domain);
	EXPECT_EQ(t, bench.domain->ops->set_dev_pasid(bench.domain, bench.client, PASID, domain),
		  0);
	EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
	EXPECT(t, smmu_model_translate_pasid(BOARD_SID_A, PASID, IOVA, &pa));
	exit_process();
	EXPECT(t, smmu_model_translate_pasid(BOARD_SID_A, PASID, IOVA, &pa));
	EXPECT(t, aborts());
	detach(domain);
	iommu_domain_free(bench.domain);
	free_domain(t, domain);
	stop(t);
}

/* ---- page faults ---- */

static struct iopf_group *group;

static int keep(struct iopf_group *faults)
{
	/* ORDER: the test that sees the group sees its faults: has_come(). */
	smp_store_release(&group, faults);
	return 0;
}

static bool has_come(void)
{
	return smp_load_acquire(&group); /* of keep() */
}

/* The IOMMU core sets its handler after the allocation. */
static void pages_are_faulted_in(struct test_run *t)
{
	struct iommu_domain *domain;
	u16 stag;

	if (!start(t, true, false))
		return stop(t);
	group = NULL;
	*entry(LEVELS - 1) = 0;
	domain = alloc();
	if (!EXPECT(t, !IS_ERR(domain)))
		return stop(t);
	domain->iopf_handler = keep;
	EXPECT_EQ(t, attach(domain), 0);
	bench_await_reports();
	EXPECT(t, smmu_model_stall(BOARD_SID_A, PASID, VA, &stag));
	EXPECT(t, wait_for(has_come));
	EXPECT_EQ(t, group->last_fault.fault.prm.addr, VA);
	EXPECT_EQ(t, group->last_fault.fault.prm.pasid, PASID);
	map();
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(group);
	EXPECT_EQ(t, smmu_model_stalled(stag), SMMU_STALLED_TRIES_AGAIN);
	EXPECT(t, reaches());
	unbind(t, domain);
}

/* ---- power ---- */

static void process_does_not_wake_the_smmu(struct test_run *t)
{
	struct iommu_domain *domain;

	if (!start(t, false, true))
		return stop(t);
	domain = bind(t);
	EXPECT(t, reaches());
	bench_suspend_clients(t);
	unmap();
	EXPECT(t, bench_is_off());
	bench_resume_clients(t);
	EXPECT(t, aborts());
	map();
	EXPECT(t, reaches());
	bench_suspend_clients(t);
	exit_process();
	EXPECT(t, bench_is_off());
	bench_resume_clients(t);
	EXPECT(t, aborts());
	unbind(t, domain);
}

TEST_SUITE(driver_sva, TEST_CASE(device_uses_the_page_table_of_a_process),
	   TEST_CASE(process_exits_before_it_is_unbound),
	   TEST_CASE(process_does_not_exit_in_an_attach),
	   TEST_CASE(notifier_is_called_after_the_domain_is_freed), TEST_CASE(obstacle_is_logged),
	   TEST_CASE(notifier_may_be_refused),
	   TEST_CASE(another_domain_takes_the_place_of_a_process),
	   TEST_CASE(pages_are_faulted_in), TEST_CASE(process_does_not_wake_the_smmu));
