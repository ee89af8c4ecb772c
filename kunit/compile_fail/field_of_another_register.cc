// SPDX-License-Identifier: GPL-2.0-only
// A field of CR1 has no place in CR0.
// error: constraints not satisfied
#include "arm-smmu-v3/regs.hpp"

auto value = smmu3::CR0{}.with<smmu3::CR1::QUEUE_IC>(smmu3::Cacheability::kWriteBack);
