// SPDX-License-Identifier: GPL-2.0-only
// Every parameter of the model.  parameters.cc has units and sources.
#pragma once

#include <span>

#include "os/types.h"

namespace scale {

// Simulated time, in picoseconds.
using Ps = u64;

constexpr Ps from_ns(double ns)
{
	return static_cast<Ps>(ns * 1000 + 0.5);
}

// Which of the requests that wait for a line is served next.
enum class Arbitration { kAny, kFifo, kNearest };

struct Parameters {
	double same_cluster = 15, same_die = 75, same_socket = 125, other_socket = 160;
	double clean = 0.75;
	double hit = 1.5, hold = 6, hold_more = 6, retry = 15, barrier = 5;
	double far_service = 20;
	double relax = 4, clock = 20;
	double prod_write = 10, prod_arrival = 120, register_read = 200;
	double fetch = 60, tlbi = 20, sync = 190, sync_message = 280, message_write = 60;
	double queues_at_once = 1;
	double think = 1400, think_spread = 0.4;

	Arbitration arbitration = Arbitration::kAny;
	bool far_atomics = false;
};

struct ParameterInfo {
	const char* name;
	double Parameters::* value;
	const char* unit;
	const char* meaning;
	const char* source;
};

std::span<const ParameterInfo> parameter_table();

}  // namespace scale
