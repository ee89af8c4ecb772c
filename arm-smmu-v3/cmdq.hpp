// SPDX-License-Identifier: GPL-2.0-only
// The command queue (IHI 0070 3.5.1, 4) for many producers, without a lock.
//
// One 64-bit word holds {prod, cons}.  A producer reserves slots with one cmpxchg on it.  The first
// producer since the last publication finds OWNED clear and is the owner: it writes PROD for itself
// and for all that reserved after it.  The others mark their slots as ready.
//
// Producers that compete for the word reserve in groups.  Each takes a ticket (turns.hpp), and the
// producer that has the turn makes one cmpxchg for all that wait behind it.
//
// Guarantees (proofs: Documentation/ordering.rst):
//  1. Commands of one CPU enter the queue in program order; issue() with Completion::kSync returns
//     success only after all of them have completed.
//  2. Writes made before issue() are visible to the SMMU before it consumes the commands.
//  3. Every slot between the hardware's CONS and PROD holds a command that was written.
//  4. After stop() and a drain, no register is accessed until open().
//  5. kElided: the SMMU sees every write made before issue() ahead of its next access to any
//     structure, and caches nothing older.
//
// P is the platform: atomics, barriers, clock, registers (platform.hpp).
#pragma once

#include <optional>
#include <span>
#include <utility>

#include "arm-smmu-v3/command.hpp"
#include "arm-smmu-v3/failed_syncs.hpp"
#include "arm-smmu-v3/gate.hpp"
#include "arm-smmu-v3/limits.hpp"
#include "arm-smmu-v3/position.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "arm-smmu-v3/turns.hpp"
#include "core/atomic.hpp"
#include "core/owner.hpp"
#include "core/result.hpp"
#include "core/wait.hpp"

namespace smmu3 {

enum class Completion { kNone, kSync };
enum class Outcome { kIssued, kElided };

// How the SMMU signals the completion of a CMD_SYNC.
enum class SyncMethod {
	kRegister,  // CONS moves past it
	kEvent,     // the same, with an event (IDR0.SEV)
	kMessage,   // a write to a word in memory (IDR0.MSI, coherent)
};

// CMDQ_CONS.ERR, 7.1
enum class CommandError : u32 { kNone = 0, kIllegal = 1, kAbort = 2, kAtcInvSync = 3 };

struct FailedCommand {
	CommandError error;
	Command command;
};

struct CommandQueueConfig {
	u32 log2_entries;
	SyncMethod method;
	Command* slots;    // 2^log2_entries of them, shared with the SMMU
	u64* messages;     // kMessage: one word for each CPU, kMessageStride apart
	u64 messages_bus;  // the SMMU's address of the first

	// Services errors that stop the SMMU from consuming.  Called with `owner` by drain() and by
	// a producer that has waited for long, for room or for its CMD_SYNC: the interrupt of
	// errors may be off, or pending on the CPU that waits.  Producers call it inside their
	// section, after they found STOP clear in it.  Any context.
	void (*attend)(void* owner) = [](void*) {};
	void* owner = nullptr;
};

template <class P>
class CommandQueue {
	template <typename T>
	using Atomic = typename P::template Atomic<T>;

public:
	using ReadSection = typename P::ReadSection;

	// The most commands that one issue() enters.
	static constexpr u32 kMaxCommands = smmu3::kMaxCommands;
	static constexpr u64 kTimeoutNs = 1000 * core::kNsPerMs;
	// Each in its own cache line, so that CPUs don't wait for each other's completions.
	static constexpr u32 kMessageStride = 128;

	// The queue starts stopped and empty.  `ready` has one zeroed word for each slot.
	CommandQueue(typename P::Mmio& mmio, const CommandQueueConfig& config,
		     core::Array<Atomic<u32>> ready)
		: mmio_(mmio),
		  config_(config),
		  shape_(config.log2_entries),
		  ready_(std::move(ready))
	{
	}

