// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/power_log.hpp"

#include <algorithm>

#include "os/os.h"

namespace smmu3 {

void PowerLog::enter(smmu_power_state next)
{
	const u64 now = os_now_ns();
	const u64 stay = now - power_.since_ns;
	const auto from = static_cast<smmu_power_state>(power_.state);

	power_.residency_ns[from] += stay;
	if (from == SMMU_POWER_DRAINING && next == SMMU_POWER_SUSPENDED)
		note_suspend(stay);
	if (from == SMMU_POWER_RESUMING && next == SMMU_POWER_ACTIVE)
		note_resume(stay);
	core::store_release(power_.state, next);  // ORDER: pairs with is()
	power_.since_ns = now;
	smmu_shim_trace_power(dev_, from, next);
}

void PowerLog::note_suspend(u64 took)
{
	power_.suspends++;
	power_.last_suspend_ns = took;
	power_.worst_suspend_ns = std::max(power_.worst_suspend_ns, took);
}

void PowerLog::note_resume(u64 took)
{
	power_.resumes++;
	power_.last_resume_ns = took;
	power_.worst_resume_ns = std::max(power_.worst_resume_ns, took);
}

smmu_power PowerLog::read() const
{
	smmu_power power = power_;
	power.now_ns = os_now_ns();
	return power;
}

}  // namespace smmu3
