// SPDX-License-Identifier: GPL-2.0-only
// Whoever may fail is listened to.
// error: ignoring return value of type 'Result<>'
#include "core/result.hpp"

core::Result<> may_fail();

void careless()
{
	may_fail();
}
