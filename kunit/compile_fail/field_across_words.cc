// SPDX-License-Identifier: GPL-2.0-only
// A field lies in one word.
// error: a field lies in one word
#include "core/bits.hpp"

struct Words : core::Bits<Words, u64, 2> {
	using Across = Field<65, 62>;
};
auto value = Words{}.with<Words::Across>(1);
