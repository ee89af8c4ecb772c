// SPDX-License-Identifier: GPL-2.0-only
// A suspend with a resume, submissions, and the SMMU: each on a CPU of its own, in every interleaving.
#pragma once

#include "kunit/host/stepped_platform.hpp"
#include "kunit/base/test.hpp"

namespace stepping {

struct Plan {
	u32 producers, commands, batches, deviations;
	bool roll_back = false;
	SyncMethod method = SyncMethod::kRegister;
	bool grouped = false;
	bool errors = false;
	bool own_syncs = false;
};

constexpr Plan kOne{.producers = 1, .commands = 1, .batches = 1, .deviations = 3};
// Each batch and its CMD_SYNC take half the queue, or three quarters: the second finds it full.
constexpr Plan kFull{.producers = 2, .commands = 2, .batches = 1, .deviations = 2};
// A batch without CMD_SYNC, and one with it.
constexpr Plan kAsync{.producers = 1, .commands = 1, .batches = 2, .deviations = 2};
constexpr Plan kTwo{.producers = 2, .commands = 1, .batches = 1, .deviations = 2};

// Without CMD_SYNC, so that the queue has room for three.
constexpr Plan kThree{.producers = 3, .commands = 1, .batches = 2, .deviations = 1};

constexpr Plan in_groups(Plan plan)
{
	plan.grouped = true;
	return plan;
}

// The first command of all fails once, on an ECMDQ.
constexpr Plan with_an_error(Plan plan)
{
	plan.errors = true;
	return plan;
}

constexpr Plan with_deviations(Plan plan, u32 deviations)
{
	plan.deviations = deviations;
	return plan;
}

constexpr Plan rolled_back(Plan plan)
{
	plan.roll_back = true;
	return plan;
}

// The first thing that breaks, or nullptr when no interleaving breaks anything.  With STEPS in the environment
// it says how many it has tried.
const char* explore(const Plan& plan, Without without, u64* runs = nullptr);

}  // namespace stepping