	// Enter `commands` (at most kMaxCommands); with kSync also wait until the SMMU has
	// completed them. Any context.  kTimedOut: the SMMU has not consumed, or not completed, for
	// a second.
	core::Result<Outcome> issue(std::span<const Command> commands, Completion completion)
	{
		ReadSection section;
		return issue(section, commands, completion);
	}
	// The same inside a section of the caller.
	core::Result<Outcome> issue(ReadSection& section, std::span<const Command> commands,
				    Completion completion);
	// As issue() with kSync, for CMD_ATC_INVs of one device.  kNoDevice: it has not answered,
	// or CONS is still at this CMD_SYNC after a second.
	core::Result<Outcome> issue_atc(ReadSection& section, std::span<const Command> commands);

	Gate<P>& gate() { return gate_; }
	const Gate<P>& gate() const { return gate_; }

	// ---- the power protocol, in the order suspend uses it ----

	// issue() elides after this.  Returns the position reached.
	u32 stop();
	// Waits until the SMMU has consumed every command before `target`.  Process context.
	// kTimedOut: not within kTimeoutNs.
	core::Result<> drain(u32 target);
	// The queue must be drained, with no CPU in issue(): software's indices become those that
	// the SMMU starts with.
	void settle();
	// issue() enters commands after this.
	void open();
	bool stopped() const { return gate_.stopped(); }

	// The position reached, as a register value: PROD and CONS of a queue that is stopped and
	// settled.
	u32 hardware_index() const { return shape_.to_hardware(load().prod); }

	// Services CMDQ_ERR (7.1): replaces an illegal command by CMD_SYNC; the SMMU fetches any
	// other command again.  Callers must exclude each other.
	FailedCommand handle_error();
	// The number of replaced commands other than CMD_SYNC.  A caller whose CMD_SYNC has
	// completed sees all replacements before it.
	u32 commands_lost() const { return lost_.load_relaxed(); }

	u32 position() const { return load().prod & kPositionMask; }
	u32 times_full() const { return times_full_.load_relaxed(); }

private:
	// The number of looks at CONS for each look at the word.
	static constexpr u32 kLooksPerLapTest = 64;

	struct Word {
		u32 prod, cons;

		static Word of(u64 raw)
		{
			return {static_cast<u32>(raw), static_cast<u32>(raw >> 32)};
		}
		u64 raw() const { return static_cast<u64>(cons) << 32 | prod; }
	};
	struct Slots {
		u32 start, end;
		bool owner;
	};

	bool has_space(Word seen, u32 entries) const
	{
		return shape_.has_space(seen.prod & kPositionMask, seen.cons, entries);
	}
	Word load() const { return Word::of(gate_.word.load_relaxed()); }
	[[gnu::always_inline]] core::Result<Outcome> enter(ReadSection& section,
							   std::span<const Command> commands,
							   Completion completion, u32& sync_at);
	bool is_at(u32 position) const;
	Command& slot(u32 position) { return config_.slots[shape_.slot(position)]; }
	void fill(u32 position, const Command& command);

	// Inlined into issue(), which saves a sixth of the instructions of one invalidation.
	[[gnu::always_inline]] bool reserve_at_once(u32 entries, Slots& slots);
	[[gnu::always_inline]] bool reserve(u64 raw, u32 entries, u32 group, u32 join,
					    Slots& slots);
	[[gnu::noinline]] core::Result<Outcome> reserve_slowly(u32 entries, ReadSection& section,
							       Slots& slots);
	bool join(u32 entries, Slots& slots);
	bool lead(u32 ticket, u32 entries, u32 last_end, Slots& slots);
	void wait_until_published(u32 end);
	[[gnu::noinline]] core::Result<> make_room(u32 entries, ReadSection& section);
	void refresh_cons(Word seen);

	void publish(const Slots& slots);
	void gather(u32 from, u32 to);

