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
	bool s1dss = false;                   // kBypass, kAbort: by a CD table's default
	bool may_stall = false;               // CDs say whether faults stall (IDR0.STALL_MODEL 0)
	bool resolves = false;                // kStage2: faults stall
	bool pasid_responses = false;         // to page requests with a PASID have it, too
	CdTableRef contexts{};                // kStage1, or with s1dss
	Vmid vmid{};                          // kStage2
	const smmu_pgtable* table = nullptr;  // kStage2
};

constexpr Ste ste_with_contexts(const MasterState& state, const Features& features)
{
	return make_stage1_ste(state.contexts, features.e2h ? StreamWorld::kEl2 : StreamWorld::kEl1,
			       features.stalls, state.may_stall)
		.with<Ste::PPAR>(state.pasid_responses)
		.with<Ste::EATS>(state.ats);
}

// With a CD table, S1DSS has the transactions without a PASID bypass or abort, and ATS is possible.
constexpr Ste ste_for(const MasterState& state, const Features& features)
{
	switch (state.config) {
	case SteConfig::kBypass:
		if (state.s1dss)
			return ste_with_contexts(state, features)
				.with<Ste::S1DSS>(S1Default::kBypass)
				.with<Ste::SHCFG>(features.shareability);
		return make_bypass_ste(features.shareability);
	case SteConfig::kStage1:
		return ste_with_contexts(state, features);
	case SteConfig::kStage2:
		return make_stage2_ste(state.vmid, *state.table, features.shareability,
				       features.stalls, state.resolves)
			.with<Ste::PPAR>(state.pasid_responses)
			.with<Ste::EATS>(state.ats);
	case SteConfig::kAbort:
		if (state.s1dss)
			return ste_with_contexts(state, features)
				.with<Ste::S1DSS>(S1Default::kTerminate);
		break;
	}
	return make_abort_ste();
}

}  // namespace smmu3
