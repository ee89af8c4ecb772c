// SPDX-License-Identifier: GPL-2.0-only
// Contexts are taken and given with the root's lock held.
// error: calling function 'take' requires holding spinlock 'the_roots_lock'
#include "ipmmu/root.hpp"

bool take(ipmmu::Root& root, ipmmu::Context& context)
{
	return root.take(context).has_value();
}