	Command sync_command(u32 position);
	[[gnu::always_inline]] core::Result<> wait_for_sync(u32 position);
	[[gnu::noinline]] core::Result<> wait_long_for_sync(u32 position);
	bool sync_done(u32 position);
	bool missed_sync(u32 position, u32 looks, bool last_look) const;
	void attend(u64 now, u64& at);
	void pause();
	bool passed(u32 end) const;
	bool consumed(u32 end) const;
	Atomic<u32>& message(u32 cpu);

	// Read by all CPUs and written by none.
	typename P::Mmio& mmio_;
	CommandQueueConfig config_;
	QueueShape shape_;
	// At the first slot of a producer that is not the owner: its entries, once written.
	core::Array<Atomic<u32>> ready_;

	// Each in its own cache line.
	alignas(64) Gate<P> gate_{kStop};
	alignas(64) Atomic<u32> published_{0};  // PROD, as a position
	Turns<P> turns_;
	alignas(64) Atomic<u32> times_full_{0};
	Atomic<u32> lost_{0};
	FailedSyncs<P> failed_syncs_;
};

template <class P>
core::Result<Outcome> CommandQueue<P>::issue(ReadSection& section,
					     std::span<const Command> commands,
					     Completion completion)
{
	u32 sync_at;
	return enter(section, commands, completion, sync_at);
}

// Again if it is not known whether its CMD_SYNC has failed.
template <class P>
core::Result<Outcome> CommandQueue<P>::issue_atc(ReadSection& section,
						 std::span<const Command> commands)
{
	using Verdict = FailedSyncs<P>::Verdict;
	for (;;) {
		u32 sync_at = kPositionMask + 1;  // not entered
		const u32 before = failed_syncs_.count();
		const auto outcome = enter(section, commands, Completion::kSync, sync_at);
		if (!outcome)
			return is_at(sync_at) ? core::error(core::Errno::kNoDevice) : outcome;
		if (*outcome == Outcome::kElided)
			return outcome;
		const Verdict verdict = failed_syncs_.verdict(before, sync_at);
		if (verdict == Verdict::kFailed)
			return core::error(core::Errno::kNoDevice);
		if (verdict == Verdict::kCompleted)
			return outcome;
	}
}

// Whether the SMMU has consumed everything before the command at `position`, but not that.
template <class P>
bool CommandQueue<P>::is_at(u32 position) const
{
	return position <= kPositionMask &&
	       mmio_.template read<CMDQ_CONS>().template get<CMDQ_CONS::RD>() ==
		       shape_.to_hardware(position);
}

template <class P>
core::Result<Outcome> CommandQueue<P>::enter(ReadSection& section,
					     std::span<const Command> commands,
					     Completion completion, u32& sync_at)
{
	const u32 count = static_cast<u32>(commands.size());
	const bool sync = completion == Completion::kSync;

	Slots slots;
	if (!reserve_at_once(count + sync, slots)) [[unlikely]] {
		Slots late;  // `slots` stays in registers
		const auto outcome = reserve_slowly(count + sync, section, late);
		if (!outcome || *outcome == Outcome::kElided)
			return outcome;
		slots.start = late.start;
		slots.end = late.end;
		slots.owner = late.owner;
	}

	u32 position = slots.start;
	for (const Command& command : commands) {
		fill(position, command);
		position = advance(position, 1);
	}
	sync_at = position;
	if (sync)
		fill(position, sync_command(position));

	if (slots.owner)
		publish(slots);
	else
		// ORDER: the commands before the mark; pairs with the acquire in gather().
		ready_[shape_.slot(slots.start)].store_release(count + sync);

	if (sync)
		TRY(wait_for_sync(position));
	return Outcome::kIssued;
}

// ORDER: the stores are neither torn nor moved before the cmpxchg that reserved the slot, which
// depends on CONS being past the old command (ordering.rst, claim 8).
template <class P>
void CommandQueue<P>::fill(u32 position, const Command& command)
{
	Command& to = slot(position);
	for (size_t i = 0; i < command.words.size(); i++)
		core::store_relaxed(to.words[i], command.words[i]);
}

// The cmpxchg is the point of commitment.  A producer that succeeds with STOP clear must fill its
// slots, and suspend waits for it.  A producer that finds STOP set has reserved nothing.  The first
// `entries` of the `group` slots are the caller's.
template <class P>
bool CommandQueue<P>::reserve(u64 raw, u32 entries, u32 group, u32 join, Slots& slots)
{
	const Word seen = Word::of(raw);
	const u32 start = seen.prod & kPositionMask;
	const Word next{advance(start, group) | kOwned, (seen.cons & kPositionMask) | join};
	if (!gate_.word.cas_relaxed(raw, next.raw())) [[unlikely]]
		return false;
	slots.start = start;
	slots.end = advance(start, entries);
	slots.owner = !(seen.prod & kOwned);
	return true;
}

// Succeeds if no other producer competes and the queue is neither stopped nor full.
template <class P>
bool CommandQueue<P>::reserve_at_once(u32 entries, Slots& slots)
{
	const u64 raw = gate_.word.load_relaxed();
	const Word seen = Word::of(raw);
	if ((seen.prod & kStop) || (seen.cons & kJoin) || !has_space(seen, entries)) [[unlikely]]
		return false;
	return reserve(raw, entries, entries, 0, slots);
}

// One more attempt alone, then in groups.  kElided: STOP is set.
template <class P>
core::Result<Outcome> CommandQueue<P>::reserve_slowly(u32 entries, ReadSection& section,
						      Slots& slots)
{
	for (bool alone = true;;) {
		const u64 raw = gate_.word.load_relaxed();
		const Word seen = Word::of(raw);
		if (seen.prod & kStop) {
			if (gate_.confirm_stopped())
				return Outcome::kElided;
			continue;
		}
		if (!has_space(seen, entries)) {
			TRY(make_room(entries, section));
			continue;
		}
		const bool attempts = std::exchange(alone, false) && !(seen.cons & kJoin);
		if (attempts ? reserve(raw, entries, entries, 0, slots) : join(entries, slots))
			return Outcome::kIssued;
	}
}

// Wait for the turn, or until another producer has reserved for this one too.  A producer that waits
// here holds no slots and has interrupts off.  The one that has the turn waits neither for the others
// nor for the SMMU.
template <class P>
bool CommandQueue<P>::join(u32 entries, Slots& slots)
{
	const u32 ticket = turns_.take(entries);
	for (;;) {
		const Served served = turns_.served();
		if (served.ticket == ticket)
			return lead(ticket, entries, served.end, slots);
		if (served.includes(ticket)) {
			slots.start = served.position_of(ticket);
			slots.end = advance(slots.start, entries);
			slots.owner = false;
			return true;
		}
		P::cpu_relax();
	}
}

// Reserve for all that have joined, or alone if there is no room for all.  With STOP set, or without
// any room, pass the turn on: each of the others leaves, or makes room, by itself.
template <class P>
bool CommandQueue<P>::lead(u32 ticket, u32 entries, u32 last_end, Slots& slots)
{
	wait_until_published(last_end);
	for (bool refreshed = false;;) {
		const u64 raw = gate_.word.load_relaxed();
		const Word seen = Word::of(raw);
		const bool stopped = seen.prod & kStop;
		const u32 joined = turns_.joined(ticket);
		// STOP was found clear in the section, as in make_room().
		if (!stopped && !has_space(seen, joined) && !std::exchange(refreshed, true)) {
			refresh_cons(seen);
			continue;
		}
		const u32 group = has_space(seen, joined) ? joined : entries;
		if (stopped || !has_space(seen, group)) {
			turns_.serve({last_end, ticket + entries});
			return false;
		}
		if (reserve(raw, entries, group, joined > entries ? kJoin : 0, slots)) {
			turns_.serve({advance(slots.start, group), ticket + group});
			return true;
		}
	}
}

// Wait until every member of the group that ends at `end` has read its position.  It has if its
// commands are published.  No producer with unpublished slots waits for a turn.
// ORDER: `published` before prod, which is then not behind it.  The acquire comes before serve(), which
// overwrites what the members read; pairs with the release of `published`, through gather() (claim 34).
template <class P>
void CommandQueue<P>::wait_until_published(u32 end)
{
	for (;;) {
		const u32 published = published_.load_acquire();
		const u32 unpublished = distance(published, load().prod & kPositionMask);
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
		if ((now.prod & kStop) || has_space(now, entries))
			return {};
		if ((now.cons ^ seen.cons) & kPositionMask) {
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
		attend(time, next_attend);
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

template <class P>
void CommandQueue<P>::publish(const Slots& slots)
{
	// a. Wait until the previous owner has written PROD.  ORDER: pairs with the release in e,
	//    so that PROD never moves backwards and no ready mark in c is a lap old.
	while (published_.load_acquire() != slots.start)
		P::cpu_relax();

	// b. Release ownership.  Producers that have reserved so far are gathered; the next one is
	//    an owner.
	const u32 end = Word::of(gate_.word.fetch_andnot_relaxed(kOwned)).prod & kPositionMask;

	// c. ORDER: the commands, also those gathered, and all writes before them are visible to
	//    the SMMU before PROD.
	gather(slots.end, end);
	P::dma_mb();

	// d.
	mmio_.write_relaxed(CMDQ_PROD::from_raw(shape_.to_hardware(end)));

	// e. The next owner continues.
	published_.store_release(end);
}

// Waits until each producer in [from, to) has written its commands.  They run with interrupts off
// and wait for no other CPU before they mark their slots.
template <class P>
void CommandQueue<P>::gather(u32 from, u32 to)
{
	for (u32 position = from; position != to;) {
		Atomic<u32>& ready = ready_[shape_.slot(position)];
		u32 entries;
		// ORDER: pairs with the release in issue().
		while (!(entries = ready.load_acquire()))
			P::cpu_relax();
		ready.store_relaxed(0);
		position = advance(position, entries);
	}
}

template <class P>
Command CommandQueue<P>::sync_command(u32 position)
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
core::Result<> CommandQueue<P>::wait_for_sync(u32 position)
{
	// Most complete within a few looks, before the clock is read.
	for (int look = 0; look < 16; look++) {
		if (sync_done(position)) [[likely]]
			return {};
		P::cpu_relax();
	}
	return wait_long_for_sync(position);
}

template <class P>
core::Result<> CommandQueue<P>::wait_long_for_sync(u32 position)
{
	const u64 start = P::now_ns();
	u64 next_attend = start + P::kAttendNs;
	for (u32 looks = 1;; looks++) {
		const u64 now = P::now_ns();
		const bool last_look = now >= start + kTimeoutNs;
		if (sync_done(position) || missed_sync(position, looks, last_look))
			return {};
		if (last_look)
			return core::error(core::Errno::kTimedOut);
		attend(now, next_attend);
		pause();
	}
}

// Limited by time, because a look for errors reads two more registers.
template <class P>
void CommandQueue<P>::attend(u64 now, u64& at)
{
	if (now < at)
		return;
	config_.attend(config_.owner);
	at = now + P::kAttendNs;
}

// Waits between two looks at the SMMU.
template <class P>
void CommandQueue<P>::pause()
{
	if (config_.method == SyncMethod::kEvent)
		P::wait_for_event();
	else
		P::cpu_relax();
}

// ORDER: accesses after it come after those of the SMMU for the commands: acquire of the message,
// or dma_rmb() after the read of CONS.
template <class P>
bool CommandQueue<P>::sync_done(u32 position)
{
	if (config_.method == SyncMethod::kMessage)
		return message(P::cpu()).load_acquire() == (position | kOwned);
	return passed(advance(position, 1));
}

// A completion that sync_done() does not detect: a message that is lost, at the last look; a CONS
// that has lapped the slot.  That look reads the word, for which other CPUs compete: with events,
// which limit the looks, at each, else at some only.
template <class P>
bool CommandQueue<P>::missed_sync(u32 position, u32 looks, bool last_look) const
{
	const bool lap_test =
		config_.method == SyncMethod::kEvent ||
		(config_.method == SyncMethod::kRegister && looks % kLooksPerLapTest == 0);
	return (last_look || lap_test) && consumed(advance(position, 1));
}

// Whether CONS is past every entry before `end`.  May be false if CONS is a lap or more ahead.
template <class P>
bool CommandQueue<P>::passed(u32 end) const
{
	return shape_.passed(end, mmio_.template read<CMDQ_CONS>().template get<CMDQ_CONS::RD>());
}

// ORDER: CONS is read before prod, so that its value for the slot is at most a lap old.  prod is
// read before the next accesses of the caller, because it may be what shows the completion
// (acquire).
template <class P>
bool CommandQueue<P>::consumed(u32 end) const
{
	return passed(end) ||
	       shape_.lapped(end, Word::of(gate_.word.load_acquire()).prod & kPositionMask);
}

template <class P>
typename CommandQueue<P>::template Atomic<u32>& CommandQueue<P>::message(u32 cpu)
{
	// SAFETY: the array has kMessageStride zeroed bytes for each CPU and is only accessed here.
	return *reinterpret_cast<Atomic<u32>*>(reinterpret_cast<char*>(config_.messages) +
					       u64{cpu} * kMessageStride);
}

// ORDER: fully ordered, so that every register access before it (SMMUEN=0, acknowledged) comes
// before any elision that it causes.
template <class P>
u32 CommandQueue<P>::stop()
{
	return Word::of(gate_.word.fetch_or(kStop)).prod & kPositionMask;
}

template <class P>
core::Result<> CommandQueue<P>::drain(u32 target)
{
	const auto drained = [&] {
		// Owners first: CONS can't reach the target before PROD does.
		return published_.load_acquire() == target &&
		       mmio_.template read<CMDQ_CONS>().template get<CMDQ_CONS::RD>() ==
			       shape_.to_hardware(target);
	};
	for (const u64 deadline = P::now_ns() + kTimeoutNs; !drained(); pause()) {
		if (P::now_ns() >= deadline)
			return core::error(core::Errno::kTimedOut);
		config_.attend(config_.owner);
	}
	return {};
}

template <class P>
void CommandQueue<P>::settle()
{
	const u32 position = load().prod & kPositionMask;
	gate_.word.store_relaxed(Word{position | kStop, position}.raw());
}

// ORDER: a producer that elided because of this STOP has made its writes visible to the SMMU before
// the next accesses of the caller; pairs with confirm_stopped().
template <class P>
void CommandQueue<P>::open()
{
	gate_.word.fetch_andnot(kStop);
	P::dma_mb();
}

template <class P>
FailedCommand CommandQueue<P>::handle_error()
{
	const auto cons = mmio_.template read<CMDQ_CONS>();
	const auto error = static_cast<CommandError>(cons.template get<CMDQ_CONS::ERR>());
	const u32 position = cons.template get<CMDQ_CONS::RD>();
	FailedCommand report{error, {}};
	// As in fill(): the slot may have another owner as soon as the error is acknowledged.
	for (size_t i = 0; i < report.command.words.size(); i++)
		report.command.words[i] = core::load_relaxed(slot(position).words[i]);

	if (error == CommandError::kIllegal) {
		if (report.command.template get<Command::Op>() != Opcode::kSync)
			lost_.store_relaxed(lost_.load_relaxed() + 1);
		fill(position, sync(SyncSignal::kNone));
		// ORDER: the replacement, and the count, before the acknowledgement, which restarts
		// the queue.
		P::dma_wmb();
	} else if (error == CommandError::kAtcInvSync) {
		failed_syncs_.note(shape_.from_hardware(load().cons, position) & kPositionMask);
		// ORDER: the note before the acknowledgement, after which the CMD_SYNC completes.
		P::dma_wmb();
	}
	return report;
}

}  // namespace smmu3
