// SPDX-License-Identifier: GPL-2.0-only
// The Enhanced Command queues of smmuv3.ko, one for each CPU.  The SMMU's own queue stays stopped and leaves its
// commands to them.
#pragma once

#include <deque>

#include "tools/bench/scale/simulated_queue.hpp"

namespace scale {

struct EnhancedPlatform : SimulatedPlatform {
	using Further = smmu3::NoFurtherQueues;
};

class EnhancedQueues {
public:
	EnhancedQueues(u32 cpus, smmu3::CommandQueueConfig config);

	void open();
	core::Result<smmu3::Outcome> issue(SimulatedPlatform::ReadSection& section,
					   std::span<const smmu3::Command> commands,
					   smmu3::Completion completion)
	{
		return queues_[machine().cpu()].queue.issue(section, commands, completion);
	}

private:
	std::deque<SimulatedQueue<EnhancedPlatform>> queues_;
};

}  // namespace scale
