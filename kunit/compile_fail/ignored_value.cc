// SPDX-License-Identifier: GPL-2.0-only
// A value that may be missing must be checked.
// error: ignoring return value of type 'Result<int>'
#include "core/result.hpp"

core::Result<int> may_fail();

void careless()
{
	may_fail();
}
