// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tools/bench/scale/published.hpp"

namespace scale {
namespace {

// The errors allowed, in percent: for the figures that parameters are fitted to, and for the others.
struct Band {
	double mean, worst;
};
constexpr Band kFittedBand{12, 25}, kValidationBand{20, 35};

class Errors {
public:
	double add(double measured, double model)
	{
		const double percent = (model / measured - 1) * 100;
		sum_ += std::abs(percent);
		worst_ = std::max(worst_, std::abs(percent));
		count_++;
		return percent;
	}
	bool within(const Band& band, const char* what) const
	{
		const double mean = sum_ / count_;
		const bool good = mean <= band.mean && worst_ <= band.worst;
		std::printf("%s: %.0f %% off in the mean (%.0f %% allowed), %.0f %% at worst "
			    "(%.0f %% allowed)%s\n",
			    what, mean, band.mean, worst_, band.worst, good ? "" : ": TOO FAR");
		return good;
	}

private:
	double sum_ = 0, worst_ = 0;
	u32 count_ = 0;
};

double aggregate(double each, u32 cpus)
{
	return each * cpus / 1000;
}

bool calibration(Results& results)
{
	std::printf("Calibration: the in-tree queue, completion by message, {%s}\n\n", kUnmap.name);
	std::printf("%5s %25s %31s\n", "", "million operations/s", "attempts for each success");
	std::printf("%5s %10s %6s %8s %14s %6s %8s\n", "CPUs", "measured", "model", "error",
		    "measured", "model", "error");
	Errors speed, attempts;
	for (const Published& published : kPublished) {
		const Result& model =
			results.of({Queue::kInTree, Method::kMessage, kUnmap, published.cpus});
		const double measured = aggregate(published.in_tree_each, published.cpus);
		std::printf("%5u %10.2f %6.2f %+6.0f %% %14.1f %6.1f %+6.0f %%\n", published.cpus,
			    measured, model.per_us, speed.add(measured, model.per_us),
			    published.attempts, model.attempts,
			    attempts.add(published.attempts, model.attempts));
	}
	std::printf("\n");
	const bool good = speed.within(kFittedBand, "Operations");
	return attempts.within(kFittedBand, "Attempts") && good;
}

bool validation(Results& results)
{
	std::printf("\nValidation, nothing fitted: the fetch_add variant, completion by message, "
		    "{%s}\n\n",
		    kUnmap.name);
	std::printf("%5s %25s\n", "", "million operations/s");
	std::printf("%5s %10s %6s %8s\n", "CPUs", "measured", "model", "error");
	Errors errors;
	for (const Published& published : kPublished) {
		const Result& model =
			results.of({Queue::kFetchAdd, Method::kMessage, kUnmap, published.cpus});
		const double measured = aggregate(published.fetch_add_each, published.cpus);
		std::printf("%5u %10.2f %6.2f %+6.0f %%\n", published.cpus, measured, model.per_us,
			    errors.add(measured, model.per_us));
	}
	std::printf("\n");
	return errors.within(kValidationBand, "Operations");
}

}  // namespace

bool compare_with_published(Results& results)
{
	progress("what was published");
	const bool calibrated = calibration(results);
	const bool valid = validation(results);
	std::printf("\n");
	return calibrated && valid;
}

}  // namespace scale
