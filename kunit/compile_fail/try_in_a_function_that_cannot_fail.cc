// SPDX-License-Identifier: GPL-2.0-only
// TRY leaves with an error: only what may fail may use it.
// error: no viable conversion from returned value
#include "core/result.hpp"

core::Result<int> may_fail();

int certain()
{
	return TRY(may_fail());
}
