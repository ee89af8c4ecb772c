// SPDX-License-Identifier: GPL-2.0-only
// Stalled transactions and page requests of a device.  Where a domain resolves faults, they are offered to it from
// report_stalls() after its attach until the next attach or detach begins to change the tables.
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {

void Master::allow_stalls()
{
	state_.may_stall = smmu_.features().stalls == StallModel::kOptional;
}

bool Master::resolves(const Domain& domain) const
{
	return may_stall() && domain.resolves_faults();
}

Cd Master::make_cd(Asid asid, const Domain& domain) const
{
	return make_stage1_cd(asid, domain.table(), smmu_.features().stalls, resolves(domain));
}

// Before a CD or an STE points to `domain`.  Between its first transaction and the end of the attach, the handler of the
// domain before is what a fault would be offered to.
void Master::begin_stalls(StallSource& source, const Domain& domain, const TlbTag& tag)
{
	if (may_fault() && domain.resolves_faults())
		smmu_.stalls().resolve(source, tag);
	else
		smmu_.stalls().ignore(source);
}

// Once no CD and no STE points to the domain before: the CMD_SYNC of that change has made all its records visible, and
// a transaction without a record is tried again under what is in force (4.7.3).  A page request may come later, and is
// denied, or is one of the next domain.
void Master::end_stalls(StallSource& source)
{
	if (!may_fault())
		return;
	if (may_stall())
		smmu_.records().drain_recorded_events();
	if (may_request_)
		smmu_.records().drain_recorded_page_requests();
	smmu_.stalls().abort(source);
}

// The same where no domain takes the place of that.
void Master::end_stalls_for_good(StallSource& source)
{
	smmu_.stalls().ignore(source);
	end_stalls(source);
}

void Master::report_stalls()
{
	if (!may_fault())
		return;
	smmu_.stalls().report(stalls_);
	for (Substream* pasid = pasids_.get(); pasid; pasid = pasid->next.get())
		smmu_.stalls().report(pasid->stalls);
}

// CMD_STALL_TERM is for streams that abort (4.7.2).  Others try again, and bypass.
void Master::end_all_stalls()
{
	end_stalls_for_good(stalls_);
	for (Substream* pasid = pasids_.get(); pasid; pasid = pasid->next.get())
		end_stalls_for_good(pasid->stalls);
	for (u32 i = 0; may_stall() && i < claimed_; i++)
		if (smmu_.streams().aborts(sids_[i]))
			smmu_.stalls().terminate(sids_[i]);
}

}  // namespace smmu3
