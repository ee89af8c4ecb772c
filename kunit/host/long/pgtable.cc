// SPDX-License-Identifier: GPL-2.0-only
// The random programs of kunit/pgtable, for as long as one likes.
//
//	pgtable [operations [seed]]
#include <cstdio>
#include <cstdlib>

#include "kunit/pgtable/program.hpp"

namespace {

using namespace pgtable;

constexpr u64 kFormats = 10;

struct Totals {
	u32 passed = 0, failed = 0;
};

template <class F>
void run(Totals& totals, const char* name, u64 operations, u64 seed)
{
	test_run run{nullptr, 0};
	test::run_programs<F>(run, seed, operations / kFormats);
	std::printf("%s %s\n", run.failures ? "not ok" : "ok", name);
	std::fflush(stdout);
	(run.failures ? totals.failed : totals.passed)++;
}

}  // namespace

int main(int argc, char** argv)
{
	const u64 operations = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 10'000'000;
	const u64 seed = argc > 2 ? std::strtoull(argv[2], nullptr, 0) : 1;
	std::printf("# %llu operations, seed %llu\n", operations, seed);
	Totals totals;
	run<Granule4K<Stage::k1>>(totals, "stage 1, 4K", operations, seed);
	run<Granule4K<Stage::k2>>(totals, "stage 2, 4K", operations, seed);
	run<Granule16K<Stage::k1>>(totals, "stage 1, 16K", operations, seed);
	run<Granule16K<Stage::k2>>(totals, "stage 2, 16K", operations, seed);
	run<Granule64K<Stage::k1>>(totals, "stage 1, 64K", operations, seed);
	run<Granule64K<Stage::k2>>(totals, "stage 2, 64K", operations, seed);
	run<Granule4KLpa2<Stage::k1>>(totals, "stage 1, 4K with LPA2", operations, seed);
	run<Granule4KLpa2<Stage::k2>>(totals, "stage 2, 4K with LPA2", operations, seed);
	run<Granule16KLpa2<Stage::k1>>(totals, "stage 1, 16K with LPA2", operations, seed);
	run<Granule16KLpa2<Stage::k2>>(totals, "stage 2, 16K with LPA2", operations, seed);
	std::printf("%u passed, %u failed\n", totals.passed, totals.failed);
	return totals.failed || !totals.passed;
}
