// SPDX-License-Identifier: GPL-2.0-only
// GERROR's errors are not read out of GERRORN.
// error: constraints not satisfied
#include "arm-smmu-v3/regs.hpp"

bool active = smmu3::GERROR{}.get<smmu3::GERRORN::CMDQ_ERR>();
