// SPDX-License-Identifier: GPL-2.0-only
// A field lies within its words.
// error: outside the layout
#include "core/bits.hpp"

struct Word : core::Bits<Word, u32, 1> {
	using Beyond = Field<32, 30>;
};
auto value = Word{}.with<Word::Beyond>(1);
