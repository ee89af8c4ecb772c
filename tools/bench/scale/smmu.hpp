// SPDX-License-Identifier: GPL-2.0-only
// The SMMU: executes the commands of the queue one by one, each for its service time.
#pragma once

#include "arm-smmu-v3/command.hpp"
#include "arm-smmu-v3/position.hpp"
#include "tools/bench/scale/caches.hpp"

namespace scale {

constexpr u32 kLog2Entries = 15;
constexpr u32 kEntries = 1u << kLog2Entries;

class Smmu {
public:
	Smmu(Caches& caches, const smmu3::Command* slots)
		: caches_(caches),
		  slots_(slots)
	{
	}

	// Register accesses of a CPU: a write is posted, a read waits for the answer.
	void write_prod(u32 index);
	u32 read_cons();
	// A register of which only the access time matters.
	void read_other();

private:
	struct Message {
		Caches* caches;
		u64 address;
		u32 data;
	};

	static void prod_arrives(void* smmu, u64 index);
	static void command_done(void* smmu, u64);
	static void message_arrives(void* message, u64);
	void start_next(Ps fetch);
	void complete(const smmu3::Command& command);
	void half_a_read();
	const smmu3::Command& slot(u32 index) const { return slots_[index % kEntries]; }

	Caches& caches_;
	const smmu3::Command* slots_;
	u32 prod_ = 0, cons_ = 0;
	bool busy_ = false;
};

}  // namespace scale
