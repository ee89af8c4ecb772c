// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/host/runner.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kunit/host/host.hpp"
#include "kunit/testos.h"
#include "os/os.h"

namespace {

using host::Selected;

constexpr unsigned kCaseSeconds = 600;  // on a machine that has much else to do

void reset_system()
{
	host::reset_allocations();
	host::reset_dma();
	host::reset_clock();
	test_on_reschedule(nullptr);
	host::reset_mmio();
	host::reset_log();
	host::after_synchronize(nullptr);
}

bool run_case(const test_case& one)
{
	reset_system();
	const u32 before = test_live_allocs();
	test_run run{nullptr, 0};
	alarm(kCaseSeconds);
	one.run(&run);
	alarm(0);
	if (host::in_section())
		host::die("the case ends with interrupts or preemption off");
	if (test_live_allocs() != before) {
		std::printf("    # leaked %d allocations\n",
			    static_cast<int>(test_live_allocs() - before));
		run.failures++;
	}
	if (run.failures)
		host::print_log();
	return run.failures == 0;
}

// In the child: run the cases from `first` on, and report each by a byte.
[[noreturn]] void run_cases(const Selected& some, size_t first, int report)
{
	for (size_t i = first; i < some.cases.size(); i++) {
		const char passed = run_case(*some.cases[i]);
		std::fflush(stdout);
		if (write(report, &passed, 1) != 1)
			_exit(1);
	}
	std::exit(0);  // leak detection included
}

void print_result(bool passed, size_t number, const char* name, const char* why = "")
{
	std::printf("    %s %zu %s%s\n", passed ? "ok" : "not ok", number, name, why);
	std::fflush(stdout);
}

std::string describe(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return " # took more than " + std::to_string(kCaseSeconds) + " s";
	if (WIFSIGNALED(status))
		return std::string(" # ") + strsignal(WTERMSIG(status));
	return " # exit status " + std::to_string(WEXITSTATUS(status));
}

// Worth a word when it is long.
std::string describe_time(u64 ns)
{
	const u64 seconds = ns / 1'000'000'000;
	return seconds ? " # " + std::to_string(seconds) + " s" : "";
}

struct Child {
	pid_t pid;
	int report;
};

Child start(const Selected& some, size_t first)
{
	int ends[2];
	std::fflush(stdout);
	if (pipe(ends) != 0)
		host::die("pipe() failed");
	const pid_t pid = fork();
	if (pid < 0)
		host::die("fork() failed");
	if (pid == 0) {
		close(ends[0]);
		run_cases(some, first, ends[1]);
	}
	close(ends[1]);
	return {pid, ends[0]};
}

}  // namespace

// One child does as many cases as it survives; the next goes on behind the one that ended it.
host::Totals host::run_suite(const Selected& some)
{
	Totals totals;
	for (size_t next = 0; next < some.cases.size();) {
		const Child child = start(some, next);
		u64 start = os_now_ns();
		for (char passed; read(child.report, &passed, 1) == 1; next++) {
			print_result(passed, next + 1, some.cases[next]->name,
				     describe_time(os_now_ns() - start).c_str());
			++(passed ? totals.passed : totals.failed);
			start = os_now_ns();
		}
		close(child.report);
		int status;
		waitpid(child.pid, &status, 0);
		if (status == 0)
			continue;
		const bool after_last = next == some.cases.size();
		print_result(false, after_last ? next : next + 1,
			     after_last ? "at exit" : some.cases[next]->name,
			     describe(status).c_str());
		totals.failed++;
		next++;
	}
	return totals;
}

void test_fail(test_run* run, const char* file, int line, const char* what, u64 left, u64 right)
{
	__atomic_fetch_add(&run->failures, 1, __ATOMIC_RELAXED);
	std::printf("    # %s:%d: %s: %#llx, %#llx\n", file, line, what, left, right);
}

device* test_device()
{
	static char the_device;
	// SAFETY: nothing in this process looks into a device.
	return reinterpret_cast<device*>(&the_device);
}
