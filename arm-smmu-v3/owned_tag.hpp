// SPDX-License-Identifier: GPL-2.0-only
// A TlbTag that owns its ASID or VMID.
#pragma once

#include "arm-smmu-v3/smmu.hpp"
#include "arm-smmu-v3/tlb.hpp"
#include "core/taken_id.hpp"

namespace smmu3 {

class OwnedTag {
public:
	// Sleeps.  kNoSpace, kNoMemory.
	static core::Result<OwnedTag> take(const Smmu& smmu, smmu_stage stage)
	{
		using World = TlbTag::World;
		const Features& features = smmu.features();
		if (stage == SMMU_STAGE_2)
			return OwnedTag(World::kStage2, {},
					TRY(TakenVmid::take(smmu.vmids(), features.vmid_bits)));
		return OwnedTag(features.e2h ? World::kEl2 : World::kEl1,
				TRY(TakenAsid::take(smmu.asids(), features.asid_bits)), {});
	}

	const TlbTag& tag() const { return tag_; }
	// The ASID, or the VMID at stage 2.
	u16 number() const
	{
		return tag_.world == TlbTag::World::kStage2 ? tag_.vmid.value() : tag_.asid.value();
	}
	// The number is never given back: the SMMU may still use it.
	void leak()
	{
		asid_.leak();
		vmid_.leak();
	}

private:
	using TakenAsid = core::TakenId<Asid>;
	using TakenVmid = core::TakenId<Vmid>;

	OwnedTag(TlbTag::World world, TakenAsid asid, TakenVmid vmid)
		: tag_{world, asid.get(), vmid.get()},
		  asid_(std::move(asid)),
		  vmid_(std::move(vmid))
	{
	}

	TlbTag tag_;
	TakenAsid asid_;
	TakenVmid vmid_;
};

}  // namespace smmu3
