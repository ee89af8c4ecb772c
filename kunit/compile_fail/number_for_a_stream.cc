// SPDX-License-Identifier: GPL-2.0-only
// An index or a count is not a StreamID.
// error: no viable conversion from 'int' to 'Sid'
#include "arm-smmu-v3/command.hpp"

auto command = smmu3::cfgi_ste(1, smmu3::Levels::kLeaf);
