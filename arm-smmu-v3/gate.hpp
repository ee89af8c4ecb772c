// SPDX-License-Identifier: GPL-2.0-only
// The word of a command queue, {prod, cons} with STOP.  It shows without any command being built
// whether the SMMU is off.
//
// P is the platform (cmdq.hpp).
#pragma once

#include "arm-smmu-v3/position.hpp"

namespace smmu3 {

// A value of the word.
struct Word {
	u32 prod, cons;

	static constexpr Word of(u64 raw)
	{
		return {static_cast<u32>(raw), static_cast<u32>(raw >> 32)};
	}
	constexpr u64 raw() const { return static_cast<u64>(cons) << 32 | prod; }

	constexpr bool stopped() const { return prod & kStop; }
	constexpr bool owned() const { return prod & kOwned; }
	constexpr bool joined() const { return cons & kJoin; }
	constexpr u32 position() const { return prod & kPositionMask; }
	constexpr u32 consumed() const { return cons & kPositionMask; }
};

template <class P>
struct Gate {
	constexpr explicit Gate(u64 raw)
		: word(raw)
	{
	}

	bool stopped() const { return word.load_relaxed() & kStop; }

	// Whether issue() would elide commands for the writes made so far.  For a caller that has
	// found stopped() and has not built the commands yet.  Guarantee 5 of the queue holds.  Any
	// context.
	//
	// ORDER: the caller's earlier writes (PTE, STE, CD) before this second read of STOP.  Pairs
	// with the barrier in open(), which comes before SMMUEN=1: either STOP is clear here, or
	// the SMMU, once enabled, sees the writes.
	bool confirm_stopped() const
	{
		P::dma_mb();
		return stopped();
	}

	typename P::template Atomic<u64> word;
	u64 elided = 0;  // a statistic, not atomic
};

}  // namespace smmu3
