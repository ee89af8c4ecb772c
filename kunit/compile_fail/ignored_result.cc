// SPDX-License-Identifier: GPL-2.0-only
// The result of a function that may fail must be used.
// error: ignoring return value of type 'Result<>'
#include "core/result.hpp"

core::Result<> may_fail();

void careless()
{
	may_fail();
}
