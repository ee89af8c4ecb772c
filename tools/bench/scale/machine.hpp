// SPDX-License-Identifier: GPL-2.0-only
// The clock and the CPUs of the simulated machine.  CPUs are fibers of one thread.
#pragma once

#include <memory>
#include <vector>

#include "tools/bench/scale/counters.hpp"
#include "tools/bench/scale/events.hpp"
#include "tools/bench/scale/fiber.hpp"
#include "tools/bench/scale/random.hpp"
#include "tools/bench/scale/topology.hpp"

namespace scale {

class Machine {
public:
	Machine(const Parameters& the_parameters, u32 cpus, u64 seed);
	~Machine() { current = nullptr; }
	Machine(const Machine&) = delete;
	Machine& operator=(const Machine&) = delete;

	// Run `code` on every CPU until stop() is called.
	void run(Fiber::Code code, void* context);
	void stop() { stopped_ = true; }

	// ---- for the parts of the machine ----

	Ps now() const { return now_; }
	void schedule(Ps delay, void (*run)(void*, u64), void* what, u64 argument)
	{
		events_.push(now_ + delay, run, what, argument);
	}
	void wake(u32 cpu, Ps delay);

	// ---- for the code that a CPU runs ----

	u32 cpu() const { return at_; }
	// Let the CPU compute.  Its time is added up until catch_up().
	void spend(Ps time) { debt_[at_] += time; }
	void spend_ns(double ns) { spend(from_ns(ns)); }
	// Run the events that come before the CPU's own time.
	void catch_up();
	// An operation of `entries` begins; it has reserved its slots.
	void begin(u32 entries) { operations_[at_] = {now_, entries, false}; }
	void reserved()
	{
		counters.reservations++;
		counters.reserving += now_ - operations_[at_].start;
		operations_[at_].reserved = true;
	}
	u32 entries() const { return operations_[at_].entries; }
	bool has_reserved() const { return operations_[at_].reserved; }
	// Sleep until wake().
	void block() { fibers_[at_]->leave(); }

	const Parameters& parameters;
	Topology topology;
	Random random;
	Counters counters;

	static inline Machine* current;

private:
	struct Operation {
		Ps start;
		u32 entries;
		bool reserved;
	};
	static void resume(void* machine, u64 cpu);

	Ps now_ = 0;
	EventQueue events_;
	std::vector<std::unique_ptr<Fiber>> fibers_;
	std::vector<Ps> debt_;
	std::vector<Operation> operations_;
	u32 at_ = 0;
	bool stopped_ = false;
};

inline Machine& machine()
{
	return *Machine::current;
}

}  // namespace scale
