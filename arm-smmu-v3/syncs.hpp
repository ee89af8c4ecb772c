// SPDX-License-Identifier: GPL-2.0-only
// The CMD_SYNCs of a command queue: the command, and the wait for its completion.
//
// P is the platform (cmdq.hpp).
#pragma once

#include "arm-smmu-v3/cmdq_config.hpp"
#include "arm-smmu-v3/gate.hpp"
#include "arm-smmu-v3/position.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "arm-smmu-v3/turns.hpp"
#include "core/result.hpp"
#include "core/wait.hpp"

namespace smmu3 {

// The CMD_SYNC of one producer, at `position`.
struct OwnSync {
	u32 position;
};
// That of a group, for the member that has `ticket`.
struct SharedSync {
	u32 position, ticket;
};

template <class P>
class Syncs {
	template <typename T>
	using Atomic = typename P::template Atomic<T>;

public:
	static constexpr u64 kTimeoutNs = 1000 * core::kNsPerMs;
	// Each message in its own cache line, so that CPUs don't wait for each other's completions.
	static constexpr u32 kMessageStride = 128;
	// One for each CPU and one for groups.
	static constexpr u64 message_bytes(u32 cpus) { return (u64{cpus} + 1) * kMessageStride; }

	Syncs(typename P::Mmio& mmio, const CommandQueueConfig& config, const Gate<P>& gate)
		: mmio_(mmio),
		  config_(config),
		  shape_(config.log2_entries),
		  gate_(gate)
	{
	}

	// The CMD_SYNC at `position` that the CPU waits for.
	Command command(u32 position);
	// That of a group whose tickets end at `end`.
	Command shared_command(u32 end) const;
	// For the leader of the tickets from `from` to `to`, before it ends its turn.
	void keep_near(u32 from, u32 to);
	// Wait until it has completed.  kTimedOut: not within kTimeoutNs.
	template <class Sync>
	[[gnu::always_inline]] core::Result<> wait(Sync sync);

	// Look for errors if it is time, and set the next time.
	void attend(u64 now, u64& at);
	// Wait between two looks at the SMMU.
	void pause();

private:
	// The number of looks at CONS for each look at the word.
	static constexpr u32 kLooksPerLapTest = 64;

	// How many tickets there are between two looks at the message of groups.
	static constexpr u32 kManyTickets = 1u << 24;
	// More tickets than are taken while one is waited for (kTimeoutNs).  A turn without room takes
	// tickets, too, so that the queue does not bound them.
	static constexpr u32 kLongAgo = 1u << 30;

	template <class Sync>
	[[gnu::noinline]] core::Result<> wait_long(Sync sync);
	bool done(OwnSync sync);
	bool done(SharedSync sync);
	bool missed(u32 position, u32 looks, bool last_look) const;
	bool passed(u32 end) const;
	bool consumed(u32 end) const;
	Command with_message(u32 word, u32 value) const
	{
		return sync_msi(config_.messages_bus + u64{word} * kMessageStride, value);
	}
	Command without_message() const
	{
		return sync(config_.method == SyncMethod::kEvent ? SyncSignal::kSev
								 : SyncSignal::kNone);
	}
	Atomic<u32>& message(u32 word);

