// SPDX-License-Identifier: GPL-2.0-only
// An array has one owner.
// error: call to implicitly-deleted copy constructor
#include "core/owner.hpp"

core::Array<u32> copy(const core::Array<u32>& array)
{
	return array;
}
