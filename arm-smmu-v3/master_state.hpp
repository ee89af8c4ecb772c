// SPDX-License-Identifier: GPL-2.0-only
// What the STEs of a device depend on.
#pragma once

#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/ste.hpp"

namespace smmu3 {

// The translation of transactions without a SubstreamID, and where it is described.
struct MasterState {
	SteConfig config = SteConfig::kAbort;
	Ats ats = Ats::kOff;
	CdTableRef contexts{};                // kStage1
	Vmid vmid{};                          // kStage2
	const smmu_pgtable* table = nullptr;  // kStage2
};

constexpr Ste ste_for(const MasterState& state, const Features& features)
{
	switch (state.config) {
	case SteConfig::kBypass:
		return make_bypass_ste(features.shareability);
	case SteConfig::kStage1:
		return make_stage1_ste(state.contexts,
				       features.e2h ? StreamWorld::kEl2 : StreamWorld::kEl1,
				       features.stalls)
			.with<Ste::EATS>(state.ats);
	case SteConfig::kStage2:
		return make_stage2_ste(state.vmid, *state.table, features.shareability,
				       features.stalls)
			.with<Ste::EATS>(state.ats);
	case SteConfig::kAbort:
		break;
	}
	return make_abort_ste();
}

}  // namespace smmu3
