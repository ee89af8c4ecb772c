// SPDX-License-Identifier: GPL-2.0-only
#include "core/result.hpp"

#include <memory>

#include "kunit/base/test.hpp"

namespace {

using core::Errno;
using core::Result;

void errors_have_linuxs_numbers(test::Case& t)
{
	const struct {
		Errno code;
		int number;
	} table[] = {
		{Errno::kIo, 5},       {Errno::kNoDeviceAddress, 6}, {Errno::kNoMemory, 12},
		{Errno::kBusy, 16},    {Errno::kNoDevice, 19},       {Errno::kInvalid, 22},
		{Errno::kNoSpace, 28}, {Errno::kRange, 34},          {Errno::kTimedOut, 110},
	};
	for (const auto& entry : table) {
		EXPECT_EQ(t, static_cast<int>(entry.code), entry.number);
		EXPECT(t, core::to_errno(core::error(entry.code)) == -entry.number);
		const auto back = core::from_errno(-entry.number);
		EXPECT(t, !back && back.error() == entry.code);
	}
}

void zero_and_above_are_successes(test::Case& t)
{
	EXPECT(t, core::from_errno(0));
	EXPECT(t, core::from_errno(7));
	EXPECT(t, core::to_errno(Result<>{}) == 0);
}

Result<int> half(int value)
{
	if (value % 2)
		return core::error(Errno::kInvalid);
	return value / 2;
}

Result<int> quarter(int value, u32& reached)
{
	const int once = TRY(half(value));
	reached++;
	const int twice = TRY(half(once));
	reached++;
	return twice;
}

void try_takes_the_value_or_leaves_with_the_error(test::Case& t)
{
	u32 reached = 0;
	const auto whole = quarter(12, reached);
	ASSERT(t, whole);
	EXPECT_EQ(t, *whole, 3);
	EXPECT_EQ(t, reached, 2);

	reached = 0;
	const auto second = quarter(6, reached);
	EXPECT(t, !second && second.error() == Errno::kInvalid);
	EXPECT_EQ(t, reached, 1);

	reached = 0;
	EXPECT(t, !quarter(5, reached));
	EXPECT_EQ(t, reached, 0);
}

Result<> only_when(bool works, u32& reached)
{
	TRY(works ? Result<>{} : core::error(Errno::kBusy));
	reached++;
	return {};
}

void try_works_without_a_value(test::Case& t)
{
	u32 reached = 0;
	EXPECT(t, only_when(true, reached));
	EXPECT_EQ(t, reached, 1);
	const auto busy = only_when(false, reached);
	EXPECT(t, !busy && busy.error() == Errno::kBusy);
	EXPECT_EQ(t, reached, 1);
}

// Something that can be moved and not copied, and counts how many are alive.
class Token {
public:
	explicit Token(int& alive)
		: alive_(&alive)
	{
		alive++;
	}
	Token(Token&& other)
		: alive_(std::exchange(other.alive_, nullptr))
	{
	}
	~Token()
	{
		if (alive_)
			--*alive_;
	}

private:
	int* alive_;
};

Result<Token> make_token(int& alive)
{
	return Token(alive);
}

Result<> take_token(int& alive, int& seen)
{
	const Token token = TRY(make_token(alive));
	seen = alive;
	return {};
}

void values_are_moved_out_and_not_copied(test::Case& t)
{
	int alive = 0, seen = 0;
	EXPECT(t, take_token(alive, seen));
	EXPECT_EQ(t, seen, 1);
	EXPECT_EQ(t, alive, 0);
}

// Result<bool> holds its bool, and is true when there is one.
void a_false_value_is_a_success(test::Case& t)
{
	Result<bool> no = false;
	EXPECT(t, no.has_value() && !*no);
	Result<bool> copy = no;
	EXPECT(t, copy.has_value() && !*copy);
	const Result<bool> error = core::error(Errno::kIo);
	Result<bool> copied = error;
	EXPECT(t, !copied && copied.error() == Errno::kIo);
	copied = copy;
	EXPECT(t, copied.has_value() && !*copied);
}

}  // namespace

TEST_SUITE(result, TEST_CASE(errors_have_linuxs_numbers), TEST_CASE(zero_and_above_are_successes),
	   TEST_CASE(try_takes_the_value_or_leaves_with_the_error),
	   TEST_CASE(try_works_without_a_value), TEST_CASE(values_are_moved_out_and_not_copied),
	   TEST_CASE(a_false_value_is_a_success));
