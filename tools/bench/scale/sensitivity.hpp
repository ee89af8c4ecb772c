// SPDX-License-Identifier: GPL-2.0-only
// The comparison with other parameters.
#pragma once

#include "tools/bench/scale/parameters.hpp"

namespace scale {

void print_sensitivity(const Parameters& parameters);

}  // namespace scale
