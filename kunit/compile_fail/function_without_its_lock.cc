// SPDX-License-Identifier: GPL-2.0-only
// A function that needs a lock is called by its holder.
// error: calling function 'find' requires holding mutex 'table.lock'
#include "core/owner.hpp"

struct Table {
	void* find() const REQUIRES(lock);
	core::Mutex lock;
};

void* find_in(const Table& table)
{
	return table.find();
}
