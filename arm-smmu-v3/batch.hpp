// SPDX-License-Identifier: GPL-2.0-only
// Commands that are collected on the stack and entered together.
#pragma once

#include "arm-smmu-v3/cmdq.hpp"

namespace smmu3 {

template <class Queue>
class CommandBatch {
public:
	using ReadSection = typename Queue::ReadSection;

	// `section`: a section of the caller, in which all commands enter.  `on_overflow`: how a
	// full batch enters.  kSync on an SMMU that may deadlock on a long sequence of
	// invalidations without a CMD_SYNC (MMU-700 erratum 2812531).
	CommandBatch(Queue& queue, ReadSection& section, Completion on_overflow)
		: queue_(queue),
		  section_(section),
		  on_overflow_(on_overflow)
	{
	}
	CommandBatch(const CommandBatch&) = delete;
	CommandBatch& operator=(const CommandBatch&) = delete;

	core::Result<> add(const Command& command)
	{
		if (count_ == kCapacity)
			TRY(overflow());
		commands_[count_++] = command;
		return {};
	}

	// Enters the rest and waits until the SMMU has completed all commands.  kElided: it was
	// off.
	core::Result<Outcome> submit() { return flush(Completion::kSync); }

protected:
	Queue& queue_;

private:
	static constexpr u32 kCapacity = Queue::kMaxCommands - 1;  // and a CMD_SYNC

	// Interrupts are enabled for a moment between two batches.
	core::Result<Outcome> overflow()
	{
		const auto outcome = TRY(flush(on_overflow_));
		section_.breathe();
		return outcome;
	}

	core::Result<Outcome> flush(Completion completion)
	{
		const std::span<const Command> commands(commands_, count_);
		count_ = 0;
		return queue_.issue(section_, commands, completion);
	}

	ReadSection& section_;
	Completion on_overflow_;
	u32 count_ = 0;
	union {
		Command commands_[kCapacity];  // in a union, so that they are not initialised
	};
};

}  // namespace smmu3
