// SPDX-License-Identifier: GPL-2.0-only
// The command queues of one SMMU: issue, power protocol and statistics.
//
// Where Enhanced Command queues are used, the SMMU's own queue stays stopped and leaves its commands to
// them.  An SMMU without them takes no instruction more.
#pragma once

#include <optional>

#include "arm-smmu-v3/batch.hpp"
#include "arm-smmu-v3/core_inspect.h"
#include "arm-smmu-v3/ecmdq_set.hpp"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/platform.hpp"
#include "arm-smmu-v3/queue_memory.hpp"

namespace smmu3 {

extern template class CommandQueue<Platform>;  // cmdq.cc

class Commands {
	using Queue = CommandQueue<Platform>;

public:
	class Batch;
	using Gate = smmu3::Gate<Platform>;
	using ReadSection = Queue::ReadSection;
	static constexpr u32 kMaxCommands = Queue::kMaxCommands;

	// The members whose allocation can fail.
	struct Parts {
		QueueMemory memory;
		core::Dma messages;
		core::Array<core::Atomic<u32>> ready;
	};
	// Sleeps.  kNoMemory.
	static core::Result<Parts> allocate(device* dev, const Features& features);

	// Services errors for a producer that waits (CommandQueueConfig::attend).
	struct Attendant {
		void (*attend)(void* owner);
		void* owner;
	};

	// The queues start stopped and empty.  Enhanced ones are those of `ecmdqs`, if `platform` asks
	// for them.  Sleeps.
	Commands(device* dev, Mmio& mmio, const Features& features, const smmu_platform& platform,
		 const Ecmdqs& ecmdqs, Parts&& parts, Attendant attendant);
	Commands(const Commands&) = delete;
	Commands& operator=(const Commands&) = delete;

	// ---- any context ----

	// Enter `commands` and wait until the SMMU has completed them.  A failure is logged.
	core::Result<Outcome> issue(std::span<const Command> commands)
	{
		ReadSection section;
		return issue(section, commands);
	}
	// The same in a section of the caller.
	core::Result<Outcome> issue(ReadSection& section, std::span<const Command> commands)
	{
		return counted(issue(section, commands, Completion::kSync));
	}
	// The same for CMD_ATC_INVs of one device.  kNoDevice: it does not answer (not logged).
	core::Result<Outcome> issue_atc(ReadSection& section, std::span<const Command> commands);
	// For elides() below.
	Gate& gate() { return ecmdqs_ ? ecmdqs_->gate() : queue_.gate(); }
	const Gate& gate() const { return ecmdqs_ ? ecmdqs_->gate() : queue_.gate(); }
	bool stopped() const { return gate().stopped(); }
	// issue() elides after this.
	void stop();

	// Services CMDQ_ERR.  Callers must exclude each other.
	FailedCommand handle_error() { return queue_.handle_error(); }
	// Services CMDQP_ERR, which must be acknowledged before.  Callers must exclude each other.
	EcmdqSet::Failed handle_ecmdq_errors()
	{
		return ecmdqs_ ? ecmdqs_->handle_errors() : EcmdqSet::Failed{};
	}
	// The number of illegal commands that were replaced; and of these and the invalidations
	// that timed out.
	u32 lost() const { return ecmdqs_ ? ecmdqs_->commands_lost() : queue_.commands_lost(); }
	u32 unanswered() const { return timeouts_.load_relaxed() + lost(); }

	// ---- the power protocol; sleep ----

	// Writes the registers of the SMMU's own queue, which must be off.
	void write_registers();
	// Enable and disable Enhanced Command queues.  To disable them, no CPU may be in issue().
	// kTimedOut (logged).
	core::Result<> enable_ecmdqs() { return ecmdqs_ ? ecmdqs_->enable() : core::Result<>(); }
	core::Result<> disable_ecmdqs() { return ecmdqs_ ? ecmdqs_->disable() : core::Result<>(); }
	void open();
	// Stops the queues and waits until every command is consumed and no CPU is in issue().
	// kTimedOut (logged).
	core::Result<> drain();
	// The queues must be drained and off.
	void settle();
	// Stops the queues without a drain.  No CPU is in issue() afterwards, so that power may be
	// removed.
	void close();

	u32 entries() const { return 1u << memory_.log2_entries; }
	void add_to(smmu_stats& stats) const;

private:
	friend CommandBatch<Commands>;

	// For batches: counted() counts an elision once for the whole batch.
	core::Result<Outcome> issue(ReadSection& section, std::span<const Command> commands,
				    Completion completion)
	{
		auto outcome = queue_.issue(section, commands, completion);
		if (!outcome) [[unlikely]]
			note_timeout();
		return outcome;
	}
	core::Result<Outcome> counted(core::Result<Outcome> outcome)
	{
		if (outcome && *outcome == Outcome::kElided) [[unlikely]]
			note_elision();
		return outcome;
	}

	[[gnu::cold]] void note_elision();
	[[gnu::cold]] void note_timeout();
	void count_timeout();
	core::Result<> drain_own(u32 target);
	u32 position() const { return ecmdqs_ ? ecmdqs_->position() : queue_.position(); }
	using Indices = EcmdqSet::Indices;
	std::optional<Indices> indices() const;

	Queue queue_;  // at offset 0, which saves callers an addition
	device* const dev_;
	Mmio& mmio_;
	const Completion on_overflow_;
	const core::Box<EcmdqSet> ecmdqs_;  // nullptr: not used
	QueueMemory memory_;
	core::Dma messages_;
	core::Atomic<u32> timeouts_;  // invalidations that timed out
	u64 sync_timeouts_ = 0;       // a statistic, not atomic
};

// Whether an invalidation for the writes made so far can be left out because the SMMU is off: its
// caches are invalidated before it translates again.  False also while elisions are traced: then
// issue() elides and reports.  Any context.
inline bool elides(Commands::Gate& gate)
{
	if (!gate.stopped()) [[likely]]
		return false;
	if (core::load_relaxed(smmu_shim_traces_elisions) || !gate.confirm_stopped()) [[unlikely]]
		return false;
	gate.elided++;
	return true;
}

// Commands collected on the stack.  A failure is logged.
class Commands::Batch : CommandBatch<Commands> {
public:
	Batch(Commands& commands, ReadSection& section)
		: CommandBatch(commands, section, commands.on_overflow_)
	{
	}
	using CommandBatch::add;
	core::Result<Outcome> submit() { return queue_.counted(CommandBatch::submit()); }
};

}  // namespace smmu3
