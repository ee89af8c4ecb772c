// SPDX-License-Identifier: GPL-2.0-only
// PRI of a device (IHI 0070 8).  The caller enables it at the device after a grant, and disables it there before it is
// withdrawn.
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {

void Master::allow_page_requests(bool pasids)
{
	may_request_ = smmu_.info().takes_page_requests;
	state_.pasid_responses = pasids;
	pri_.pasids = pasids;
	if (may_request_)
		smmu_.page_requests().add(pri_);
}

bool Master::resolves_faults() const
{
	if (stalls_.resolved())
		return true;
	for (const Substream* pasid = pasids_.get(); pasid; pasid = pasid->next.get())
		if (pasid->stalls.resolved())
			return true;
	return false;
}

core::Result<> Master::grant_pri(u32 credits)
{
	if (!may_request_ || !uses_ats())
		return core::error(core::Errno::kInvalid);
	smmu_.page_requests().grant(pri_, credits);
	return {};
}

// What the function has requested before it was disabled is denied, or has been answered.
void Master::withdraw_pri()
{
	if (!may_request_ || !smmu_.page_requests().deny(pri_))
		return;
	smmu_.records().drain_recorded_page_requests();
	smmu_.stalls().abort_groups(dev_);
	smmu_.page_requests().withdraw(pri_);
}

}  // namespace smmu3
