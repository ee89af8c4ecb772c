// SPDX-License-Identifier: GPL-2.0-only
// Runs the suites of kunit/suites.def.
//
//	tests [--list] [--jobs=N] [suite[.case]]...
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kunit/host/runner.hpp"

#define SUITE(name) extern "C" const test_suite name##_suite;
#define HOST_SUITE(name) SUITE(name)
#define UML_SUITE(name)
#define PANIC_SUITE(name)
#define FAIL_SUITE(name)
#define PROCESS_SUITE(name)
#define STAND_IN_SUITE(name)
#include "kunit/suites.def"
#undef SUITE
#undef HOST_SUITE

namespace {

using host::Selected;

// Those that take long come first, case by case, so that several can run at once.
struct Entry {
	const test_suite* suite;
	bool is_long;
};

#define SUITE(name) {&name##_suite, false},
#define HOST_SUITE(name) {&name##_suite, true},
constexpr Entry kSuites[] = {
#include "kunit/suites.def"
};
#undef SUITE
#undef HOST_SUITE

bool matches(const char* filter, const test_suite& suite, const test_case& one)
{
	const std::string full = std::string(suite.name) + "." + one.name;
	return full == filter || suite.name == std::string(filter);
}

bool wanted(const std::vector<const char*>& filters, const test_suite& suite, const test_case& one)
{
	for (const char* filter : filters)
		if (matches(filter, suite, one))
			return true;
	return filters.empty();
}

Selected select(const std::vector<const char*>& filters, const test_suite* suite)
{
	Selected some{suite, {}};
	for (size_t i = 0; i < suite->count; i++)
		if (wanted(filters, *suite, suite->cases[i]))
			some.cases.push_back(&suite->cases[i]);
	return some;
}

std::vector<Selected> select(const std::vector<const char*>& filters)
{
	std::vector<Selected> selected;
	for (const Entry& entry : kSuites)
		if (entry.is_long)
			for (const test_case* one : select(filters, entry.suite).cases)
				selected.push_back({entry.suite, {one}});
	for (const Entry& entry : kSuites)
		if (Selected some = select(filters, entry.suite);
		    !entry.is_long && !some.cases.empty())
			selected.push_back(some);
	return selected;
}

void list(const std::vector<Selected>& selected)
{
	for (const Selected& some : selected)
		for (const test_case* one : some.cases)
			std::printf("%s.%s\n", some.suite->name, one->name);
}

}  // namespace

int main(int argc, char** argv)
{
	std::vector<const char*> filters;
	bool only_list = false;
	unsigned jobs = 1;
	for (int i = 1; i < argc; i++) {
		if (std::strcmp(argv[i], "--list") == 0)
			only_list = true;
		else if (std::strncmp(argv[i], "--jobs=", 7) == 0)
			jobs = static_cast<unsigned>(std::atoi(argv[i] + 7));
		else
			filters.push_back(argv[i]);
	}
	for (const char* filter : filters) {
		if (select({filter}).empty()) {
			std::fprintf(stderr, "tests: no suite or case is called '%s': see --list\n",
				     filter);
			return 2;
		}
	}
	if (!jobs) {
		std::fprintf(stderr, "tests: --jobs needs a number from 1\n");
		return 2;
	}
	const std::vector<Selected> selected = select(filters);
	if (only_list) {
		list(selected);
		return 0;
	}
	const host::Totals totals = host::run_suites(selected, jobs);
	std::printf("%u passed, %u failed\n", totals.passed, totals.failed);
	return totals.failed || !totals.passed;
}
