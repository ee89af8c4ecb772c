// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/smmu/handled.h"

struct kept_faults kept;

static u32 awaited;

void kept_forget(void)
{
	kept = (struct kept_faults){ };
}

int kept_keep(struct iopf_group *group)
{
	if (kept.refusal)
		return kept.refusal;
	kept.groups[kept.number] = group;
	/* ORDER: the test that sees the count sees the group: have_come(). */
	smp_store_release(&kept.number, kept.number + 1);
	return 0;
}

static bool have_come(void)
{
	return smp_load_acquire(&kept.number) == awaited; /* of kept_keep() */
}

bool kept_come(u32 number)
{
	awaited = number;
	return wait_for(have_come);
}

void kept_answer(u32 which, enum iommu_page_response_code code)
{
	iopf_group_response(kept.groups[which], code);
	iopf_free_group(kept.groups[which]);
}

bool handled_make(struct handled *handled)
{
	struct bench *bench = &handled->bench;

	bench->client = board_client(BOARD_CLIENT_A);
	bench->domain = iommu_paging_domain_alloc(bench->client);
	if (!EXPECT(bench->t, !IS_ERR(bench->domain)))
		return false;
	bench->domain->iopf_handler = kept_keep;
	bench->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return EXPECT(bench->t, bench->page);
}

void handled_free(struct handled *handled)
{
	iommu_domain_free(handled->bench.domain);
	__free_page(handled->bench.page);
}

bool handled_enter(struct handled *handled)
{
	struct bench *bench = &handled->bench;
	const bool entered = EXPECT_EQ(bench->t,
				       iommu_attach_group_handle(bench->domain,
								 bench->client->iommu_group,
								 &handled->handle), 0);

	bench_await_reports();
	return entered;
}

void handled_leave(struct handled *handled)
{
	struct bench *bench = &handled->bench;

	iommu_detach_group_handle(bench->domain, bench->client->iommu_group);
}
