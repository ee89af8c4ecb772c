// SPDX-License-Identifier: GPL-2.0-only
// An STE or a CD against the doublewords that the manual draws.
#pragma once

#include "arm-smmu-v3/entry.hpp"
#include "kunit/base/test.hpp"

namespace test {

inline void expect_words(Case& t, const smmu3::EntryWords& words, const smmu3::EntryWords& expected)
{
	for (size_t i = 0; i < smmu3::kEntryWords; i++)
		EXPECT_EQ(t, words[i], expected[i]);
}

template <class Field>
void expect_place(Case& t, size_t word, u64 mask)
{
	EXPECT_EQ(t, Field::kWord, word);
	EXPECT_EQ(t, Field::kMask, mask);
}

}  // namespace test
