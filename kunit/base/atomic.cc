// SPDX-License-Identifier: GPL-2.0-only
// What the atomic operations do to a word; tools/litmus shows what they order.
#include "core/atomic.hpp"

#include "kunit/base/test.hpp"

namespace {

template <typename T>
void check_word(test::Case& t)
{
	constexpr T kTop = T{1} << (sizeof(T) * 8 - 1);
	core::Atomic<T> word(kTop | 5);

	EXPECT_EQ(t, word.load_relaxed(), kTop | 5);
	EXPECT_EQ(t, word.load_acquire(), kTop | 5);
	EXPECT_EQ(t, word.fetch_or(3), kTop | 5);
	EXPECT_EQ(t, word.load_relaxed(), kTop | 7);
	EXPECT_EQ(t, word.fetch_andnot(kTop | 8), kTop | 7);
	EXPECT_EQ(t, word.load_relaxed(), 7);
	EXPECT_EQ(t, word.fetch_andnot_relaxed(1), 7);
	EXPECT_EQ(t, word.load_relaxed(), 6);
	EXPECT_EQ(t, word.fetch_add_relaxed(kTop), 6);
	EXPECT_EQ(t, word.fetch_add_relaxed(kTop + 1), kTop + 6);
	EXPECT_EQ(t, word.load_relaxed(), 7);
	word.store_relaxed(kTop);
	EXPECT_EQ(t, word.load_relaxed(), kTop);
	word.store_release(1);
	EXPECT_EQ(t, word.load_relaxed(), 1);
}

template <typename T, bool (core::Atomic<T>::*cas)(T&, T)>
void check_cas(test::Case& t)
{
	constexpr T kTop = T{1} << (sizeof(T) * 8 - 1);
	core::Atomic<T> word(kTop);
	T expected = kTop;
	EXPECT(t, (word.*cas)(expected, 9));
	EXPECT_EQ(t, expected, kTop);
	EXPECT_EQ(t, word.load_relaxed(), 9);

	expected = kTop | 9;  // differs in the highest bit alone
	EXPECT(t, !(word.*cas)(expected, 10));
	EXPECT_EQ(t, expected, 9);
	EXPECT_EQ(t, word.load_relaxed(), 9);
}

void operations_return_what_the_word_was(test::Case& t)
{
	check_word<u32>(t);
	check_word<u64>(t);
}

void a_compare_and_swap_tells_what_it_found(test::Case& t)
{
	check_cas<u32, &core::Atomic<u32>::cas_relaxed>(t);
	check_cas<u64, &core::Atomic<u64>::cas_relaxed>(t);
	check_cas<u32, &core::Atomic<u32>::cas_release>(t);
	check_cas<u64, &core::Atomic<u64>::cas_release>(t);
}

}  // namespace

TEST_SUITE(atomic, TEST_CASE(operations_return_what_the_word_was),
	   TEST_CASE(a_compare_and_swap_tells_what_it_found));
