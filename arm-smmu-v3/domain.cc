// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/domain.hpp"

#include <algorithm>

namespace smmu3 {
namespace {

core::Result<smmu_stage> choose_stage(const Features& features, smmu_stage wanted)
{
	if (wanted == SMMU_STAGE_ANY)
		return features.stage1 ? SMMU_STAGE_1 : SMMU_STAGE_2;
	if (wanted == SMMU_STAGE_1 ? features.stage1 : features.stage2)
		return wanted;
	return core::error(core::Errno::kInvalid);
}

smmu_pgtable describe_table(const Smmu& smmu, smmu_stage stage)
{
	const Features& features = smmu.features();
	smmu_pgtable table{};
	table.stage = stage;
	table.pgsize_bitmap = features.pgsize_bitmap;
	table.coherent_walk = features.coherent;
	if (stage == SMMU_STAGE_1) {
		table.ias = std::min<u32>(features.va52 ? 52 : 48, smmu.platform().va_bits);
		table.oas = features.ias_bits;
	} else {
		table.ias = features.ias_bits;
		table.oas = features.oas_bits;
	}
	return table;
}

}  // namespace

core::Result<core::Box<Domain>> Domain::create(Smmu& smmu, smmu_stage wanted, void* shim)
{
	const smmu_stage stage = TRY(choose_stage(smmu.features(), wanted));
	auto tag = TRY(OwnedTag::take(smmu, stage));
	auto table = TRY(PageTable::create(shim, smmu.dev(), describe_table(smmu, stage)));
	return core::make_box<Domain>(smmu, std::move(tag), std::move(table));
}

Domain::~Domain()
{
	// Nothing of this domain is in use before its number and its memory are used again.
	if (smmu_.unanswered().forget_all_of(tlbi_all(tag())))
		return;
	os_log(smmu_.dev(), OS_ERROR,
	       "leaking %s %u and its page table: the SMMU did not acknowledge an "
	       "invalidation and may still use them",
	       is_stage2() ? "VMID" : "ASID", tag_.number());
	tag_.leak();
	table_.leak();
}

void Domain::flush()
{
	(void)smmu_.commands().issue(std::array{tlbi_all(tag())});
}

void Domain::invalidate(u64 iova, u64 size, u64 granule, bool leaf_only)
{
	const TlbRange range{iova, size, granule, page_shift_, leaf_only};
	const bool ranges = smmu_.features().range_invalidation;
	if (!ranges && too_big_for_entries(range)) {
		flush();
		return;
	}

	Commands::ReadSection section;
	[[clang::uninitialized]] Commands::Batch batch(smmu_.commands(), section);
	auto added = ranges ? add_ranges(batch, tag(), range) : add_entries(batch, tag(), range);
	if (!added) {
		flush();
		return;
	}
	(void)batch.submit();
}

}  // namespace smmu3
