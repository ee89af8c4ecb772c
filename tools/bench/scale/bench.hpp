// SPDX-License-Identifier: GPL-2.0-only
// What surrounds command queues: their memory, the caches, the SMMU.
#pragma once

#include <deque>
#include <span>

#include "tools/bench/scale/smmu.hpp"

namespace scale {

enum class Method { kMessage, kRegister };

// An algorithm that enters commands.
class Algorithm {
public:
	Algorithm() = default;
	Algorithm(const Algorithm&) = delete;
	Algorithm& operator=(const Algorithm&) = delete;
	virtual ~Algorithm() = default;

	// Called once, on a CPU, before the first issue().
	virtual void open() {}
	// Enter `commands`; with `sync` a CMD_SYNC behind them, and wait for it.  False: elided.
	virtual bool issue(std::span<const smmu3::Command> commands, bool sync) = 0;
	// A suspend and a resume.
	virtual void cycle_power() {}
};

constexpr u32 kLog2Entries = 15;
constexpr u32 kEntries = 1u << kLog2Entries;

struct Bench {
	Bench()
		: smmu(caches)
	{
		add_ring(kLog2Entries);
		current = this;
	}
	~Bench() { current = nullptr; }
	Bench(const Bench&) = delete;
	Bench& operator=(const Bench&) = delete;

	// The SMMU numbers the rings in this order.
	Ring& add_ring(u32 log2_entries)
	{
		Ring& ring = rings.emplace_back(caches, log2_entries);
		smmu.add_queue(ring);
		return ring;
	}
	Ring& ring() { return rings.front(); }
	// That of the CPU: the only one, or one of those behind the first.
	Ring& own_ring() { return rings.size() == 1 ? ring() : rings[1 + machine().cpu()]; }

	Caches caches;
	Smmu smmu;
	std::deque<Ring> rings;

	static inline Bench* current;
};

inline Bench& bench()
{
	return *Bench::current;
}

}  // namespace scale
