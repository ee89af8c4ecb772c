// SPDX-License-Identifier: GPL-2.0-only
// The agents of the coherence protocol: CPUs in clusters of four, two dies a socket, two sockets.
#pragma once

#include "tools/bench/scale/parameters.hpp"

namespace scale {

constexpr u32 kMaxCpus = 128;
// Memory, the SMMU and the home of every line: on the first die, in no cluster.
constexpr u32 kHome = kMaxCpus;
constexpr u32 kAgents = kMaxCpus + 1;

class Topology {
public:
	// CPUs are numbered through the dies.  The machine has 96, or 128 for a run that needs more than 96.
	Topology(const Parameters& parameters, u32 cpus)
		: cpus_per_die_(cpus > 96 ? 32 : 24),
		  same_cluster_(from_ns(parameters.same_cluster)),
		  same_die_(from_ns(parameters.same_die)),
		  same_socket_(from_ns(parameters.same_socket)),
		  other_socket_(from_ns(parameters.other_socket)),
		  hit_(from_ns(parameters.hit))
	{
	}

	// The time of a line's transfer from one agent to another.
	Ps distance(u32 from, u32 to) const
	{
		if (from == to)
			return hit_;
		const u32 die = die_of(from), other = die_of(to);
		if (die / 2 != other / 2)
			return other_socket_;
		if (die != other)
			return same_socket_;
		if (from == kHome || to == kHome || from / 4 != to / 4)
			return same_die_;
		return same_cluster_;
	}

private:
	u32 die_of(u32 agent) const { return agent == kHome ? 0 : agent / cpus_per_die_; }

	u32 cpus_per_die_;
	Ps same_cluster_, same_die_, same_socket_, other_socket_, hit_;
};

}  // namespace scale
