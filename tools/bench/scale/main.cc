// SPDX-License-Identifier: GPL-2.0-only
// Simulates how the command queue scales with the number of CPUs.  Documentation/scaling.rst
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tools/bench/scale/calibration.hpp"
#include "tools/bench/scale/report.hpp"
#include "tools/bench/scale/sensitivity.hpp"

using namespace scale;

namespace {

constexpr char kUsage[] =
	"usage: scale [--quick | --sensitivity | --parameters] [--set NAME=VALUE]... [--csv FILE]\n"
	"\n"
	"Simulates the command queue of smmuv3.ko, unmodified, and that of the in-tree driver on\n"
	"up to 128 CPUs.  The same arguments give the same output.\n"
	"\n"
	"  --quick           compare with published measurements, and make few other runs\n"
	"  --sensitivity     halve and double each parameter\n"
	"  --parameters      print the parameters and their sources\n"
	"  --set NAME=VALUE  change a parameter\n"
	"  --csv FILE        write all results to FILE\n"
	"\n"
	"Exit status 1 when the model is too far from the published measurements.\n";

struct Options {
	bool quick = false, sensitivity = false, parameters = false;
	const char* csv = nullptr;
	Parameters values;
};

[[noreturn]] void wrong_usage(const char* argument)
{
	std::fprintf(stderr, "scale: wrong argument '%s': see --help\n", argument);
	std::exit(2);
}

void set(Parameters& parameters, const char* argument)
{
	const char* equals = std::strchr(argument, '=');
	char* end = nullptr;
	const double value = equals ? std::strtod(equals + 1, &end) : -1;
	if (!end || end == equals + 1 || *end || value < 0)
		wrong_usage(argument);
	for (const ParameterInfo& info : parameter_table()) {
		if (std::string(argument, equals) == info.name) {
			parameters.*info.value = value;
			return;
		}
	}
	wrong_usage(argument);
}

Options parse(int argc, char** argv)
{
	Options options;
	for (int i = 1; i < argc; i++) {
		const std::string argument = argv[i];
		if (argument == "--quick")
			options.quick = true;
		else if (argument == "--sensitivity")
			options.sensitivity = true;
		else if (argument == "--parameters")
			options.parameters = true;
		else if (argument == "--csv" && i + 1 < argc)
			options.csv = argv[++i];
		else if (argument == "--set" && i + 1 < argc)
			set(options.values, argv[++i]);
		else if (argument == "--help" || argument == "-h")
			std::exit(std::fputs(kUsage, stdout) == EOF);
		else
			wrong_usage(argv[i]);
	}
	return options;
}

void print_parameters(const Parameters& parameters)
{
	std::printf("Parameters\n\n");
	for (const ParameterInfo& info : parameter_table())
		std::printf("%-14s %7g %-11s %-42s %s\n", info.name, parameters.*info.value,
			    info.unit, info.meaning, info.source);
	std::printf("\n");
}

constexpr u32 kStormCpus[] = {1, 8, 32, 96};

// Each queue and each kind of work once.
void print_quick(Results& results)
{
	constexpr u32 kFew[] = {1, 8, 96};
	constexpr u32 kOne[] = {8};
	print_table(results, kUnmap, Method::kMessage, kFew);
	print_table(results, kUnmap, Method::kRegister, kFew);
	print_table(results, kBatch, Method::kMessage, kOne);
	print_table(results, kPost, Method::kMessage, kOne);
	print_storm(results, kUnmap, kOne);
}

void print_all(Results& results)
{
	for (Method method : {Method::kMessage, Method::kRegister})
		for (const Work& work : {kUnmap, kBatch})
			print_table(results, work, method, kCpuCounts);
	print_table(results, kPost, Method::kMessage, kCpuCounts);
	print_storm(results, kUnmap, kStormCpus);
}

}  // namespace

int main(int argc, char** argv)
{
	const Options options = parse(argc, argv);
	if (options.parameters || options.sensitivity) {
		if (options.parameters)
			print_parameters(options.values);
		if (options.sensitivity)
			print_sensitivity(options.values);
		return 0;
	}
	Results results(options.values, options.quick ? 3000 : ~0u);
	if (!options.quick)
		print_parameters(options.values);
	const bool near_enough = compare_with_published(results);
	if (options.quick)
		print_quick(results);
	else
		print_all(results);
	if (options.csv && !write_csv(results, options.csv)) {
		std::fprintf(stderr, "scale: failed to write %s: %s\n", options.csv,
			     std::strerror(errno));
		return 1;
	}
	return !near_enough;
}
