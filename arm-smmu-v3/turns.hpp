// SPDX-License-Identifier: GPL-2.0-only
// The turns of producers that compete for the word of the command queue.  A producer takes a ticket;
// the next ticket is higher by its number of entries.  The producer whose ticket is that of served()
// has the turn.  It may reserve for all tickets in joined(), and ends its turn with serve().
#pragma once

#include "arm-smmu-v3/position.hpp"

namespace smmu3 {

// Every ticket below `ticket` is served.  The slots of the last group that reserved end at `end`.
struct Served {
	u32 end, ticket;

	constexpr bool includes(u32 taken) const { return ticket - taken - 1 < 1u << 31; }
	constexpr u32 position_of(u32 taken) const
	{
		return (end - (ticket - taken)) & kPositionMask;
	}
};

template <class P>
class Turns {
	template <typename T>
	using Atomic = typename P::template Atomic<T>;

public:
	u32 take(u32 entries) { return tickets_.fetch_add_relaxed(entries); }

	// The entries of all tickets from `ticket` on.
	// ORDER: acquire, so that the reservation comes after those that a joined CPU knows of (claim 37).
	u32 joined(u32 ticket) const { return tickets_.load_acquire() - ticket; }

	// ORDER: the reservation before what the others do with it; pairs with the acquire in served()
	// (claims 37 and 38).
	void serve(Served served)
	{
		served_.store_release(static_cast<u64>(served.ticket) << 32 | served.end);
	}
	Served served() const
	{
		const u64 raw = served_.load_acquire();
		return {static_cast<u32>(raw), static_cast<u32>(raw >> 32)};
	}

private:
	// Each on a cache line of its own: one is written by all, the other is read by those who wait.
	alignas(64) Atomic<u32> tickets_{0};
	alignas(64) Atomic<u64> served_{0};
};

}  // namespace smmu3
