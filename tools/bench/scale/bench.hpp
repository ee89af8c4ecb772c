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
	// Enter `commands`; with `sync` a CMD_SYNC behind them, and wait for it.  False: elided.
	virtual bool issue(std::span<const smmu3::Command> commands, bool sync) = 0;
	// A suspend and a resume.
	virtual void cycle_power() {}
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

	// The time of the CPU's stores to `count` slots from `start` on.
	void touch_slots(u32 start, u32 count)
	{
		constexpr u32 kPerLine = 4;
		for (u32 i = 0; i < count; i++)
			if (i == 0 || (start + i) % kPerLine == 0)
				caches.touch(&slots[(start + i) % kEntries]);
	}
	// The slot whose ready mark is at `mark`.
	u32 index_of_mark(const void* mark) const
	{
		return static_cast<u32>(static_cast<const u32*>(mark) -
					static_cast<const u32*>(first_mark));
	}

	Caches caches;
	smmu3::Command* slots;
	const void* first_mark = nullptr;
	Smmu smmu;

	static inline Bench* current;
};

inline Bench& bench()
{
	return *Bench::current;
}

}  // namespace scale
