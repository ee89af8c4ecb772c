// SPDX-License-Identifier: GPL-2.0-only
// A configuration is not a format.
// error: no known conversion from 'smmu3::SteConfig' to
#include "arm-smmu-v3/ste.hpp"

auto ste = smmu3::Ste{}.with<smmu3::Ste::S1Fmt>(smmu3::SteConfig::kStage1);
