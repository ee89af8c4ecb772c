// SPDX-License-Identifier: GPL-2.0-only
#include "core/number.hpp"

#include "kunit/base/test.hpp"

namespace {

struct Width : core::Number<Width, u32> {
	using Number::Number;
};
struct Height : core::Number<Height, u32> {
	using Number::Number;
};

template <class Left, class Right>
concept Comparable = requires(Left left, Right right) { left == right; };

static_assert(!std::is_convertible_v<u32, Width> && !std::is_convertible_v<Width, u32>);
static_assert(!std::is_constructible_v<Width, Height> && !Comparable<Width, Height>);
static_assert(sizeof(Width) == sizeof(u32));

void a_number_is_its_value(test::Case& t)
{
	EXPECT_EQ(t, Width(7).value(), 7);
	EXPECT_EQ(t, Width().value(), 0);
	EXPECT_EQ(t, Width(~0u).value(), ~0u);
	EXPECT(t, Width(7) == Width(7));
	EXPECT(t, Width(7) != Width(8));
}

}  // namespace

TEST_SUITE(number, TEST_CASE(a_number_is_its_value));
