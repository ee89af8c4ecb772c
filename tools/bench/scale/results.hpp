// SPDX-License-Identifier: GPL-2.0-only
// The results of runs; each run is made once.
#pragma once

#include <deque>
#include <string>

#include "tools/bench/scale/workload.hpp"

namespace scale {

constexpr u32 kCpuCounts[] = {1, 2, 4, 8, 16, 32, 64, 96, 128};

const char* name_of(Queue queue);
const char* name_of(Method method);

class Results {
public:
	struct Row {
		Setup setup;
		Result result;
	};

	// A run measures at most `operations`.
	Results(const Parameters& parameters, u32 operations)
		: parameters_(parameters),
		  operations_(operations)
	{
	}

	const Result& of(Setup setup);
	const std::deque<Row>& rows() const { return rows_; }

private:
	Parameters parameters_;
	u32 operations_;
	std::deque<Row> rows_;
};

// Reported on stderr.
void progress(const std::string& what);

}  // namespace scale
