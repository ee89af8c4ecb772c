// SPDX-License-Identifier: GPL-2.0-only
// A StreamID is not stored in the field of a SubstreamID.
// error: no known conversion from 'smmu3::Sid' to
#include "arm-smmu-v3/command.hpp"

auto command = smmu3::Command{}.with<smmu3::Command::SubstreamID>(smmu3::Sid(1));