	typename P::Mmio& mmio_;
	const CommandQueueConfig config_;
	const QueueShape shape_;
	const Gate<P>& gate_;
};

template <class P>
Command Syncs<P>::command(u32 position)
{
	if (config_.method != SyncMethod::kMessage)
		return without_message();
	const u32 cpu = P::cpu();
	message(cpu).store_relaxed(0);
	return with_message(cpu, position | kOwned);
}

template <class P>
Command Syncs<P>::shared_command(u32 end) const
{
	if (config_.method != SyncMethod::kMessage)
		return without_message();
	return with_message(config_.cpus, end);
}

// The message of groups is the ticket before which all have completed.  It only grows: a CMD_SYNC
// completes the messages of those before it (3.18.1).  It is never cleared, so that no group takes
// anything from a member of an earlier one that looks late.
//
// If no group shares a CMD_SYNC for 2^31 tickets, or if messages are lost, tickets overtake it and it
// seems to be ahead of them.  So each leader that crosses a multiple of kManyTickets brings it up to a
// value that no producer waits for.  A message that is on its way is higher.
// ORDER: before serve(), and so before those behind look at it (claim 43).
template <class P>
void Syncs<P>::keep_near(u32 from, u32 to)
{
	if (!config_.shares_syncs || config_.method != SyncMethod::kMessage ||
	    (from ^ to) < kManyTickets)
		return;
	Atomic<u32>& word = message(config_.cpus);
	u32 seen = word.load_relaxed();
	if (precedes(seen, from - kLongAgo))
		word.cas_relaxed(seen, from - kLongAgo);
}

template <class P>
template <class Sync>
core::Result<> Syncs<P>::wait(Sync sync)
{
	// Most complete within a few looks, before the clock is read.
	for (int look = 0; look < 16; look++) {
		if (done(sync)) [[likely]]
			return {};
		P::cpu_relax();
	}
	return wait_long(sync);
}

template <class P>
template <class Sync>
core::Result<> Syncs<P>::wait_long(Sync sync)
{
	const u64 start = P::now_ns();
	u64 next_attend = start + P::kAttendNs;
	for (u32 looks = 1;; looks++) {
		const u64 now = P::now_ns();
		const bool last_look = now >= start + kTimeoutNs;
		if (done(sync) || missed(sync.position, looks, last_look))
			return {};
		if (last_look)
			return core::error(core::Errno::kTimedOut);
		attend(now, next_attend);
		pause();
	}
}

// Limited by time, because a look for errors reads two more registers.
template <class P>
void Syncs<P>::attend(u64 now, u64& at)
{
	if (now < at)
		return;
	config_.attend(config_.owner);
	at = now + P::kAttendNs;
}

template <class P>
void Syncs<P>::pause()
{
	if (config_.method == SyncMethod::kEvent)
		P::wait_for_event();
	else
		P::cpu_relax();
}

// ORDER: accesses after it come after those of the SMMU for the commands: acquire of the message,
// or dma_rmb() after the read of CONS.
template <class P>
bool Syncs<P>::done(OwnSync sync)
{
	if (config_.method == SyncMethod::kMessage)
		return message(P::cpu()).load_acquire() == (sync.position | kOwned);
	return passed(advance(sync.position, 1));
}

template <class P>
bool Syncs<P>::done(SharedSync sync)
{
	if (config_.method == SyncMethod::kMessage)
		return precedes(sync.ticket, message(config_.cpus).load_acquire());
	return passed(advance(sync.position, 1));
}

// A completion that done() does not detect: a message that is lost, at the last look; a CONS that has
// lapped the slot.  That look reads the word, for which other CPUs compete: with events, which limit
// the looks, at each, else at some only.
template <class P>
bool Syncs<P>::missed(u32 position, u32 looks, bool last_look) const
{
	const bool lap_test =
		config_.method == SyncMethod::kEvent ||
		(config_.method == SyncMethod::kRegister && looks % kLooksPerLapTest == 0);
	return (last_look || lap_test) && consumed(advance(position, 1));
}

// Whether CONS is past every entry before `end`.  May be false if CONS is a lap or more ahead.
template <class P>
bool Syncs<P>::passed(u32 end) const
{
	return shape_.passed(end, mmio_.template read<CMDQ_CONS>().template get<CMDQ_CONS::RD>());
}

// ORDER: CONS is read before prod, so that its value for the slot is at most a lap old.  prod is
// read before the next accesses of the caller, because it may be what shows the completion
// (acquire).
template <class P>
bool Syncs<P>::consumed(u32 end) const
{
	return passed(end) || shape_.lapped(end, Word::of(gate_.word.load_acquire()).position());
}

template <class P>
typename Syncs<P>::template Atomic<u32>& Syncs<P>::message(u32 word)
{
	// SAFETY: the array has kMessageStride zeroed bytes for each word and is only accessed here.
	return *reinterpret_cast<Atomic<u32>*>(reinterpret_cast<char*>(config_.messages) +
					       u64{word} * kMessageStride);
}

}  // namespace smmu3
