// SPDX-License-Identifier: GPL-2.0-only
// Each thread stands for a CPU of its own: sections with interrupts or preemption off are what
// os_synchronize() waits for, and nothing in them may sleep.
#include <atomic>
#include <thread>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

namespace {

constexpr u32 kCpus = 16;

struct alignas(64) Cpu {
	std::atomic<bool> taken{false};
	std::atomic<u64> section{0};  // odd while inside; grows at each entry and exit
};

constinit Cpu cpus[kCpus];

u32 take_cpu()
{
	for (u32 cpu = 0; cpu < kCpus; cpu++)
		if (!cpus[cpu].taken.exchange(true))
			return cpu;
	host::die("more than %u threads at once", kCpus);
}

struct Thread {
	u32 cpu = take_cpu();
	u32 irq_depth = 0;
	u32 depth = 0;
	u64 irq_windows = 0;

	~Thread() { cpus[cpu].taken = false; }

	void enter()
	{
		if (depth++ == 0)
			cpus[cpu].section.fetch_add(1);
	}

	void leave()
	{
		if (depth == 0)
			host::die("a section ends that never began");
		if (--depth == 0)
			cpus[cpu].section.fetch_add(1);
	}
};

thread_local Thread self;

constinit void (*on_reschedule)() = nullptr;
std::atomic<void (*)()> synchronized{nullptr};

}  // namespace

bool host::in_section()
{
	return self.depth != 0;
}

bool test_preemptible()
{
	return !host::in_section();
}

u64 host::section()
{
	return cpus[self.cpu].section;
}

u64 host::irq_windows()
{
	return self.irq_windows;
}

void host::after_synchronize(void (*hook)())
{
	synchronized = hook;
}

void host::must_be_able_to_sleep(const char* what)
{
	if (in_section())
		die("%s sleeps, and was called with interrupts or preemption off", what);
}

unsigned long os_irq_save()
{
	self.enter();
	return self.irq_depth++;
}

void os_irq_restore(unsigned long flags)
{
	if (self.irq_depth != flags + 1)
		host::die("os_irq_restore() out of order");
	if (--self.irq_depth == 0)
		self.irq_windows++;
	self.leave();
}

void os_preempt_disable()
{
	self.enter();
}

void os_preempt_enable()
{
	self.leave();
}

void test_on_reschedule(void (*hook)())
{
	on_reschedule = hook;
}

void os_reschedule()
{
	host::must_be_able_to_sleep("os_reschedule()");
	if (on_reschedule)
		on_reschedule();
	std::this_thread::yield();
}

void os_synchronize()
{
	host::must_be_able_to_sleep("os_synchronize()");
	for (Cpu& cpu : cpus) {
		const u64 seen = cpu.section.fetch_add(0);  // a full barrier
		while (seen % 2 && cpu.section.load() == seen)
			std::this_thread::yield();
	}
	if (void (*const hook)() = synchronized)
		hook();
}

u32 os_cpu()
{
	return self.cpu;
}

u32 os_nr_cpus()
{
	return kCpus;
}
