// SPDX-License-Identifier: GPL-2.0-only
// The command queue (IHI 0070 3.5.1, 4) for many producers, without a lock.
//
// One 64-bit word holds {prod, cons}.  A producer reserves slots with one cmpxchg on it.  The first
// producer since the last publication finds OWNED clear and is the owner: it writes PROD for itself
// and for all that reserved after it.  The others mark their slots as ready.
//
// Producers that compete for the word reserve in groups.  Each takes a ticket (turns.hpp), and the
// producer that has the turn makes one cmpxchg for all that wait behind it.  It enters one CMD_SYNC
// behind the commands of the group, which all of them wait for.
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

#include <span>
#include <utility>

#include "arm-smmu-v3/cmdq_config.hpp"
#include "arm-smmu-v3/command.hpp"
#include "arm-smmu-v3/failed_syncs.hpp"
#include "arm-smmu-v3/gate.hpp"
#include "arm-smmu-v3/limits.hpp"
#include "arm-smmu-v3/position.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "arm-smmu-v3/syncs.hpp"
#include "arm-smmu-v3/turns.hpp"
#include "core/atomic.hpp"
#include "core/owner.hpp"
#include "core/result.hpp"
#include "core/wait.hpp"

namespace smmu3 {

// CMDQ_CONS.ERR, 7.1
enum class CommandError : u32 { kNone = 0, kIllegal = 1, kAbort = 2, kAtcInvSync = 3 };

struct FailedCommand {
	CommandError error;
	Command command;
};

constexpr u32 entries_of(std::span<const Command> commands, Completion completion)
{
	return static_cast<u32>(commands.size()) + (completion != Completion::kNone);
}

template <class P>
class CommandQueue {
	template <typename T>
	using Atomic = typename P::template Atomic<T>;

public:
	using ReadSection = typename P::ReadSection;
	using Further = typename P::Further;

	// The most commands that one issue() enters.
	static constexpr u32 kMaxCommands = smmu3::kMaxCommands;
	static constexpr u64 kTimeoutNs = Syncs<P>::kTimeoutNs;
	static constexpr u64 message_bytes(u32 cpus) { return Syncs<P>::message_bytes(cpus); }

	// The queue starts stopped and empty.  `ready` has one zeroed word for each slot.
	CommandQueue(typename P::Mmio& mmio, const CommandQueueConfig& config,
		     core::Array<Atomic<u32>> ready)
		: mmio_(mmio),
		  config_(config),
		  shape_(config.log2_entries),
		  syncs_(mmio, config, gate_),
		  ready_(std::move(ready))
	{
	}

	// Enter `commands`, of which there are at most kMaxCommands, and at least one with kNone.
	// Unless kNone also wait until the SMMU has completed them.  Any context.  kTimedOut: the
	// SMMU has not consumed, or not completed, for a second.
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

	// `further` enters the commands that this queue elides from now on: STOP stays set in it.
	void leave_to(Further& further) { further_ = &further; }

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
	u32 hardware_index() const { return shape_.to_hardware(load().position()); }

	// Services CMDQ_ERR (7.1): replaces an illegal command by CMD_SYNC; the SMMU fetches any
	// other command again.  Callers must exclude each other.
	FailedCommand handle_error();
	// Writes PROD again, where the registers add something to it: `change` is called while no
	// owner writes it.  Interrupts must be off.
	template <class Change>
	void publish_again(Change change);
	// The number of replaced commands other than CMD_SYNC.  A caller whose CMD_SYNC has
	// completed sees all replacements before it.
	u32 commands_lost() const { return lost_.load_relaxed(); }

	u32 position() const { return load().position(); }
	u32 times_full() const { return times_full_.load_relaxed(); }

private:
	// The slots of one producer.
	struct Slots {
		u32 start, end;
		bool owner;

		static Slots at(Word seen, u32 entries)
		{
			return {seen.position(), advance(seen.position(), entries), !seen.owned()};
		}
	};

