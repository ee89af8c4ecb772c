// SPDX-License-Identifier: GPL-2.0-only
// A field of the CD has no place in the STE.
// error: no matching member function for call to 'set'
#include "arm-smmu-v3/ste.hpp"

void change(smmu3::Ste& ste)
{
	ste.set<smmu3::Cd::ASID>(1);
}
