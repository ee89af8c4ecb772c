// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/host/runner.hpp"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

namespace {

using host::Selected;

constexpr u64 kSecond = 1'000'000'000;

// A case hangs when it has used so much CPU time, or when none of its threads has used or waited for a CPU for so
// long.  Load on the machine changes neither.
constexpr u64 kMostCpu = 60 * kSecond;
constexpr u64 kMostSleep = 30 * kSecond, kAwake = kSecond / 100;

void reset_system()
{
	host::reset_allocations();
	host::reset_dma();
	host::reset_tables();
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
	one.run(&run);
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

// What CPU time `clock` has counted, or `otherwise` when its process has ended.
u64 cpu_time(clockid_t clock, u64 otherwise = 0)
{
	timespec used{};
	if (clock_gettime(clock, &used))
		return otherwise;
	return static_cast<u64>(used.tv_sec) * kSecond + static_cast<u64>(used.tv_nsec);
}

// Whether a thread of `pid` runs or waits for a CPU.
bool is_runnable(pid_t pid)
{
	const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
	DIR* const directory = opendir(tasks.c_str());
	bool runnable = false;
	while (const dirent* task = directory ? readdir(directory) : nullptr) {
		std::ifstream stat(tasks + "/" + task->d_name + "/stat");
		std::string line;
		std::getline(stat, line);
		runnable |= line.find(") R ") != line.npos;
	}
	if (directory)
		closedir(directory);
	return runnable;
}

// What became of a case.
struct Report {
	bool passed;
	u64 cpu_ns;
};

// In the child: run the cases from `first` on, and report each.
[[noreturn]] void run_cases(const Selected& some, size_t first, int report)
{
	for (size_t i = first; i < some.cases.size(); i++) {
		const u64 begun = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
		const bool passed = run_case(*some.cases[i]);
		const Report done{passed, cpu_time(CLOCK_PROCESS_CPUTIME_ID) - begun};
		std::fflush(stdout);
		if (write(report, &done, sizeof(done)) != sizeof(done))
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
	if (WIFSIGNALED(status))
		return std::string(" # ") + strsignal(WTERMSIG(status));
	return " # exit status " + std::to_string(WEXITSTATUS(status));
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

// Follows one case in the child.
class Watch {
public:
	explicit Watch(const Child& child)
		: child_(child)
	{
		clock_getcpuclockid(child.pid, &clock_);
		restart();
	}

	void restart()
	{
		begun_ = os_now_ns();
		awake_ = begun_;
		cpu_ = seen_ = cpu_time(clock_);
	}
	// Worth a word when it is long.
	std::string describe_time(const Report& done) const
	{
		const u64 seconds = (os_now_ns() - begun_) / kSecond;
		if (!seconds)
			return "";
		return " # " + std::to_string(seconds) + " s, of the CPU's " +
		       std::to_string(done.cpu_ns / kSecond) + " s";
	}

	// Wait for the end of the case; false when the child has ended, or hangs and is killed.
	bool next(Report& done)
	{
		pollfd report{child_.report, POLLIN, 0};
		while (!why_ && poll(&report, 1, 1000) == 0)
			why_ = hangs();
		if (why_)
			kill(child_.pid, SIGKILL);
		return !why_ && read(child_.report, &done, sizeof(done)) == sizeof(done);
	}
	const char* why() const { return why_; }

private:
	const char* hangs()
	{
		const u64 now = os_now_ns(), used = cpu_time(clock_, seen_);
		if (used - seen_ >= kAwake || is_runnable(child_.pid)) {
			seen_ = used;
			awake_ = now;
		}
		if (used - cpu_ >= kMostCpu)
			return " # hangs: 60 s of CPU time";
		return now - awake_ >= kMostSleep ? " # hangs: asleep for 30 s" : nullptr;
	}

	const Child& child_;
	clockid_t clock_{};
	u64 begun_ = 0, awake_ = 0;  // by the clock
	u64 cpu_ = 0, seen_ = 0;  // of the child, when the case began, and when it was last awake
	const char* why_ = nullptr;
};

}  // namespace

// One child does as many cases as it survives; the next goes on behind the one that ended it.
host::Totals host::run_suite(const Selected& some)
{
	Totals totals;
	for (size_t next = 0; next < some.cases.size();) {
		const Child child = start(some, next);
		Watch watch(child);
		for (Report done; watch.next(done); next++, watch.restart()) {
			print_result(done.passed, next + 1, some.cases[next]->name,
				     watch.describe_time(done).c_str());
			++(done.passed ? totals.passed : totals.failed);
		}
		close(child.report);
		int status;
		waitpid(child.pid, &status, 0);
		if (status == 0)
			continue;
		const bool after_last = next == some.cases.size();
		print_result(false, after_last ? next : next + 1,
			     after_last ? "at exit" : some.cases[next]->name,
			     watch.why() ? watch.why() : describe(status).c_str());
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
