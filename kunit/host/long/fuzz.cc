// SPDX-License-Identifier: GPL-2.0-only
// The programs of kunit/pgtable, chosen by libFuzzer (tools/fuzz).
#include <cstdlib>

#include "kunit/pgtable/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size)
{
	test_run run{nullptr, 0};
	test::run_input(run, data, size);
	if (run.failures)
		std::abort();
	return 0;
}