	// What a producer has reserved, and the CMD_SYNC that it shares.
	struct Place {
		Slots slots;
		std::optional<SharedSync> sync;
	};

	Word load() const { return Word::of(gate_.word.load_relaxed()); }
	bool has_space(Word seen, u32 entries) const
	{
		return shape_.has_space(seen.position(), seen.cons, entries);
	}
	bool is_at(u32 position) const;
	Command& slot(u32 position) { return config_.slots[shape_.slot(position)]; }
	void fill(u32 position, const Command& command);

	// As issue(), and the position of the CMD_SYNC if it is entered.  Inlined into issue(), which
	// saves a sixth of the instructions of one invalidation.
	[[gnu::always_inline]] core::Result<Outcome> submit(ReadSection& section,
							    std::span<const Command> commands,
							    Completion completion, u32& sync_at);
	[[gnu::noinline]] core::Result<Outcome> submit_slowly(ReadSection& section,
							      std::span<const Command> commands,
							      Completion completion, u32& sync_at);
	[[gnu::always_inline]] core::Result<Outcome> enter(const Slots& slots,
							   std::span<const Command> commands,
							   Completion completion, u32& sync_at);
	[[gnu::always_inline]] bool reserve_at_once(u32 entries, Slots& slots);
	[[gnu::always_inline]] bool reserve(Word seen, u32 entries, u32 cons);
	core::Result<Outcome> reserve_slowly(const Request& request, ReadSection& section,
					     Place& place);
	bool join(const Request& request, Place& place);
	bool lead(const Request& mine, Ticket ticket, const Served& last, Place& place);
	Place end_turn(Word seen, const Request& group, const Request& mine, const Served& last);
	void enter_shared_sync(const Served& served);
	void pass_turn(const Served& last, const Served& served);
	void wait_until_published(u32 end);
	core::Result<> make_room(u32 entries, ReadSection& section);
	void refresh_cons(Word seen);

	void publish(const Slots& slots);
	[[gnu::always_inline]] void publish_gathered(u32 from, u32 to);
	void gather(u32 from, u32 to);

	// Read by all CPUs and written by none.
	typename P::Mmio& mmio_;
	CommandQueueConfig config_;
	QueueShape shape_;
	Syncs<P> syncs_;
	// At the first slot of a producer that is not the owner: its entries, once written.
	core::Array<Atomic<u32>> ready_;

