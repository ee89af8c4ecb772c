// SPDX-License-Identifier: GPL-2.0-only
// The memory of a command queue.
#pragma once

#include "arm-smmu-v3/command.hpp"
#include "tools/bench/scale/caches.hpp"

namespace scale {

class Ring {
public:
	Ring(Caches& the_caches, u32 log2_entries)
		: entries(1u << log2_entries),
		  slots(new (std::align_val_t{64}) smmu3::Command[entries]{}),
		  caches_(the_caches)
	{
		caches_.lines.add(slots, entries * sizeof(smmu3::Command), Holds::kSlots);
	}
	~Ring() { ::operator delete[](slots, std::align_val_t{64}); }
	Ring(const Ring&) = delete;
	Ring& operator=(const Ring&) = delete;

	// The time of the CPU's stores to `count` slots from `start` on.
	void touch_slots(u32 start, u32 count)
	{
		constexpr u32 kPerLine = 4;
		for (u32 i = 0; i < count; i++)
			if (i == 0 || (start + i) % kPerLine == 0)
				caches_.touch(&slots[(start + i) % entries]);
	}

	// The ready marks of its slots.
	void set_marks(const u32* marks)
	{
		first_mark_ = marks;
		caches_.lines.add(marks, entries * sizeof(*marks), Holds::kMarks);
	}
	u32 index_of_mark(const u32* mark) const { return static_cast<u32>(mark - first_mark_); }

	const u32 entries;
	smmu3::Command* const slots;

private:
	Caches& caches_;
	const u32* first_mark_ = nullptr;
};

}  // namespace scale
