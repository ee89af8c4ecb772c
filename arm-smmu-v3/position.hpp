// SPDX-License-Identifier: GPL-2.0-only
// Positions in a queue: free-running counters in software, an index with a wrap bit in hardware
// (IHI 0070 3.5.1).  Pure functions.
#pragma once

#include "os/types.h"

namespace smmu3 {

// A software position counts the entries since the queue was created, modulo 2^30.  The two bits
// above are flags in the producer word of the command queue; they are not written to a register.
constexpr u32 kPositionMask = (1u << 30) - 1;
constexpr u32 kStop = 1u << 30;   // the SMMU is or will be off: no command is entered
constexpr u32 kOwned = 1u << 31;  // an owner will publish the entered commands
constexpr u32 kJoin = 1u << 30;   // above cons: producers compete, they reserve in groups

constexpr u32 advance(u32 position, u32 entries)
{
	return (position + entries) & kPositionMask;
}

// The number of entries in [from, to).
constexpr u32 distance(u32 from, u32 to)
{
	return (to - from) & kPositionMask;
}

// The size of a queue: 2^log2 entries, log2 at most 19 (IDR1).
class QueueShape {
public:
	constexpr explicit QueueShape(u32 log2)
		: size_(1u << log2)
	{
	}

	constexpr u32 size() const { return size_; }
	constexpr u32 slot(u32 position) const { return position & (size_ - 1); }

	// The value of PROD or CONS: index and wrap bit.
	constexpr u32 to_hardware(u32 position) const { return position & (2 * size_ - 1); }

	// The position in [base, base + size] whose register value is `reported`.
	constexpr u32 from_hardware(u32 base, u32 reported) const
	{
		return advance(base, (reported - base) & (2 * size_ - 1));
	}

	// Whether there is room for `entries` more.
	constexpr bool has_space(u32 prod, u32 cons, u32 entries) const
	{
		return distance(cons, prod) + entries <= size_;
	}

	// Whether a consumer whose index is `reported` has consumed every entry before `end`.  True
	// is certain, since the consumer is at most a lap behind `end`.  False is not: the consumer
	// may be a lap ahead.
	constexpr bool passed(u32 end, u32 reported) const
	{
		return ((reported - end) & (2 * size_ - 1)) < size_;
	}
	// Whether prod is a lap or more ahead of `end`.  The slots are in use again then, so their
	// entries were consumed.
	constexpr bool lapped(u32 end, u32 prod) const { return distance(end, prod) >= size_; }
	// Either of them.  `prod` was read after `reported`.
	constexpr bool consumed(u32 end, u32 reported, u32 prod) const
	{
		return passed(end, reported) || lapped(end, prod);
	}

private:
	u32 size_;
};

}  // namespace smmu3
