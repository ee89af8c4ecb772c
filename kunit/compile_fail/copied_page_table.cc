// SPDX-License-Identifier: GPL-2.0-only
// A page table has one owner.
// error: call to implicitly-deleted copy constructor
#include "arm-smmu-v3/domain.hpp"

smmu3::PageTable copy(const smmu3::PageTable& table)
{
	return table;
}
