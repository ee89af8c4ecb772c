// SPDX-License-Identifier: GPL-2.0-only
// What a command queue is made with.
#pragma once

#include <span>

#include "arm-smmu-v3/command.hpp"
#include "core/result.hpp"

namespace smmu3 {

// How the SMMU signals the completion of a CMD_SYNC.
enum class SyncMethod {
	kRegister,  // CONS moves past it
	kEvent,     // the same, with an event (IDR0.SEV)
	kMessage,   // a write to a word in memory (IDR0.MSI, coherent)
};

// kOwnSync: as kSync, and the CMD_SYNC is not shared with other producers.
enum class Completion { kNone, kSync, kOwnSync };
enum class Outcome { kIssued, kElided };

// For a platform whose queue leaves commands to no other.
struct NoFurtherQueues {
	template <class ReadSection>
	core::Result<Outcome> issue(ReadSection&, std::span<const Command>, Completion)
	{
		return Outcome::kElided;
	}
};

struct CommandQueueConfig {
	u32 log2_entries;
	SyncMethod method;
	Command* slots;  // 2^log2_entries of them, shared with the SMMU
	// kMessage: one word for each CPU and one for groups, kMessageStride apart, and the SMMU's
	// address of the first.
	u64* messages;
	u64 messages_bus;
	u32 cpus;
	// Producers that reserve in a group have one CMD_SYNC.  Not on an SMMU that may deadlock on a
	// long sequence of invalidations without one, and not in Enhanced Command queues.
	bool shares_syncs;

	// Services errors that stop the SMMU from consuming.  Called with `owner` by drain() and by
	// a producer that has waited for long, for room or for its CMD_SYNC: the interrupt of
	// errors may be off, or pending on the CPU that waits.  Producers call it inside their
	// section, after they found STOP clear in it.  Any context.
	void (*attend)(void* owner) = [](void*) {};
	void* owner = nullptr;
};

}  // namespace smmu3
