// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/results.hpp"

#include <algorithm>
#include <cstdio>

namespace scale {
namespace {

bool same(const Setup& a, const Setup& b)
{
	return a.queue == b.queue && a.method == b.method && a.work.name == b.work.name &&
	       a.cpus == b.cpus && a.storm == b.storm;
}

}  // namespace

const char* name_of(Queue queue)
{
	switch (queue) {
	case Queue::kShipping:
		return "smmuv3.ko";
	case Queue::kOwnSyncs:
		return "own syncs";
	case Queue::kEnhanced:
		return "ECMDQs";
	case Queue::kInTree:
		return "in-tree";
	case Queue::kFetchAdd:
		return "fetch_add";
	}
	return "";
}

const char* name_of(Method method)
{
	return method == Method::kMessage ? "message" : "register";
}

const Result& Results::of(Setup setup)
{
	for (const Row& row : rows_)
		if (same(row.setup, setup))
			return row.result;
	setup.work.operations = std::min(setup.work.operations, operations_);
	return rows_.emplace_back(setup, measure(setup, parameters_)).result;
}

void progress(const std::string& what)
{
	std::fprintf(stderr, "Simulating %s\n", what.c_str());
}

}  // namespace scale
