// SPDX-License-Identifier: GPL-2.0-only
// A small part of what kunit/host/long/pgtable.cc runs, the same each time.
#include "kunit/pgtable/program.hpp"

namespace {

using namespace pgtable;
using test::Case;

constexpr u64 kOperations = 5000;

template <class F>
void run(Case& t)
{
	test::run_programs<F>(t, 42, kOperations);
}

}  // namespace

TEST_SUITE(pgtable_random, {"stage1_4k", [](test_run* t) { run<Granule4K<Stage::k1>>(*t); }},
	   {"stage2_4k", [](test_run* t) { run<Granule4K<Stage::k2>>(*t); }},
	   {"stage1_16k", [](test_run* t) { run<Granule16K<Stage::k1>>(*t); }},
	   {"stage2_16k", [](test_run* t) { run<Granule16K<Stage::k2>>(*t); }},
	   {"stage1_64k", [](test_run* t) { run<Granule64K<Stage::k1>>(*t); }},
	   {"stage2_64k", [](test_run* t) { run<Granule64K<Stage::k2>>(*t); }},
	   {"stage1_4k_lpa2", [](test_run* t) { run<Granule4KLpa2<Stage::k1>>(*t); }},
	   {"stage2_4k_lpa2", [](test_run* t) { run<Granule4KLpa2<Stage::k2>>(*t); }},
	   {"stage1_16k_lpa2", [](test_run* t) { run<Granule16KLpa2<Stage::k1>>(*t); }},
	   {"stage2_16k_lpa2", [](test_run* t) { run<Granule16KLpa2<Stage::k2>>(*t); }});
