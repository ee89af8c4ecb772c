// SPDX-License-Identifier: GPL-2.0-only
// The intrusive list: order, removal from every place, and what the destructors leave behind.
#include "core/list.hpp"

#include <memory>
#include <optional>

#include "kunit/base/test.hpp"

namespace {

struct Digit {
	explicit Digit(u32 v)
		: value(v)
	{
	}
	u32 value;
	core::ListNode<Digit> node_;
};

using Digits = core::List<Digit>;

// The elements as decimal digits, the first in front.
template <typename Range>
u32 number(const Range& digits)
{
	u32 number = 0;
	for (const Digit& digit : digits)
		number = 10 * number + digit.value;
	return number;
}

void an_empty_list_has_no_elements(test::Case& t)
{
	const Digits digits;
	EXPECT(t, digits.empty());
	EXPECT_EQ(t, number(digits), 0);
}

void elements_are_prepended_and_appended(test::Case& t)
{
	Digit one(1), two(2), three(3), four(4);
	Digits digits;
	digits.append(three);
	digits.prepend(two);
	digits.append(four);
	digits.prepend(one);
	EXPECT(t, !digits.empty());
	EXPECT_EQ(t, number(digits), 1234);
	EXPECT(t, &digits.front() == &one);
}

void after_leaves_out_an_element_and_those_before_it(test::Case& t)
{
	Digit one(1), two(2), three(3);
	Digits digits;
	for (Digit* digit : {&one, &two, &three})
		digits.append(*digit);
	EXPECT_EQ(t, number(Digits::after(one)), 23);
	EXPECT_EQ(t, number(Digits::after(two)), 3);
	EXPECT_EQ(t, number(Digits::after(three)), 0);
}

void elements_are_removed_from_every_place(test::Case& t)
{
	const u32 left[] = {234, 134, 124, 123};
	for (u32 n = 0; n < 4; n++) {
		Digit all[] = {Digit(1), Digit(2), Digit(3), Digit(4)};
		Digits digits;
		for (Digit& digit : all)
			digits.append(digit);
		digits.remove(all[n]);
		EXPECT_EQ(t, number(digits), left[n]);
	}
}

void a_removed_element_can_be_added_again(test::Case& t)
{
	Digit one(1), two(2);
	Digits digits, others;
	digits.append(one);
	digits.append(two);
	digits.remove(one);
	digits.append(one);
	EXPECT_EQ(t, number(digits), 21);
	digits.remove(two);
	others.append(two);
	EXPECT_EQ(t, number(digits), 1);
	EXPECT_EQ(t, number(others), 2);
}

void removing_an_element_of_no_list_does_nothing(test::Case& t)
{
	Digit one(1), two(2);
	Digits digits;
	digits.append(one);
	digits.remove(two);
	digits.remove(one);
	digits.remove(one);
	EXPECT(t, digits.empty());
}

void a_destroyed_element_leaves_its_list(test::Case& t)
{
	Digits digits;
	Digit one(1);
	std::optional<Digit> two(std::in_place, 2);
	std::optional<Digit> three(std::in_place, 3);
	digits.append(one);
	digits.append(*two);
	digits.append(*three);
	two.reset();
	EXPECT_EQ(t, number(digits), 13);
	three.reset();
	EXPECT_EQ(t, number(digits), 1);
	Digit four(4);
	digits.append(four);
	EXPECT_EQ(t, number(digits), 14);
}

void a_destroyed_list_releases_its_elements(test::Case& t)
{
	std::optional<Digits> digits(std::in_place);
	Digits others;
	Digit one(1), two(2);
	digits->append(one);
	digits->append(two);
	digits.reset();
	others.append(one);
	EXPECT_EQ(t, number(others), 1);
	others.append(two);
	EXPECT_EQ(t, number(others), 12);
}

}  // namespace

TEST_SUITE(list, TEST_CASE(an_empty_list_has_no_elements),
	   TEST_CASE(elements_are_prepended_and_appended),
	   TEST_CASE(after_leaves_out_an_element_and_those_before_it),
	   TEST_CASE(elements_are_removed_from_every_place),
	   TEST_CASE(a_removed_element_can_be_added_again),
	   TEST_CASE(removing_an_element_of_no_list_does_nothing),
	   TEST_CASE(a_destroyed_element_leaves_its_list),
	   TEST_CASE(a_destroyed_list_releases_its_elements));
