// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/host/stepping.hpp"

#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define FIBER(...) __VA_ARGS__
#else
#define FIBER(...)
#endif

namespace stepping {

void Scheduler::add(Code code, void* context)
{
	Cpu& cpu = cpus_[count_++];
	cpu.code = code;
	cpu.context = context;
	cpu.stack.resize(kStack);
	cpu.fiber = nullptr;
}

void Scheduler::enter(int number)
{
	Cpu& cpu = current->cpus_[number];
	cpu.code(cpu.context);
	current->end();
}

// The last choice with an alternative left is made another way, and what follows it is open again.  Deviations
// come early first: that is where most of what is broken shows.
bool Scheduler::run()
{
	if (first_) {
		getcontext(&blank_);
	} else {
		while (!choices_.empty() && choices_.back() == 0)
			choices_.pop_back();
		if (choices_.empty())
			return false;
		choices_.back()--;
	}
	first_ = false;
	runs_++;
	step_ = deviations_ = ticks_ = points_ = 0;
	stuck_ = abandoned_ = false;
	main_.started = true;

	for (u32 i = 0; i < count_; i++) {
		Cpu& cpu = cpus_[i];
		cpu.state = State::kReady;
		ucontext_t& first = cpu.place.first;
		first = blank_;
		first.uc_stack.ss_sp = cpu.stack.data();
		first.uc_stack.ss_size = cpu.stack.size();
		first.uc_link = nullptr;
		makecontext(&first, reinterpret_cast<void (*)()>(enter), 1, static_cast<int>(i));
		cpu.place.started = false;
		FIBER(cpu.fiber = __tsan_create_fiber(0));
	}
	FIBER(main_fiber_ = __tsan_get_current_fiber());
	at_ = take(count_);
	FIBER(__tsan_switch_to_fiber(cpus_[at_].fiber, 0));
	change(main_, cpus_[at_].place);
	FIBER(for (u32 i = 0; i < count_; i++) __tsan_destroy_fiber(cpus_[i].fiber));
	return true;
}

u32 Scheduler::others_running() const
{
	u32 running = 0;
	for (u32 i = 0; i < count_; i++)
		running += i != at_ && cpus_[i].state != State::kEnded;
	return running;
}

u32 Scheduler::take(u32 of)
{
	if (abandoned_ || of == 1 || deviations_ == bound_)
		return 0;
	if (step_ == choices_.size())
		choices_.push_back(of - 1);
	const u32 taken = choices_[step_++];
	deviations_ += taken != 0;
	return taken;
}

u32 Scheduler::ready_others(u32* list) const
{
	u32 ready = 0;
	for (u32 i = 1; i < count_; i++) {
		const u32 other = (at_ + i) % count_;
		if (cpus_[other].state == State::kReady)
			list[ready++] = other;
	}
	return ready;
}

void Scheduler::switch_to(u32 cpu)
{
	const u32 from = at_;
	at_ = cpu;
	FIBER(__tsan_switch_to_fiber(cpus_[cpu].fiber, 0));
	change(cpus_[from].place, cpus_[cpu].place);
}

void Scheduler::change(Place& from, Place& to)
{
	if (!__builtin_setjmp(from.again))
		go(to);
}

[[gnu::noinline]] void Scheduler::go(Place& to)
{
	if (to.started)
		__builtin_longjmp(to.again, 1);
	to.started = true;
	setcontext(&to.first);
}

void Scheduler::choose(bool writes)
{
	if (++points_ > kMaxPoints) {
		stuck_ = true;
		to_main(cpus_[at_].place);  // and never back
	}
	u32 others[kMaxCpus];
	if (const u32 taken = take(ready_others(others) + 1))
		switch_to(others[taken - 1]);
	if (!writes)
		return;
	ticks_ = 0;
	for (u32 i = 0; i < count_; i++)
		if (cpus_[i].state == State::kWaiting)
			cpus_[i].state = State::kReady;
}

// Everybody waits: let them all look again.
void Scheduler::tick()
{
	if (++ticks_ > kMaxTicks)
		stuck_ = true;
	for (u32 i = 0; i < count_; i++)
		if (cpus_[i].state == State::kWaiting)
			cpus_[i].state = State::kReady;
}

void Scheduler::to_main(Place& from)
{
	FIBER(__tsan_switch_to_fiber(main_fiber_, 0));
	change(from, main_);
}

void Scheduler::wait()
{
	Cpu& self = cpus_[at_];
	self.state = State::kWaiting;
	u32 others[kMaxCpus];
	u32 ready = ready_others(others);
	if (!ready) {
		tick();
		if (stuck_)
			return to_main(self.place);  // and never back
		self.state = State::kWaiting;
		ready = ready_others(others);
		if (!ready) {
			self.state = State::kReady;
			return;
		}
	}
	switch_to(others[take(ready)]);
	self.state = State::kReady;
}

void Scheduler::end()
{
	Cpu& self = cpus_[at_];
	self.state = State::kEnded;
	u32 others[kMaxCpus];
	u32 ready = ready_others(others);
	if (!ready) {
		tick();
		ready = ready_others(others);
	}
	if (ready)
		switch_to(others[take(ready)]);
	to_main(self.place);
}

}  // namespace stepping
