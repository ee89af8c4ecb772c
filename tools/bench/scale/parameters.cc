// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/parameters.hpp"

namespace scale {
namespace {

// Sources.  "Fitted": varied until the in-tree algorithm was nearest to its published figures (published.hpp), and
// rounded.
constexpr char kFitted[] = "fitted";
constexpr char kChosen[] = "chosen; see --sensitivity";

using P = Parameters;

constexpr ParameterInfo kTable[] = {
	{"same-cluster", &P::same_cluster, "ns", "a line goes to a CPU of the same cluster",
	 kFitted},
	{"same-die", &P::same_die, "ns", "... of the same die", kFitted},
	{"same-socket", &P::same_socket, "ns", "... of the other die of the socket", kFitted},
	{"other-socket", &P::other_socket, "ns", "... of the other socket", kFitted},
	{"clean", &P::clean, "times that", "a load of a line that is not dirty", kChosen},
	{"hit", &P::hit, "ns", "an access to a line that is there", kChosen},
	{"hold", &P::hold, "ns", "an atomic operation keeps the line", kChosen},
	{"hold-more", &P::hold_more, "ns", "and exponentially distributed in addition", kFitted},
	{"retry", &P::retry, "ns", "from a failed cmpxchg to the next", kFitted},
	{"barrier", &P::barrier, "ns", "a DMB with nothing to wait for", kChosen},
	{"far-service", &P::far_service, "ns", "a far atomic at the line's home", kChosen},
	{"relax", &P::relax, "ns", "cpu_relax()", kChosen},
	{"clock", &P::clock, "ns", "a reading of the clock", kChosen},
	{"prod-write", &P::prod_write, "ns", "a write of PROD, for the CPU", kChosen},
	{"prod-arrival", &P::prod_arrival, "ns", "until the SMMU has it", kChosen},
	{"register-read", &P::register_read, "ns", "a read of a register, both ways", kChosen},
	{"fetch", &P::fetch, "ns", "a fetch from a queue that was empty", kChosen},
	{"tlbi", &P::tlbi, "ns", "the SMMU executes a TLBI", kChosen},
	{"sync", &P::sync, "ns", "... a CMD_SYNC without a message", "B. Song, 2020-08-27: 190"},
	{"sync-message", &P::sync_message, "ns", "... with one", "B. Song, 2020-08-27: 280"},
	{"message-write", &P::message_write, "ns", "until the message is in memory", kChosen},
	{"at-once", &P::queues_at_once, "queues", "the SMMU executes at a time", "unknown"},
	{"think", &P::think, "ns", "a CPU between two operations", kFitted},
	{"think-spread", &P::think_spread, "of that", "more or less, uniformly", kFitted},
};

}  // namespace

std::span<const ParameterInfo> parameter_table()
{
	return kTable;
}

}  // namespace scale
