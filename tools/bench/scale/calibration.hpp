// SPDX-License-Identifier: GPL-2.0-only
// The model against published measurements.
#pragma once

#include "tools/bench/scale/results.hpp"

namespace scale {

// Print both tables.  False: an error is larger than allowed.
bool compare_with_published(Results& results);

}  // namespace scale
