// SPDX-License-Identifier: GPL-2.0-only
// How long an SMMU has been in each power state, and how long the ways between them took.
#pragma once

#include "arm-smmu-v3/core.h"
#include "core/atomic.hpp"

namespace smmu3 {

// One writer at a time: probe, PM callbacks, remove.
class PowerLog {
public:
	// Off.
	explicit PowerLog(device* dev)
		: dev_(dev)
	{
	}

	// Any context.
	//
	// ORDER: what comes before enter() comes before what follows a look that finds its state.
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
