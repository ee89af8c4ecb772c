// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/machine.hpp"

namespace scale {

Machine::Machine(const Parameters& the_parameters, u32 cpus, u64 seed)
	: parameters(the_parameters),
	  topology(the_parameters, cpus),
	  random(seed),
	  debt_(cpus),
	  operations_(cpus)
{
	current = this;
}

void Machine::resume(void* machine, u64 cpu)
{
	Machine& self = *static_cast<Machine*>(machine);
	self.at_ = static_cast<u32>(cpu);
	self.fibers_[cpu]->enter();
}

void Machine::wake(u32 cpu, Ps delay)
{
	schedule(delay, resume, this, cpu);
}

void Machine::catch_up()
{
	const Ps debt = std::exchange(debt_[at_], 0);
	if (!debt)
		return;
	// Without an event until then no switch is needed.
	if (!stopped_ && (events_.empty() || now_ + debt < events_.next_time())) {
		now_ += debt;
		return;
	}
	wake(at_, debt);
	block();
}

void Machine::run(Fiber::Code code, void* context)
{
	for (u32 cpu = 0; cpu < debt_.size(); cpu++) {
		fibers_.push_back(std::make_unique<Fiber>(code, context));
		wake(cpu, 0);
	}
	while (!stopped_ && !events_.empty()) {
		const Event event = events_.pop();
		now_ = event.time;
		event.run(event.what, event.argument);
	}
}

}  // namespace scale
