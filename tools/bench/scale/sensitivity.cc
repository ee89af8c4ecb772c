// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/sensitivity.hpp"

#include <cstdio>

#include "tools/bench/scale/results.hpp"

namespace scale {
namespace {

constexpr u32 kOperations = 6000;
constexpr u32 kCpus[] = {8, 32, 96};

// For each number of CPUs: M/s of smmuv3.ko, and how much more that is than in-tree.
void print_row(const std::string& what, const Parameters& parameters, Method method)
{
	Results results(parameters, kOperations);
	std::printf("%-24s", what.c_str());
	for (u32 cpus : kCpus) {
		const double ours = results.of({Queue::kShipping, method, kUnmap, cpus}).per_us;
		const double theirs = results.of({Queue::kInTree, method, kUnmap, cpus}).per_us;
		std::printf(" %8.2f %+4.0f %%", ours, (ours / theirs - 1) * 100);
	}
	std::printf("\n");
}

void print_switches(Parameters parameters, Method method)
{
	parameters.arbitration = Arbitration::kFifo;
	print_row("requests served FIFO", parameters, method);
	parameters.arbitration = Arbitration::kNearest;
	print_row("requests nearest first", parameters, method);
	parameters.arbitration = Arbitration::kAny;
	parameters.far_atomics = true;
	print_row("far atomics", parameters, method);
}

void print_table(const Parameters& parameters, Method method)
{
	std::printf("Sensitivity, {%s}, completion by %s: M/s of smmuv3.ko, and how much more than "
		    "in-tree\n\n"
		    "%-24s %15s %15s %15s\n",
		    kUnmap.name, name_of(method), "", "8 CPUs", "32 CPUs", "96 CPUs");
	print_row("default", parameters, method);
	print_switches(parameters, method);
	for (const ParameterInfo& info : parameter_table()) {
		progress(std::string(info.name) + " halved and doubled, completion by " +
			 name_of(method));
		for (double factor : {0.5, 2.0}) {
			Parameters changed = parameters;
			changed.*info.value *= factor;
			print_row(std::string(info.name) + (factor < 1 ? " / 2" : " * 2"), changed,
				  method);
		}
	}
	std::printf("\n");
}

}  // namespace

void print_sensitivity(const Parameters& parameters)
{
	print_table(parameters, Method::kMessage);
	print_table(parameters, Method::kRegister);
}

}  // namespace scale
