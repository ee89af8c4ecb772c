// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "kunit/host/host.hpp"
#include "kunit/host/runner.hpp"

namespace {

using host::Selected;
using host::Totals;

// A worker writes what it says to `output` and its totals to `report`.
struct Worker {
	const Selected* work;
	int output, report;
};

[[noreturn]] void do_work(const Selected& work, int output, int report)
{
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	const Totals totals = host::run_suite(work);
	std::fflush(stdout);
	_exit(write(report, &totals, sizeof(totals)) != sizeof(totals));
}

pid_t start(const Selected& work, std::map<pid_t, Worker>& workers)
{
	int ends[2];
	const int output = memfd_create("output", MFD_CLOEXEC);
	if (output < 0 || pipe(ends) != 0)
		host::die("no memory for the output of a suite");
	std::fflush(stdout);
	const pid_t pid = fork();
	if (pid < 0)
		host::die("fork() failed");
	if (pid == 0)
		do_work(work, output, ends[1]);
	close(ends[1]);
	workers[pid] = {&work, output, ends[0]};
	return pid;
}

void copy(int output)
{
	char buffer[4096];
	lseek(output, 0, SEEK_SET);
	for (ssize_t n; (n = read(output, buffer, sizeof(buffer))) > 0;)
		std::fwrite(buffer, 1, static_cast<size_t>(n), stdout);
}

Totals finish(const Worker& worker, size_t number)
{
	Totals totals;
	if (read(worker.report, &totals, sizeof(totals)) != sizeof(totals))
		totals = {0, static_cast<u32>(worker.work->cases.size())};
	std::printf("    # %s\n    1..%zu\n", worker.work->suite->name, worker.work->cases.size());
	copy(worker.output);
	std::printf("%s %zu %s\n", totals.failed ? "not ok" : "ok", number,
		    worker.work->suite->name);
	std::fflush(stdout);
	close(worker.output);
	close(worker.report);
	return totals;
}

}  // namespace

host::Totals host::run_suites(const std::vector<Selected>& all, unsigned jobs)
{
	std::map<pid_t, Worker> workers;
	Totals totals;
	size_t next = 0, number = 0;
	std::printf("TAP version 14\n1..%zu\n", all.size());
	while (next < all.size() || !workers.empty()) {
		if (next < all.size() && workers.size() < jobs) {
			start(all[next++], workers);
			continue;
		}
		const auto done = workers.find(wait(nullptr));
		if (done == workers.end())
			continue;
		const Totals some = finish(done->second, ++number);
		workers.erase(done);
		totals.passed += some.passed;
		totals.failed += some.failed;
	}
	return totals;
}
