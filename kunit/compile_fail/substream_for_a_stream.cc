// SPDX-License-Identifier: GPL-2.0-only
// A SubstreamID does not name a stream.
// error: no viable conversion from 'smmu3::Ssid' to 'Sid'
#include "arm-smmu-v3/command.hpp"

auto command = smmu3::cfgi_ste(smmu3::Ssid(1), smmu3::Levels::kLeaf);
