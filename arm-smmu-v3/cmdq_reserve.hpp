// SPDX-License-Identifier: GPL-2.0-only
// How a producer gets slots of the command queue: alone, in a group, or after a wait for room.
// The second part of cmdq.hpp, which includes it at its end.
#pragma once

#include <utility>

namespace smmu3 {

// The cmpxchg is the point of commitment.  A producer that succeeds with STOP clear in `seen` must fill
// its slots, and suspend waits for it.  A producer that finds STOP set has reserved nothing.
template <class P>
bool CommandQueue<P>::reserve(Word seen, u32 entries, u32 cons)
{
	u64 raw = seen.raw();
	const Word next{advance(seen.position(), entries) | kOwned, cons};
	return gate_.word.cas_relaxed(raw, next.raw());
}

// Succeeds if no other producer competes and the queue is neither stopped nor full.
template <class P>
bool CommandQueue<P>::reserve_at_once(u32 entries, Slots& slots)
{
	const Word seen = load();
	if (seen.stopped() || seen.joined() || !has_space(seen, entries)) [[unlikely]]
		return false;
	if (!reserve(seen, entries, seen.cons)) [[unlikely]]
		return false;
	slots = Slots::at(seen, entries);
	return true;
}

// One more attempt alone, then in groups.  kElided: STOP is set.
template <class P>
core::Result<Outcome> CommandQueue<P>::reserve_slowly(const Request& request, ReadSection& section,
						      Place& place)
{
	const u32 slots = request.slots();
	for (bool alone = true;;) {
		const Word seen = load();
		if (seen.stopped()) {
			if (gate_.confirm_stopped())
				return Outcome::kElided;
		} else if (!has_space(seen, slots)) {
			TRY(make_room(slots, section));
		} else if ((std::exchange(alone, false) && reserve_at_once(slots, place.slots)) ||
			   join(request, place)) {
			return Outcome::kIssued;
		}
	}
}

// Wait for the turn, or until another producer has reserved for this one too.  A producer that waits
// here holds no slots and has interrupts off.  The one that has the turn waits neither for the others
// nor for the SMMU.
template <class P>
bool CommandQueue<P>::join(const Request& request, Place& place)
{
	const Ticket ticket = turns_.take(request);
	for (;;) {
		const Served served = turns_.served(ticket);
		if (served.ticket == ticket.number())
			return lead(request, ticket, served, place);
		if (served.includes(ticket.number())) {
			const u32 start = served.position_of(ticket.number());
			place.slots = {start, advance(start, request.entries), false};
			if (request.sharers)
				place.sync = SharedSync{served.end, ticket.number()};
			return true;
		}
		P::cpu_relax();
	}
}

// Reserve for all that have joined, or alone if there is no room for all.  With STOP set, or without
// any room, pass the turn on: each of the others leaves, or makes room, by itself.
template <class P>
bool CommandQueue<P>::lead(const Request& mine, Ticket ticket, const Served& last, Place& place)
{
	wait_until_published(last.end);
	for (bool refreshed = false;;) {
		const Word seen = load();
		const Request all = turns_.joined(ticket);
		const bool fits = has_space(seen, all.slots());
		// STOP was found clear in the section, as in make_room().
		if (!seen.stopped() && !fits && !std::exchange(refreshed, true)) {
			refresh_cons(seen);
			continue;
		}
		const Request& group = fits ? all : mine;
		if (seen.stopped() || !has_space(seen, group.slots())) {
			pass_turn(last, last.after(mine.entries));
			return false;
		}
		// Producers stop competing when two leaders in a row were alone.
		const bool compete = all.entries > mine.entries || !last.alone;
		if (reserve(seen, group.slots(), seen.consumed() | (compete ? kJoin : 0))) {
			place = end_turn(seen, group, mine, last);
			return true;
		}
	}
}

// `group` is reserved at `seen`.  The first entries are those of the leader.
template <class P>
typename CommandQueue<P>::Place CommandQueue<P>::end_turn(Word seen, const Request& group,
							  const Request& mine, const Served& last)
{
	const bool alone = group.entries == mine.entries;
	const Served served{last.ticket + group.entries, advance(seen.position(), group.entries),
			    alone};
	Place place{Slots::at(seen, alone ? mine.slots() : mine.entries), {}};
	if (!alone && group.sharers) {
		enter_shared_sync(served);
		if (mine.sharers)
			place.sync = SharedSync{served.end, last.ticket};
	}
	pass_turn(last, served);
	return place;
}

// It follows the entries of the group, and is marked as if it were another producer's.
template <class P>
void CommandQueue<P>::enter_shared_sync(const Served& served)
{
	fill(served.end, syncs_.shared_command(served.ticket));
	// ORDER: as in enter().
	ready_[shape_.slot(served.end)].store_release(1);
}

template <class P>
void CommandQueue<P>::pass_turn(const Served& last, const Served& served)
{
	syncs_.keep_near(last.ticket, served.ticket);
	turns_.serve(last.ticket, served);
}

// Wait until every member of the group that ends at `end` has read its position.  It has if its
// commands are published.  No producer with unpublished slots waits for a turn.
// ORDER: `published` before prod, which is then not behind it.  The acquire comes before serve(), which
// overwrites what the members read; pairs with the release of `published`, through gather() (claim 36).
template <class P>
void CommandQueue<P>::wait_until_published(u32 end)
{
	for (;;) {
		const u32 published = published_.load_acquire();
		const u32 unpublished = distance(published, load().position());
		// Positions wrap: an old `end` can look unpublished, but only until all is published.
		if (distance(published, end) - 1 >= unpublished)
			return;
		P::cpu_relax();
	}
}

// Waits until the SMMU has consumed enough.  Interrupts are enabled between two looks.
template <class P>
core::Result<> CommandQueue<P>::make_room(u32 entries, ReadSection& section)
{
	u32 looks = 0;
	Word seen = load();
	const u64 start = P::now_ns();
	u64 next_attend = start + P::kAttendNs;
	for (u64 deadline = start + kTimeoutNs;;) {
		const u64 time = P::now_ns();
		const bool last_look = time >= deadline;
		// Checked in the section before each read of a register: suspend sets STOP and then
		// waits for all sections.
		const Word now = load();
		if (now.stopped() || has_space(now, entries))
			return {};
		if (now.consumed() != seen.consumed()) {
			seen = now;
			deadline = P::now_ns() + kTimeoutNs;
		} else if (last_look) {
			return core::error(core::Errno::kTimedOut);
		}
		// A statistic, which may lose counts.  The first look at CONS often finds room and
		// is not counted.
		if (looks++ == 1)
			times_full_.store_relaxed(times_full_.load_relaxed() + 1);
		refresh_cons(now);
		syncs_.attend(time, next_attend);
		section.breathe();
	}
}

// ORDER: CONS is read before the cmpxchg that releases slots for reuse (dma_rmb() in Mmio::read()):
// a slot is overwritten after the SMMU has fetched it and after gather() has cleared its mark.
// Release: pairs with the acquire in consumed(), through the reservations in between (claim 10).
template <class P>
void CommandQueue<P>::refresh_cons(Word seen)
{
	const u32 reported = mmio_.template read<CMDQ_CONS>().template get<CMDQ_CONS::RD>();
	const u32 cons = shape_.from_hardware(seen.cons, reported);
	u64 expected = seen.raw();
	gate_.word.cas_release(expected, Word{seen.prod, cons}.raw());
}

}  // namespace smmu3
