// SPDX-License-Identifier: GPL-2.0-only
// A shared word is read with a named ordering.
// error: no viable conversion
#include "core/atomic.hpp"

u32 peek(core::Atomic<u32>& word)
{
	return word;
}
