// SPDX-License-Identifier: GPL-2.0-only
// A field with named values takes no bare number.
// error: no known conversion from 'int' to
#include "arm-smmu-v3/ste.hpp"

auto ste = smmu3::Ste{}.with<smmu3::Ste::Config>(5);
