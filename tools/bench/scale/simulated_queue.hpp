// SPDX-License-Identifier: GPL-2.0-only
// A command queue of smmuv3.ko in the simulation.
#pragma once

#include <bit>

#include "tools/bench/scale/platform.hpp"

namespace scale {

template <class P>
struct SimulatedQueue {
	using Queue = smmu3::CommandQueue<P>;

	// The SMMU's queue `number` in `ring`; `config` without its memory.
	SimulatedQueue(u32 number, Ring& ring, const smmu3::CommandQueueConfig& config)
		: mmio{number},
		  queue(mmio, in_ring(config, ring), marks_of(ring))
	{
		add_lines();
	}
	SimulatedQueue(const SimulatedQueue&) = delete;
	SimulatedQueue& operator=(const SimulatedQueue&) = delete;

	SimulatedMmio mmio;
	Queue queue;

private:
	using Ready = core::Array<SimulatedAtomic<u32>>;

	static smmu3::CommandQueueConfig in_ring(smmu3::CommandQueueConfig config, const Ring& ring)
	{
		config.slots = ring.slots;
		config.log2_entries = static_cast<u32>(std::countr_zero(ring.entries));
		return config;
	}

	static Ready marks_of(Ring& ring)
	{
		Ready ready = *Ready::allocate(ring.entries);
		ring.set_marks(reinterpret_cast<const u32*>(&ready[0]));
		return ready;
	}

	// The last lines of the queue are the word, `published` and the turns' number, the turns' four, and the
	// counters with the failed CMD_SYNCs.  What lies before them is never written.
	void add_lines()
	{
		constexpr size_t kLine = 64;
		static_assert(alignof(Queue) == kLine);
		char* end = reinterpret_cast<char*>(&queue + 1);
		Lines& lines = bench().caches.lines;
		lines.add(end - 9 * kLine, kLine, Holds::kWord);
		lines.add(end - 8 * kLine, kLine, Holds::kPublished);
		lines.add(end - 7 * kLine, kLine, Holds::kOther);
		lines.add(end - 6 * kLine, 4 * kLine, Holds::kServed);
		lines.add(end - 2 * kLine, 2 * kLine, Holds::kOther);
	}
};

}  // namespace scale
