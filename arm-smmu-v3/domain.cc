// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/domain.hpp"

#include <algorithm>

namespace smmu3 {
namespace {

// A number from a pool, given back unless it is kept.
class TakenId {
public:
	TakenId(os_ids* ids, int id)
		: ids_(ids),
		  id_(id)
	{
	}
	TakenId(TakenId&& other)
		: ids_(std::exchange(other.ids_, nullptr)),
		  id_(other.id_)
	{
	}
	~TakenId()
	{
		if (ids_)
			os_ids_give(ids_, static_cast<u32>(id_));
	}

	static core::Result<TakenId> take(os_ids* ids, u32 bits)
	{
		// 0 is the VMID of stage 1 domains and nobody's ASID.
		const int id = os_ids_take(ids, 1, (1u << bits) - 1);
		TRY(core::from_errno(id));
		return TakenId(ids, id);
	}

	u16 keep()
	{
		ids_ = nullptr;
		return static_cast<u16>(id_);
	}

private:
	os_ids* ids_;
	int id_;
};

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
	const Features& features = smmu.features();
	const smmu_stage stage = TRY(choose_stage(features, wanted));
	const bool stage2 = stage == SMMU_STAGE_2;

	auto id = TRY(stage2 ? TakenId::take(smmu.vmids(), features.vmid_bits)
			     : TakenId::take(smmu.asids(), features.asid_bits));
	smmu_pgtable table = describe_table(smmu, stage);
	TRY(core::from_errno(smmu_shim_pgtable_alloc(shim, smmu.dev(), &table)));

	void* memory = os_alloc(sizeof(Domain));
	if (!memory) {
		smmu_shim_pgtable_free(shim);
		return core::error(core::Errno::kNoMemory);
	}
	const TlbTag tag = stage2         ? TlbTag{TlbTag::World::kStage2, 0, id.keep()}
			   : features.e2h ? TlbTag{TlbTag::World::kEl2, id.keep(), 0}
					  : TlbTag{TlbTag::World::kEl1, id.keep(), 0};
	return core::Box<Domain>(new (memory) Domain(smmu, tag, table, shim));
}

Domain::~Domain()
{
	// Nothing of this domain is in use before its number and its memory are used again.
	if (!smmu_.unanswered().forget_all_of(tlbi_all(tag_))) {
		os_log(smmu_.dev(), OS_ERROR,
		       "leaking %s %u and its page table: the SMMU did not acknowledge an "
		       "invalidation and may still use them",
		       is_stage2() ? "VMID" : "ASID", is_stage2() ? tag_.vmid : tag_.asid);
		return;
	}
	if (is_stage2())
		os_ids_give(smmu_.vmids(), tag_.vmid);
	else
		os_ids_give(smmu_.asids(), tag_.asid);
	smmu_shim_pgtable_free(shim_);
}

void Domain::flush()
{
	(void)smmu_.commands().issue(std::array{tlbi_all(tag_)});
}

void Domain::invalidate(u64 iova, u64 size, u64 granule, bool leaf_only)
{
	const TlbRange range{iova, size, granule, page_shift_, leaf_only};
	const bool ranges = smmu_.features().range_invalidation;
	if (!ranges && too_big_for_entries(range)) {
		flush();
		return;
	}

	[[clang::uninitialized]] Commands::Batch batch(smmu_.commands());
	auto added = ranges ? add_ranges(batch, tag_, range) : add_entries(batch, tag_, range);
	if (!added) {
		flush();
		return;
	}
	(void)batch.submit();
}

}  // namespace smmu3
