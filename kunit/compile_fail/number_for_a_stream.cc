// SPDX-License-Identifier: GPL-2.0-only
// A StreamID is named as such: an index or a count is none.
// error: no viable conversion from 'int' to 'Sid'
#include "arm-smmu-v3/command.hpp"

auto command = smmu3::cfgi_ste(1, smmu3::Levels::kLeaf);
