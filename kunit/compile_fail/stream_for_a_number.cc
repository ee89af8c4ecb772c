// SPDX-License-Identifier: GPL-2.0-only
// A StreamID becomes a number only by value().
// error: no viable conversion from 'smmu3::Sid'
#include "arm-smmu-v3/ids.hpp"

u32 number = smmu3::Sid(1);
