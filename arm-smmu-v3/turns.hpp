// SPDX-License-Identifier: GPL-2.0-only
// The turns of producers that compete for the word of the command queue.  A producer takes a ticket;
// the next ticket is higher by its number of entries.  The producer whose ticket is that of served()
// has the turn.  It may reserve for all tickets in joined(), and ends its turn with serve().
#pragma once

#include <algorithm>

#include "arm-smmu-v3/position.hpp"

namespace smmu3 {

// Whether `ticket` is before `end`.
constexpr bool precedes(u32 ticket, u32 end)
{
	return end - ticket - 1 < 1u << 31;
}

// What one producer reserves, or a group: the entries without a shared CMD_SYNC, and how many
// producers share it.
struct Request {
	u32 entries, sharers;

	constexpr u32 slots() const { return entries + (sharers != 0); }
};

// Above its number: how many producers that share a CMD_SYNC have taken one before.
struct Ticket {
	u64 raw;

	constexpr u32 number() const { return static_cast<u32>(raw); }
};

// Every ticket below `ticket` is served.  The entries of the last group that reserved end at `end`.  If
// it shares a CMD_SYNC, that is there.
struct Served {
	u32 ticket, end;
	bool alone;  // that group was one producer

	constexpr bool includes(u32 taken) const { return precedes(taken, ticket); }
	constexpr u32 position_of(u32 taken) const
	{
		return (end - (ticket - taken)) & kPositionMask;
	}
	// If one of `entries` passes its turn on.
	constexpr Served after(u32 entries) const { return {ticket + entries, end, alone}; }

	static constexpr Served of(u64 raw)
	{
		const u32 high = static_cast<u32>(raw >> 32);
		return {static_cast<u32>(raw), high & kPositionMask, high >> 31 != 0};
	}
	constexpr u64 raw() const { return u64{u32{alone} << 31 | end} << 32 | ticket; }
};

template <class P>
class Turns {
	template <typename T>
	using Atomic = typename P::template Atomic<T>;

public:
	Ticket take(const Request& request)
	{
		return {tickets_.fetch_add_relaxed(u64{request.sharers} << 32 | request.entries)};
	}

	// The sum of all tickets from `ticket` on.
	// ORDER: acquire, so that the reservation comes after those that a joined CPU knows of (claim 37).
	Request joined(Ticket ticket) const
	{
		const u64 since = tickets_.load_acquire() - ticket.raw;
		return {static_cast<u32>(since), static_cast<u32>(since >> 32)};
	}

	// End the turn of the ticket `from`.
	// ORDER: the reservation before what the others do with it; pairs with the acquire in served()
	// (claims 37, 38 and 43).  The line of the next leader is the last one, so that nothing is
	// written after its turn has begun (claim 42).
	void serve(u32 from, const Served& served)
	{
		const u32 lines = served.ticket / kPerLine - from / kPerLine + 1;
		for (u32 back = std::min(lines, kLines); back--;)
			line_of(served.ticket - back * kPerLine).store_release(served.raw());
	}
	// As far as `ticket` needs it.
	Served served(Ticket ticket) const
	{
		return Served::of(line_of(ticket.number()).load_acquire());
	}

private:
	// Few tickets wait for the same line, so that not all CPUs fetch it at each turn.
	static constexpr u32 kLines = 4, kPerLine = 8;
	struct alignas(64) Line {
		Atomic<u64> served{0};
	};
	static constexpr u32 index(u32 ticket) { return ticket / kPerLine % kLines; }
	Atomic<u64>& line_of(u32 ticket) { return lines_[index(ticket)].served; }
	const Atomic<u64>& line_of(u32 ticket) const { return lines_[index(ticket)].served; }

	// Written by all.
	alignas(64) Atomic<u64> tickets_{0};
	Line lines_[kLines];
};

}  // namespace smmu3
