// SPDX-License-Identifier: GPL-2.0-only
// The command queue of smmuv3.ko, as it is.  `shares_syncs`: producers of a group have one CMD_SYNC.
#pragma once

#include <memory>

#include "tools/bench/scale/bench.hpp"

namespace scale {

std::unique_ptr<Algorithm> make_shipping(Method method, bool shares_syncs);

}  // namespace scale
