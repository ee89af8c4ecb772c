// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/workload.hpp"

#include <algorithm>

#include "tools/bench/scale/fetch_add.hpp"
#include "tools/bench/scale/shipping.hpp"

namespace scale {
namespace {

std::unique_ptr<Algorithm> make(const Setup& setup)
{
	switch (setup.queue) {
	case Queue::kShipping:
		return make_shipping(setup.method, true);
	case Queue::kOwnSyncs:
		return make_shipping(setup.method, false);
	case Queue::kEnhanced:
		return make_enhanced(setup.method, setup.cpus);
	case Queue::kInTree:
		return make_in_tree(setup.method);
	case Queue::kFetchAdd:
		return std::make_unique<FetchAdd>();
	}
	return nullptr;
}

class Run {
public:
	Run(const Setup& setup, const Parameters& parameters)
		: setup_(setup),
		  machine_(parameters, setup.cpus + setup.storm, 1),
		  algorithm_(make(setup))
	{
	}

	Result operator()()
	{
		machine_.run([](void* run) { static_cast<Run*>(run)->work(); }, this);
		return result();
	}

private:
	// The code of one CPU.
	[[noreturn]] void work()
	{
		smmu3::Command commands[64];
		std::ranges::fill(commands, smmu3::tlbi_nh_asid(smmu3::Vmid(0), smmu3::Asid(1)));
		if (machine_.cpu() == 0)
			algorithm_->open();
		if (machine_.cpu() == setup_.cpus)
			storm();
		for (;;) {
			think();
			const Ps start = machine_.now();
			machine_.begin(setup_.work.commands + setup_.work.sync);
			const bool issued = algorithm_->issue(
				std::span(commands, setup_.work.commands), setup_.work.sync);
			machine_.catch_up();
			if (issued)
				finished(machine_.now() - start);
			else
				elided_++;
		}
	}

	// A suspend 50 us after each resume.
	[[noreturn]] void storm()
	{
		for (;;) {
			machine_.spend_ns(50'000);
			machine_.catch_up();
			algorithm_->cycle_power();
			suspends_++;
		}
	}

	void think()
	{
		const Parameters& parameters = machine_.parameters;
		const double spread = parameters.think_spread * (2 * machine_.random.uniform() - 1);
		machine_.spend_ns(parameters.think * (1 + spread));
		machine_.catch_up();
	}

	void finished(Ps latency)
	{
		if (++finished_ == warm_up()) {
			began_ = machine_.now();
			machine_.counters = {};
			elided_ = suspends_ = 0;
		}
		if (finished_ <= warm_up())
			return;
		latencies_.push_back(latency);
		if (latencies_.size() == setup_.work.operations)
			machine_.stop();
	}
	u32 warm_up() const { return 10 * setup_.cpus; }

	Result result();

	Setup setup_;
	Machine machine_;
	Bench bench_;
	std::unique_ptr<Algorithm> algorithm_;
	u32 finished_ = 0;
	u64 elided_ = 0, suspends_ = 0;
	Ps began_ = 0;
	std::vector<Ps> latencies_;
};

double mean(const std::vector<Ps>& values)
{
	double sum = 0;
	for (Ps value : values)
		sum += static_cast<double>(value);
	return sum / static_cast<double>(values.size());
}

Result Run::result()
{
	const Counters& counters = machine_.counters;
	const double operations = static_cast<double>(latencies_.size());
	const double time = static_cast<double>(machine_.now() - began_);
	const auto each = [&](u64 count) { return static_cast<double>(count) / operations; };

	Result result;
	result.per_us = operations / time * 1e6;
	result.elided_per_us = static_cast<double>(elided_) / time * 1e6;
	result.suspends_per_us = static_cast<double>(suspends_) / time * 1e6;
	result.attempts =
		static_cast<double>(counters.attempts) / static_cast<double>(counters.reservations);
	for (int what = 0; what < static_cast<int>(Holds::kCount); what++)
		result.reads[what] = each(counters.reads[what]);
	result.word_transfers = each(counters.fetches[static_cast<int>(Holds::kWord)]);
	result.cons_reads = each(counters.cons_reads);
	result.prod_writes = each(counters.prod_writes);
	result.attends = each(counters.attends);
	result.smmu_busy = static_cast<double>(counters.smmu_busy) / time;
	result.reserve_ns = each(counters.reserving) / 1000;
	result.mean_ns = mean(latencies_) / 1000;
	std::ranges::sort(latencies_);
	result.p99_ns = static_cast<double>(latencies_[latencies_.size() * 99 / 100]) / 1000;
	return result;
}

}  // namespace

Result measure(const Setup& setup, const Parameters& parameters)
{
	return Run(setup, parameters)();
}

}  // namespace scale
