// SPDX-License-Identifier: GPL-2.0-only
// The SMMU: executes the commands of a queue one by one, each for its service time, and those of several queues in
// turn.
#pragma once

#include <vector>

#include "arm-smmu-v3/command.hpp"
#include "tools/bench/scale/ring.hpp"

namespace scale {

class Smmu {
public:
	explicit Smmu(Caches& caches)
		: caches_(caches)
	{
	}

	// Queues are numbered from 0.
	void add_queue(const Ring& ring) { queues_.push_back({&ring}); }

	// Register accesses of a CPU: a write is posted, a read waits for the answer.
	void write_prod(u32 queue, u32 index);
	u32 read_cons(u32 queue);
	// A register of which only the access time matters.
	void read_other();

private:
	struct Queue {
		const Ring* ring;
		u32 prod = 0, cons = 0;
		bool busy = false;  // its command is being executed

		const smmu3::Command& command() const { return ring->slots[cons % ring->entries]; }
	};
	struct Message {
		Caches* caches;
		u64 address;
		u32 data;
	};

	static void prod_arrives(void* smmu, u64 queue_and_index);
	static void command_done(void* smmu, u64 queue);
	static void message_arrives(void* message, u64);
	Queue* next_queue();
	void start_next(Ps fetch);
	void start(Queue& queue, Ps fetch);
	void complete(const smmu3::Command& command);
	void half_a_read();

	Caches& caches_;
	std::vector<Queue> queues_;
	u32 at_ = 0;    // the queue that was served last
	u32 busy_ = 0;  // how many are served
};

}  // namespace scale
