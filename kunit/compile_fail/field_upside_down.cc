// SPDX-License-Identifier: GPL-2.0-only
// A field's upper bit comes first.
// error: outside the layout
#include "core/bits.hpp"

struct Word : core::Bits<Word, u32, 1> {
	using Reversed = Field<0, 3>;
};
auto value = Word{}.with<Word::Reversed>(1);
