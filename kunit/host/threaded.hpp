// SPDX-License-Identifier: GPL-2.0-only
// A board that threads share: the model is behind a mutex.
#pragma once

#include <mutex>

#include "kunit/smmu/fixture/board.hpp"

namespace test {

// Held by the thread inside the model.
inline constinit std::mutex model_mutex;

inline Setup threaded(Setup setup = {})
{
	setup.options.deferred = true;
	setup.ids.idr1 = (setup.ids.idr1 & ~(0x1fu << 21)) | 16u << 21;
	setup.lock = [] { model_mutex.lock(); };
	setup.unlock = [] { model_mutex.unlock(); };
	return setup;
}

}  // namespace test
