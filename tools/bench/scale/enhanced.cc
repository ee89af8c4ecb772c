// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/enhanced.hpp"

namespace scale {

EnhancedQueues::EnhancedQueues(u32 cpus, smmu3::CommandQueueConfig config)
{
	constexpr u32 kLog2PerCpu = 8;  // as in arm-smmu-v3/ecmdq_set.cc
	config.shares_syncs = false;
	for (u32 cpu = 0; cpu < cpus; cpu++)
		queues_.emplace_back(1 + cpu, bench().add_ring(kLog2PerCpu), config);
}

void EnhancedQueues::open()
{
	for (auto& each : queues_)
		each.queue.open();
}

}  // namespace scale
