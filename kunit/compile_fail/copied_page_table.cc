// SPDX-License-Identifier: GPL-2.0-only
// A page table has one owner.
// error: call to deleted constructor
#include "arm-smmu-v3/domain.hpp"

smmu3::Domain copy(const smmu3::Domain& domain)
{
	return domain;
}
