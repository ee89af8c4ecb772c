// SPDX-License-Identifier: GPL-2.0-only
// Positions in a queue: free-running counters in software, an index with a wrap bit in hardware
// (IHI 0070 3.5.1).  Everything here is pure.
#pragma once

#include "os/types.h"

namespace smmu3 {

// A software position counts entries since the queue was made, modulo 2^30.  The two bits above carry
// the flags of the command queue's producer word and never reach a register.
constexpr u32 kPositionMask = (1u << 30) - 1;
constexpr u32 kStop = 1u << 30;   // the SMMU is off, or about to be: enter nothing
constexpr u32 kOwned = 1u << 31;  // somebody will publish what is entered

constexpr u32 advance(u32 position, u32 entries)
{
	return (position + entries) & kPositionMask;
}

// How many entries lie in [from, to).
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

	// As PROD and CONS hold it: index and wrap bit.
	constexpr u32 to_hardware(u32 position) const { return position & (2 * size_ - 1); }

	// The position that hardware reports as `reported` and that lies in [base, base + size].
	constexpr u32 from_hardware(u32 base, u32 reported) const
	{
		return advance(base, (reported - base) & (2 * size_ - 1));
	}

	// Room for `entries` more.
	constexpr bool has_space(u32 prod, u32 cons, u32 entries) const
	{
		return distance(cons, prod) + entries <= size_;
	}

	// Whether the consumer has passed everything before `end`, given what it reported and a later
	// reading of prod.  A prod more than a lap ahead says so by itself: those slots are in use again.
	constexpr bool consumed(u32 end, u32 reported, u32 prod) const
	{
		if (distance(end, prod) >= size_)
			return true;
		return ((reported - end) & (2 * size_ - 1)) < size_;
	}

private:
	u32 size_;
};

}  // namespace smmu3
