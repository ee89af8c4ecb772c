// SPDX-License-Identifier: GPL-2.0-only
// An array with readers: what each operation leaves for them, and which of them wait for a grace period.
#include "core/rcu_array.hpp"

#include "core/atomic.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

constinit u32 grace_periods;

struct CountingPlatform {
	template <typename T>
	using Atomic = core::Atomic<T>;
	static void synchronize() { grace_periods++; }
};

using Numbers = core::RcuArray<u32, CountingPlatform>;

bool add(Numbers& numbers, u32 number)
{
	if (!numbers.reserve(numbers.read().size() + 1))
		return false;
	numbers.add(number);
	return true;
}

// The elements as decimal digits, the first in front.
u32 digits(const Numbers& numbers)
{
	u32 digits = 0;
	for (u32 number : numbers.read())
		digits = 10 * digits + number;
	return digits;
}

void empty_array_has_no_elements(test::Case& t)
{
	const Numbers numbers;
	EXPECT(t, numbers.read().empty());
}

void elements_keep_their_order(test::Case& t)
{
	Numbers numbers;
	for (u32 number : {3, 1, 4, 2})
		ASSERT(t, add(numbers, number));
	EXPECT_EQ(t, digits(numbers), 3142);
}

void insert_puts_an_element_behind_the_last_match(test::Case& t)
{
	Numbers numbers;
	ASSERT(t, numbers.reserve(6));
	for (u32 number : {3, 1, 4, 1, 5})
		numbers.add(number);
	grace_periods = 0;
	numbers.insert(7, [](u32 number) { return number == 1; });
	EXPECT_EQ(t, digits(numbers), 314175);
	EXPECT_EQ(t, grace_periods, 1);
}

void insert_without_a_match_puts_an_element_last(test::Case& t)
{
	Numbers numbers;
	ASSERT(t, numbers.reserve(3));
	const auto never = [](u32) { return false; };
	for (u32 number : {3, 1, 4})
		numbers.insert(number, never);
	EXPECT_EQ(t, digits(numbers), 314);
}

void remove_if_removes_every_match(test::Case& t)
{
	Numbers numbers;
	for (u32 number : {3, 1, 4, 1, 5})
		ASSERT(t, add(numbers, number));
	numbers.remove_if([](u32 number) { return number == 1; });
	EXPECT_EQ(t, digits(numbers), 345);
	numbers.remove_if([](u32) { return true; });
	EXPECT(t, numbers.read().empty());
}

void each_change_is_one_grace_period(test::Case& t)
{
	Numbers numbers;
	grace_periods = 0;
	ASSERT(t, numbers.reserve(4));
	EXPECT_EQ(t, grace_periods, 0);
	numbers.add(1);
	numbers.add(2);
	EXPECT_EQ(t, grace_periods, 2);
	numbers.remove_if([](u32 number) { return number == 7; });
	EXPECT_EQ(t, grace_periods, 2);
	numbers.remove_if([](u32 number) { return number == 1; });
	EXPECT_EQ(t, grace_periods, 3);
}

void reader_keeps_its_elements_until_the_second_change(test::Case& t)
{
	Numbers numbers;
	ASSERT(t, numbers.reserve(2));
	numbers.add(1);
	const auto before = numbers.read();
	ASSERT(t, add(numbers, 2));
	EXPECT_EQ(t, before.size(), 1);
	EXPECT_EQ(t, before[0], 1);
	EXPECT_EQ(t, digits(numbers), 12);
}

void reserved_room_needs_no_memory(test::Case& t)
{
	Numbers numbers;
	ASSERT(t, numbers.reserve(3));
	test_fail_alloc(1);
	for (u32 number : {1, 2, 3}) {
		EXPECT(t, numbers.reserve(number));
		numbers.add(number);
	}
	EXPECT(t, !test_alloc_failed());
	EXPECT_EQ(t, digits(numbers), 123);
}

void reserve_without_memory_changes_nothing(test::Case& t)
{
	for (u32 nth = 1; nth <= 2; nth++) {
		Numbers numbers;
		ASSERT(t, add(numbers, 7));
		test_fail_alloc(nth);
		EXPECT(t, !numbers.reserve(2));
		EXPECT(t, test_alloc_failed());
		EXPECT_EQ(t, digits(numbers), 7);
		ASSERT(t, numbers.reserve(2));
		numbers.add(8);
		EXPECT_EQ(t, digits(numbers), 78);
	}
}

}  // namespace

TEST_SUITE(rcu_array, TEST_CASE(empty_array_has_no_elements), TEST_CASE(elements_keep_their_order),
	   TEST_CASE(insert_puts_an_element_behind_the_last_match),
	   TEST_CASE(insert_without_a_match_puts_an_element_last),
	   TEST_CASE(remove_if_removes_every_match), TEST_CASE(each_change_is_one_grace_period),
	   TEST_CASE(reader_keeps_its_elements_until_the_second_change),
	   TEST_CASE(reserved_room_needs_no_memory),
	   TEST_CASE(reserve_without_memory_changes_nothing));
