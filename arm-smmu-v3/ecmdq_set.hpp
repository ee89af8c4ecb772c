// SPDX-License-Identifier: GPL-2.0-only
// The Enhanced Command queues in use: one for each CPU, or for neighbouring CPUs.
//
// A CPU always enters its commands into the same queue.  A section does not leave its CPU, so that the
// commands of a batch and its CMD_SYNC are in one queue.  Between queues the SMMU guarantees no order
// (ordering.rst, "Several queues").
#pragma once

#include "arm-smmu-v3/cmdq.hpp"
#include "arm-smmu-v3/ecmdq_registers.hpp"
#include "arm-smmu-v3/platform.hpp"
#include "arm-smmu-v3/queue_memory.hpp"

namespace smmu3 {

struct EcmdqPlatform : Platform {
	using Mmio = EcmdqRegisters;
	using Further = NoFurtherQueues;
};

extern template class CommandQueue<EcmdqPlatform>;  // ecmdq_set.cc

class EcmdqSet {
	using Queue = CommandQueue<EcmdqPlatform>;

public:
	using Gate = smmu3::Gate<Platform>;
	using ReadSection = Queue::ReadSection;

	// `config`: that of each queue, but for its memory.  `most_log2`: the largest queue.  The set
	// starts stopped.  nullptr (logged): without queues or memory.  Sleeps.
	static core::Box<EcmdqSet> make(device* dev, const Ecmdqs& found,
					const CommandQueueConfig& config, u32 most_log2);

	explicit EcmdqSet(device* dev, const Ecmdqs& found)
		: dev_(dev),
		  found_(found)
	{
	}
	EcmdqSet(const EcmdqSet&) = delete;
	EcmdqSet& operator=(const EcmdqSet&) = delete;

	// ---- any context; as CommandQueue ----

	core::Result<Outcome> issue(ReadSection& section, std::span<const Command> commands,
				    Completion completion)
	{
		return own().queue.issue(section, commands, completion);
	}
	core::Result<Outcome> issue_atc(ReadSection& section, std::span<const Command> commands)
	{
		return own().queue.issue_atc(section, commands);
	}
	// STOP is set in it before it is in the queues, and cleared after them.
	Gate& gate() { return gate_; }
	const Gate& gate() const { return gate_; }
	void stop();

	// The first of the queues that had an error, and how many had one.
	struct Failed {
		u32 count, queue;
		FailedCommand command;
	};
	// Services and acknowledges the error of each queue.  Callers must exclude each other.
	Failed handle_errors();

	u32 commands_lost() const;
	u32 position() const;  // commands entered
	u32 times_full() const;

	// Of the queue of this CPU, for the log: its position, and the registers of an SMMU that has
	// power.
	u32 index() const { return own().queue.hardware_index(); }
	struct Indices {
		u32 position, prod, cons;
	};
	Indices indices() const;

	// ---- the power protocol; sleep ----

	// Writes the registers and enables the queues.  Each is off, or on and as software has left
	// it.  kTimedOut (logged).
	core::Result<> enable();
	void open();
	// Waits until the SMMU has consumed every command before STOP.  kTimedOut (logged).
	core::Result<> drain();
	// No error is serviced after that, and no PROD written, once every section has ended.  STOP must
	// be set.
	void abandon_errors() { services_errors_.store_relaxed(0); }
	// No CPU may be in issue() or handle_errors().  kTimedOut (logged).
	core::Result<> disable() const { return found_.disable(count()); }
	void settle();

private:
	struct Ecmdq {
		struct Parts {
			QueueMemory memory;
			core::Array<core::Atomic<u32>> ready;
		};
		Ecmdq(const Ecmdqs& found, u32 n, const CommandQueueConfig& config, Parts&& parts);
		void enable();

		EcmdqRegisters registers;
		const QueueMemory memory;
		Queue queue;
	};

	struct Cpu {
		Ecmdq* queue;
	};

	core::Result<> allocate(const CommandQueueConfig& config, u32 most_log2);
	core::Result<> allocate_one(u32 n, const CommandQueueConfig& config, u32 log2);
	u32 count() const { return static_cast<u32>(queues_.size()); }
	Ecmdq& own() const { return *cpus_[os_cpu()].queue; }

	device* const dev_;
	const Ecmdqs& found_;
	core::Array<Cpu> cpus_;
	core::Array<core::Box<Ecmdq>> queues_;
	core::Atomic<u32> services_errors_;
	alignas(64) Gate gate_{kStop};
};

}  // namespace smmu3
