// SPDX-License-Identifier: GPL-2.0-only
// Runs the suites of kunit/suites.def in this process's children: a case that crashes or hangs is a
// failed case and no more.
//
//	tests [--list] [suite[.case]]...
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kunit/host/host.hpp"
#include "kunit/test.h"
#include "kunit/testos.h"
#include "os/os.h"

#define SUITE(name) extern "C" const test_suite name##_suite;
#define HOST_SUITE(name) SUITE(name)
#define UML_SUITE(name)
#include "kunit/suites.def"
#undef SUITE

namespace {

#define SUITE(name) &name##_suite,
constexpr const test_suite* kSuites[] = {
#include "kunit/suites.def"
};
#undef SUITE

constexpr unsigned kCaseSeconds = 120;

struct Totals {
	u32 passed = 0, failed = 0;
};

struct Selected {
	const test_suite* suite;
	std::vector<const test_case*> cases;
};

bool matches(const char* filter, const test_suite& suite, const test_case& one)
{
	const std::string full = std::string(suite.name) + "." + one.name;
	return full == filter || suite.name == std::string(filter);
}

std::vector<Selected> select(const std::vector<const char*>& filters)
{
	std::vector<Selected> selected;
	for (const test_suite* suite : kSuites) {
		Selected some{suite, {}};
		for (size_t i = 0; i < suite->count; i++) {
			bool wanted = filters.empty();
			for (const char* filter : filters)
				wanted |= matches(filter, *suite, suite->cases[i]);
			if (wanted)
				some.cases.push_back(&suite->cases[i]);
		}
		if (!some.cases.empty())
			selected.push_back(some);
	}
	return selected;
}

void reset_system()
{
	host::reset_allocations();
	host::reset_dma();
	host::reset_clock();
	host::reset_mmio();
	host::reset_log();
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

// One child does as many cases as it survives; the next goes on behind the one that ended it.
Totals run_suite(const Selected& some)
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

void list(const std::vector<Selected>& selected)
{
	for (const Selected& some : selected)
		for (const test_case* one : some.cases)
			std::printf("%s.%s\n", some.suite->name, one->name);
}

int run(const std::vector<Selected>& selected)
{
	Totals all;
	size_t number = 0;
	std::printf("TAP version 14\n1..%zu\n", selected.size());
	for (const Selected& some : selected) {
		std::printf("    # %s\n    1..%zu\n", some.suite->name, some.cases.size());
		const Totals totals = run_suite(some);
		std::printf("%s %zu %s\n", totals.failed ? "not ok" : "ok", ++number,
			    some.suite->name);
		all.passed += totals.passed;
		all.failed += totals.failed;
	}
	std::printf("%u passed, %u failed\n", all.passed, all.failed);
	return all.failed || !all.passed;
}

}  // namespace

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

int main(int argc, char** argv)
{
	std::vector<const char*> filters;
	bool only_list = false;
	for (int i = 1; i < argc; i++) {
		if (std::strcmp(argv[i], "--list") == 0)
			only_list = true;
		else
			filters.push_back(argv[i]);
	}
	const std::vector<Selected> selected = select(filters);
	if (selected.empty()) {
		std::fprintf(stderr, "tests: no case is called that; see --list\n");
		return 2;
	}
	if (!only_list)
		return run(selected);
	list(selected);
	return 0;
}
