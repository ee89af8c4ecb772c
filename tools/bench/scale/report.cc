// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/report.hpp"

#include <cstdio>

namespace scale {
namespace {

double reads(const Result& result, Holds what)
{
	return result.reads[static_cast<int>(what)];
}

// Messages of the in-tree queue are written to its slots.
double message_reads(const Result& result)
{
	return reads(result, Holds::kMessage) + reads(result, Holds::kGroupMessage) +
	       reads(result, Holds::kSlots);
}

std::span<const Queue> queues_of(const Work& work)
{
	static constexpr Queue kAll[] = {Queue::kInTree, Queue::kShipping, Queue::kOwnSyncs,
					 Queue::kEnhanced};
	return std::span(kAll).first(work.name == kUnmap.name ? 4 : 2);
}

void print_row(u32 cpus, Queue queue, const Result& result)
{
	std::printf("%5u %-10s %6.2f %9.2f %8.2f %8.2f %8.2f %6.2f %9.2f %6.2f %8.2f %6.2f %6.2f "
		    "%7.2f\n",
		    cpus, name_of(queue), result.per_us, result.attempts, result.reserve_ns / 1000,
		    result.mean_ns / 1000, result.p99_ns / 1000, reads(result, Holds::kWord),
		    reads(result, Holds::kPublished), reads(result, Holds::kMarks),
		    message_reads(result), result.cons_reads, result.prod_writes, result.attends);
}

}  // namespace

void print_table(Results& results, Work work, Method method, std::span<const u32> cpu_counts)
{
	progress(std::string("{") + work.name + "}, completion by " + name_of(method));
	std::printf("{%s}%s%s\n\n", work.name, work.sync ? ", completion by " : "",
		    work.sync ? name_of(method) : "");
	std::printf("%5s %-10s %6s %9s %26s %32s\n", "", "", "", "attempts/", "latency, us",
		    "loads that fetch a line, each");
	std::printf("%5s %-10s %6s %9s %8s %8s %8s %6s %9s %6s %8s %6s %6s %7s\n", "CPUs", "queue",
		    "M/s", "success", "reserve", "mean", "p99", "word", "published", "marks",
		    "message", "CONS", "PROD", "attends");
	for (u32 cpus : cpu_counts)
		for (Queue queue : queues_of(work))
			print_row(cpus, queue, results.of({queue, method, work, cpus}));
	std::printf("\n");
}

void print_storm(Results& results, Work work, std::span<const u32> cpu_counts)
{
	progress("suspends");
	std::printf("{%s}, a suspend 50 us after each resume\n\n", work.name);
	std::printf("%5s %-10s %6s %6s %8s %10s\n", "CPUs", "completion", "M/s", "p99", "elided",
		    "suspends");
	std::printf("%5s %-10s %6s %6s %8s %10s\n", "", "", "", "us", "M/s", "1000/s");
	for (u32 cpus : cpu_counts)
		for (Method method : {Method::kMessage, Method::kRegister}) {
			const Result& result =
				results.of({Queue::kShipping, method, work, cpus, true});
			std::printf("%5u %-10s %6.2f %6.1f %8.2f %10.2f\n", cpus, name_of(method),
				    result.per_us, result.p99_ns / 1000, result.elided_per_us,
				    result.suspends_per_us * 1000);
		}
	std::printf("\n");
}

bool write_csv(const Results& results, const char* path)
{
	std::FILE* file = std::fopen(path, "w");
	if (!file)
		return false;
	std::fprintf(file, "work,completion,queue,CPUs,M/s,attempts,reserve ns,mean ns,p99 ns,"
			   "word reads,published reads,mark reads,message reads,word transfers,"
			   "CONS reads,PROD writes,attends,SMMU busy\n");
	for (const auto& [setup, result] : results.rows()) {
		if (setup.storm)
			continue;
		std::fprintf(file, "\"%s\",%s,%s,%u", setup.work.name,
			     setup.work.sync ? name_of(setup.method) : "", name_of(setup.queue),
			     setup.cpus);
		for (double value :
		     {result.per_us, result.attempts, result.reserve_ns, result.mean_ns,
		      result.p99_ns, reads(result, Holds::kWord), reads(result, Holds::kPublished),
		      reads(result, Holds::kMarks), message_reads(result), result.word_transfers,
		      result.cons_reads, result.prod_writes, result.attends, result.smmu_busy})
			std::fprintf(file, value < 1000 ? ",%.3f" : ",%.0f", value);
		std::fprintf(file, "\n");
	}
	return std::fclose(file) == 0;
}

}  // namespace scale
