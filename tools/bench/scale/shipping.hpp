// SPDX-License-Identifier: GPL-2.0-only
// The command queue of smmuv3.ko, as it is.
#pragma once

#include <memory>

#include "tools/bench/scale/bench.hpp"

namespace scale {

// `shares_syncs`: producers of a group have one CMD_SYNC.
std::unique_ptr<Algorithm> make_shipping(Method method, bool shares_syncs);
// With an Enhanced Command queue for each of `cpus` CPUs.
std::unique_ptr<Algorithm> make_enhanced(Method method, u32 cpus);

}  // namespace scale
