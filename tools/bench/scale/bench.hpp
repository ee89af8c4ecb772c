// SPDX-License-Identifier: GPL-2.0-only
// What surrounds a command queue: its memory, the caches, the SMMU.
#pragma once

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
	// Enter `commands`; with `sync` a CMD_SYNC behind them, and wait for it.
	virtual void issue(std::span<const smmu3::Command> commands, bool sync) = 0;
};

struct Bench {
	Bench()
		: slots(new (std::align_val_t{64}) smmu3::Command[kEntries]{}),
		  smmu(caches, slots)
	{
		caches.lines.add(slots, kEntries * sizeof(smmu3::Command), Holds::kSlots);
		current = this;
	}
	~Bench()
	{
		current = nullptr;
		::operator delete[](slots, std::align_val_t{64});
	}
	Bench(const Bench&) = delete;
	Bench& operator=(const Bench&) = delete;

	// The time of the CPU's stores to the slots of [start, end).
	void touch_slots(u32 start, u32 end)
	{
		constexpr u32 kPerLine = 4;
		for (u32 at = start; at != end; at = smmu3::advance(at, 1))
			if (at == start || at % kPerLine == 0)
				caches.touch(&slots[at % kEntries]);
	}

	Caches caches;
	smmu3::Command* slots;
	Smmu smmu;

	static inline Bench* current;
};

inline Bench& bench()
{
	return *Bench::current;
}

}  // namespace scale
