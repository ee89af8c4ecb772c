// SPDX-License-Identifier: GPL-2.0-only
// Coherent cache lines.  Each has an owner, sharers, waiting requests, and at most one transfer in flight.
#pragma once

#include <bitset>
#include <vector>

#include "tools/bench/scale/machine.hpp"

namespace scale {

struct Line;

// A request for a line.  apply() makes the access when the line arrives.
struct Request {
	enum class Kind { kRead, kWrite, kFarWrite, kIoWrite };

	u32 agent;
	Kind kind;
	Ps hold;    // from the arrival to the next transfer of the line
	Ps answer;  // from the arrival until the CPU continues
	void (*apply)(Request& request);
	Line* line = nullptr;
};

struct Line {
	Holds holds = Holds::kOther;
	u32 owner = kHome;   // the agent that supplies it
	bool dirty = false;  // the owner has the only copy
	bool in_flight = false, kicked = false;
	Ps free_at = 0;
	std::bitset<kAgents> sharers;
	std::vector<Request*> waiting;
	std::vector<u32> watchers;  // CPUs asleep until they lose their copy

	bool has(u32 cpu) const { return sharers[cpu]; }
	bool writable_by(u32 cpu) const { return dirty && owner == cpu; }
};

class Lines {
public:
	// Register the lines of [base, base + bytes).
	void add(const void* base, size_t bytes, Holds what);
	Line& of(const void* address);

	void request(Line& line, Request& request);
	// Whether `cpu` can write the line without a request.
	bool ready_for(const Line& line, u32 cpu) const
	{
		return line.writable_by(cpu) && !line.in_flight && line.waiting.empty() &&
		       machine().now() >= line.free_at;
	}

private:
	struct Region {
		u64 base, bytes;
		std::vector<Line> lines;
	};

	static void kick(void* line, u64);
	static void arrived(void* line, u64 request);
	static void serve_next(Line& line);

	std::vector<Region> regions_;
};

}  // namespace scale
