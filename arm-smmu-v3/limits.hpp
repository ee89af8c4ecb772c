// SPDX-License-Identifier: GPL-2.0-only
// Sizes in the driver that the features of an SMMU are checked against.
#pragma once

#include "os/types.h"

namespace smmu3 {

// The most commands that one issue() enters.  A command queue must have more slots.
inline constexpr u32 kMaxCommands = 64;

// log2 of the STEs in a second-level stream table
inline constexpr u32 kStreamTableSplit = 8;

}  // namespace smmu3
