// SPDX-License-Identifier: GPL-2.0-only
// Every interleaving of a few CPUs, up to a number of deviations, one after the other.
//
// The CPUs are coroutines in one thread.  Code under test calls point() before each access to what is
// shared, and relax() where it waits for another CPU.  By default a CPU runs until it waits, and then the next
// one in turn does; each time another one runs is a deviation.  An interleaving is the list of choices made;
// the next one differs in its last choice that has an alternative left.
#pragma once

#include <ucontext.h>

#include <vector>

#include "os/types.h"

namespace stepping {

class Scheduler {
public:
	static constexpr u32 kMaxCpus = 5;

	// What one CPU runs.
	using Code = void (*)(void* context);

	explicit Scheduler(u32 max_deviations)
		: bound_(max_deviations)
	{
		current = this;
	}
	~Scheduler() { current = nullptr; }
	Scheduler(const Scheduler&) = delete;
	Scheduler& operator=(const Scheduler&) = delete;

	void add(Code code, void* context);

	// Run the CPUs to their ends under the next interleaving; false when there is none left.
	bool run();

	// ---- for the code under test ----

	static u32 cpu() { return current->at_; }
	// An access is about to be made; one that `writes` may end another CPU's wait.
	static void point(bool writes) { current->choose(writes); }
	static void relax() { current->wait(); }

	// How many others have not ended yet.
	u32 others_running() const;
	// The CPUs waited for each other without an end.
	bool stuck() const { return stuck_; }
	// Give the interleaving up: what is left of it runs without choices.
	void abandon()
	{
		abandoned_ = true;
		points_ = 0;
	}
	u64 runs() const { return runs_; }

	static inline Scheduler* current;

private:
	static constexpr size_t kStack = 64 * 1024;
	static constexpr u32 kMaxTicks = 200;  // rounds in which everybody waits
	static constexpr u32 kMaxPoints = 10'000;

	enum class State { kReady, kWaiting, kEnded };
	// Where a CPU, or main, goes on.  The first time by setcontext(), then without a system call.
	struct Place {
		ucontext_t first;
		void* again[5];
		bool started;
	};
	struct Cpu {
		Code code;
		void* context;
		State state;
		Place place;
		std::vector<char> stack;
		[[maybe_unused]] void* fiber;
	};

	static void enter(int number);
	void choose(bool writes);
	void wait();
	void end();
	void switch_to(u32 cpu);
	u32 take(u32 of);
	u32 ready_others(u32* list) const;
	void tick();
	void to_main(Place& from);
	static void change(Place& from, Place& to);
	static void go(Place& to);

	u32 bound_, count_ = 0, at_ = 0;
	Cpu cpus_[kMaxCpus];
	ucontext_t blank_;
	Place main_{};
	[[maybe_unused]] void* main_fiber_ = nullptr;
	std::vector<u32> choices_;  // 0: as by default
	size_t step_ = 0;
	u32 deviations_ = 0, ticks_ = 0, points_ = 0;
	bool stuck_ = false, abandoned_ = false, first_ = true;
	u64 runs_ = 0;
};

}  // namespace stepping
