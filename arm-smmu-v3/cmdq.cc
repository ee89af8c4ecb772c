// SPDX-License-Identifier: GPL-2.0-only
// The kernel's command queue, compiled once.
#include "arm-smmu-v3/cmdq.hpp"

#include "arm-smmu-v3/ecmdq_set.hpp"
#include "arm-smmu-v3/platform.hpp"

namespace smmu3 {

template class CommandQueue<Platform>;

}  // namespace smmu3
