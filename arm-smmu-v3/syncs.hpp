// SPDX-License-Identifier: GPL-2.0-only
// The CMD_SYNCs of a command queue: the command, and the wait for its completion.
//
// P is the platform (cmdq.hpp).
#pragma once

#include "arm-smmu-v3/cmdq_config.hpp"
#include "arm-smmu-v3/gate.hpp"
#include "arm-smmu-v3/position.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "core/result.hpp"
#include "core/wait.hpp"

namespace smmu3 {

template <class P>
class Syncs {
	template <typename T>
	using Atomic = typename P::template Atomic<T>;

public:
	static constexpr u64 kTimeoutNs = 1000 * core::kNsPerMs;
	// Each message in its own cache line, so that CPUs don't wait for each other's completions.
	static constexpr u32 kMessageStride = 128;

	Syncs(typename P::Mmio& mmio, const CommandQueueConfig& config, const Gate<P>& gate)
		: mmio_(mmio),
		  config_(config),
		  shape_(config.log2_entries),
		  gate_(gate)
	{
	}

	// The CMD_SYNC at `position` that the CPU waits for.
	Command command(u32 position);
	// Wait until it has completed.  kTimedOut: not within kTimeoutNs.
	[[gnu::always_inline]] core::Result<> wait(u32 position);

	// Look for errors if it is time, and set the next time.
	void attend(u64 now, u64& at);
	// Wait between two looks at the SMMU.
	void pause();

private:
	// The number of looks at CONS for each look at the word.
	static constexpr u32 kLooksPerLapTest = 64;

	[[gnu::noinline]] core::Result<> wait_long(u32 position);
	bool done(u32 position);
	bool missed(u32 position, u32 looks, bool last_look) const;
	bool passed(u32 end) const;
	bool consumed(u32 end) const;
	Atomic<u32>& message(u32 cpu);

	typename P::Mmio& mmio_;
	const CommandQueueConfig config_;
	const QueueShape shape_;
	const Gate<P>& gate_;
};

template <class P>
Command Syncs<P>::command(u32 position)
{
	if (config_.method == SyncMethod::kMessage) {
		const u32 cpu = P::cpu();
		message(cpu).store_relaxed(0);
		return sync_msi(config_.messages_bus + u64{cpu} * kMessageStride,
				position | kOwned);
	}
	return sync(config_.method == SyncMethod::kEvent ? SyncSignal::kSev : SyncSignal::kNone);
}

template <class P>
core::Result<> Syncs<P>::wait(u32 position)
{
	// Most complete within a few looks, before the clock is read.
	for (int look = 0; look < 16; look++) {
		if (done(position)) [[likely]]
			return {};
		P::cpu_relax();
	}
	return wait_long(position);
}

template <class P>
core::Result<> Syncs<P>::wait_long(u32 position)
{
	const u64 start = P::now_ns();
	u64 next_attend = start + P::kAttendNs;
	for (u32 looks = 1;; looks++) {
		const u64 now = P::now_ns();
		const bool last_look = now >= start + kTimeoutNs;
		if (done(position) || missed(position, looks, last_look))
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
bool Syncs<P>::done(u32 position)
{
	if (config_.method == SyncMethod::kMessage)
		return message(P::cpu()).load_acquire() == (position | kOwned);
	return passed(advance(position, 1));
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
typename Syncs<P>::template Atomic<u32>& Syncs<P>::message(u32 cpu)
{
	// SAFETY: the array has kMessageStride zeroed bytes for each CPU and is only accessed here.
	return *reinterpret_cast<Atomic<u32>*>(reinterpret_cast<char*>(config_.messages) +
					       u64{cpu} * kMessageStride);
}

}  // namespace smmu3