	Further* further_ = nullptr;

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
	return submit(section, commands, completion, sync_at);
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
		const auto outcome = submit(section, commands, Completion::kOwnSync, sync_at);
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
core::Result<Outcome> CommandQueue<P>::submit(ReadSection& section,
					      std::span<const Command> commands,
					      Completion completion, u32& sync_at)
{
	Slots slots;
	if (!reserve_at_once(entries_of(commands, completion), slots)) [[unlikely]]
		return submit_slowly(section, commands, completion, sync_at);
	return enter(slots, commands, completion, sync_at);
}

template <class P>
core::Result<Outcome> CommandQueue<P>::submit_slowly(ReadSection& section,
						     std::span<const Command> commands,
						     Completion completion, u32& sync_at)
{
	const bool shares =
		config_.shares_syncs && completion == Completion::kSync && !commands.empty();
	Place place;
	const auto outcome =
		reserve_slowly({entries_of(commands, completion) - shares, shares}, section, place);
	if (outcome && *outcome == Outcome::kElided && further_)
		return further_->issue(section, commands, completion);
	if (!outcome || *outcome == Outcome::kElided)
		return outcome;
	if (!place.sync)
		return enter(place.slots, commands, completion, sync_at);
	const auto entered = enter(place.slots, commands, Completion::kNone, sync_at);
	TRY(syncs_.wait(*place.sync));
	return entered;
}

template <class P>
core::Result<Outcome> CommandQueue<P>::enter(const Slots& slots, std::span<const Command> commands,
					     Completion completion, u32& sync_at)
{
	const bool sync = completion != Completion::kNone;
	u32 position = slots.start;
	for (const Command& command : commands) {
		fill(position, command);
		position = advance(position, 1);
	}
	sync_at = position;
	if (sync)
		fill(position, syncs_.command(position));

	if (slots.owner)
		publish(slots);
	else
		// ORDER: the commands before the mark; pairs with the acquire in gather().
		ready_[shape_.slot(slots.start)].store_release(entries_of(commands, completion));

	if (sync)
		TRY(syncs_.wait(OwnSync{position}));
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

template <class P>
void CommandQueue<P>::publish(const Slots& slots)
{
	// a. Wait until the previous owner has written PROD.  ORDER: pairs with the release in e,
	//    so that PROD never moves backwards and no ready mark in c is a lap old.
	while (published_.load_acquire() != slots.start)
		P::cpu_relax();

	// b. Release ownership.  Producers that have reserved so far are gathered; the next one is
	//    an owner.
	const u32 end = Word::of(gate_.word.fetch_andnot_relaxed(kOwned)).position();

	publish_gathered(slots.end, end);
}

template <class P>
void CommandQueue<P>::publish_gathered(u32 from, u32 to)
{
	// c. ORDER: the commands, also those gathered, and all writes before them are visible to
	//    the SMMU before PROD.
	gather(from, to);
	P::dma_mb();

	// d.
	mmio_.write_relaxed(CMDQ_PROD::from_raw(shape_.to_hardware(to)));

	// e. The next owner continues.
	published_.store_release(to);
}

// As an owner without slots, for which there is room in a full queue.  PROD is written before OWNED is
// cleared: if no producer has reserved meanwhile, the next owner finds `published` where it is.
// ORDER: the change and PROD before OWNED is cleared (fully ordered); pairs with the cmpxchg of that
// owner and its dma_mb() (ordering.rst, claim 40).
template <class P>
template <class Change>
void CommandQueue<P>::publish_again(Change change)
{
	Word seen = Word::of(gate_.word.fetch_or(kOwned));
	for (; seen.owned(); seen = Word::of(gate_.word.fetch_or(kOwned)))
		P::cpu_relax();
	const u32 position = seen.position();
	while (published_.load_acquire() != position)
		P::cpu_relax();

	change();
	P::dma_mb();
	mmio_.write_relaxed(CMDQ_PROD::from_raw(shape_.to_hardware(position)));
	const u32 end = Word::of(gate_.word.fetch_andnot(kOwned)).position();
	if (end != position)
		publish_gathered(position, end);
}

// Waits until each producer in [from, to) has written its commands.  They run with interrupts off
// and wait for no other CPU before they mark their slots.
template <class P>
void CommandQueue<P>::gather(u32 from, u32 to)
{
	for (u32 position = from; position != to;) {
		Atomic<u32>& ready = ready_[shape_.slot(position)];
		u32 entries;
		// ORDER: pairs with the release in enter().
		while (!(entries = ready.load_acquire()))
			P::cpu_relax();
		ready.store_relaxed(0);
		position = advance(position, entries);
	}
}

// ORDER: fully ordered, so that every register access before it (SMMUEN=0, acknowledged) comes
// before any elision that it causes.
template <class P>
u32 CommandQueue<P>::stop()
{
	return Word::of(gate_.word.fetch_or(kStop)).position();
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
	for (const u64 deadline = P::now_ns() + kTimeoutNs; !drained(); syncs_.pause()) {
		if (P::now_ns() >= deadline)
			return core::error(core::Errno::kTimedOut);
		config_.attend(config_.owner);
	}
	return {};
}

template <class P>
void CommandQueue<P>::settle()
{
	const u32 position = load().position();
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

#include "arm-smmu-v3/cmdq_reserve.hpp"
