// SPDX-License-Identifier: GPL-2.0-only
// The time spent in each power state, and the durations of suspend and resume.
#pragma once

#include "arm-smmu-v3/core_inspect.h"
#include "core/atomic.hpp"

namespace smmu3 {

// Writers exclude each other: probe, PM callbacks, remove.
class PowerLog {
public:
	// Starts in SMMU_POWER_OFF.
	explicit PowerLog(device* dev)
		: dev_(dev)
	{
	}

	// Any context.
	//
	// ORDER: acquire; pairs with the release in enter().
	bool is(smmu_power_state state) const { return core::load_acquire(power_.state) == state; }
	void enter(smmu_power_state next);
	void note_rollback() { power_.rollbacks++; }
	smmu_power read() const;

private:
	void note_suspend(u64 took);
	void note_resume(u64 took);

	device* const dev_;
	smmu_power power_{};
};

}  // namespace smmu3
