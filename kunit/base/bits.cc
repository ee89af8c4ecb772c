// SPDX-License-Identifier: GPL-2.0-only
#include "core/bits.hpp"

#include "kunit/base/test.hpp"

namespace {

enum class Kind : u32 { kNone = 0, kSome = 2, kAll = 3 };

struct Small : core::Bits<Small, u32, 1> {
	using Low = Field<3, 0>;
	using KindOf = Field<9, 8, Kind>;
	using Flag = Bit<7>;
	using Top = Field<31, 28>;
	using Whole = Field<31, 0>;
	using Page = Address<31, 12>;
};

struct Wide : core::Bits<Wide, u64, 4> {
	using First = Field<7, 0>;
	using Second = Field<65, 64>;
	using SecondTop = Bit<127>;
	using Place = Address<179, 132>;  // bits 51..4 of the third doubleword
	using Last = Field<255, 192>;
};

struct Control : core::Register<Control, u32, 0x20> {
	using On = Bit<0>;
};
struct Identity : core::Register<Identity, u64, 0x10008, core::Access::kReadOnly> {};

static_assert(sizeof(Small) == 4 && sizeof(Wide) == 32);
static_assert(Control::kOffset == 0x20 && Control::kWritable);
static_assert(Identity::kOffset == 0x10008 && !Identity::kWritable);

void a_field_changes_only_its_own_bits(test::Case& t)
{
	Small ones;
	ones.words[0] = 0xffffffff;
	EXPECT_EQ(t, ones.with<Small::Low>(0).words[0], 0xfffffff0);
	EXPECT_EQ(t, ones.with<Small::Flag>(false).words[0], 0xffffff7f);
	EXPECT_EQ(t, ones.with<Small::KindOf>(Kind::kNone).words[0], 0xfffffcff);
	EXPECT_EQ(t, ones.with<Small::Top>(0).words[0], 0x0fffffff);
	EXPECT_EQ(t, ones.with<Small::Whole>(0).words[0], 0);
	EXPECT_EQ(t, Small{}.with<Small::Low>(0xa).words[0], 0xa);
	EXPECT_EQ(t, Small{}.with<Small::KindOf>(Kind::kSome).words[0], 0x200);
	EXPECT_EQ(t, Small{}.with<Small::Top>(9).words[0], 0x90000000);
}

void a_value_too_wide_loses_its_upper_bits(test::Case& t)
{
	EXPECT_EQ(t, Small{}.with<Small::Low>(0x123).words[0], 0x3);
	EXPECT_EQ(t, Small{}.with<Small::Top>(0x1f).words[0], 0xf0000000);
	EXPECT_EQ(t, Wide{}.with<Wide::Second>(7).words[1], 3);
	EXPECT_EQ(t, Wide{}.with<Wide::Second>(7).words[2], 0);
}

void what_was_set_is_what_is_got(test::Case& t)
{
	Small word;
	for (u32 value = 0; value < 16; value++) {
		word.set<Small::Low>(value).set<Small::Top>(15 - value);
		EXPECT_EQ(t, word.get<Small::Low>(), value);
		EXPECT_EQ(t, word.get<Small::Top>(), 15 - value);
	}
	EXPECT(t, word.set<Small::KindOf>(Kind::kAll).get<Small::KindOf>() == Kind::kAll);
	EXPECT(t, word.set<Small::Flag>(true).get<Small::Flag>());
	EXPECT(t, !word.set<Small::Flag>(false).get<Small::Flag>());
}

void bits_are_numbered_across_the_words(test::Case& t)
{
	Wide wide;
	wide.set<Wide::Second>(2).set<Wide::SecondTop>(true).set<Wide::Last>(~0ull);
	EXPECT_EQ(t, wide.words[0], 0);
	EXPECT_EQ(t, wide.words[1], 0x8000000000000002);
	EXPECT_EQ(t, wide.words[2], 0);
	EXPECT_EQ(t, wide.words[3], 0xffffffffffffffff);
	EXPECT_EQ(t, wide.get<Wide::First>(), 0);
}

void an_address_stays_in_place(test::Case& t)
{
	Wide wide = Wide{}.with<Wide::Place>(0xfff0123456789abf);
	EXPECT_EQ(t, wide.words[2], 0x0000123456789ab0);
	EXPECT_EQ(t, wide.get<Wide::Place>(), 0x0000123456789ab0);
	wide.words[2] |= 0xfff000000000000f;
	EXPECT_EQ(t, wide.get<Wide::Place>(), 0x0000123456789ab0);
	EXPECT_EQ(t, wide.set<Wide::Place>(0).words[2], 0xfff000000000000f);
	EXPECT_EQ(t, Small{}.with<Small::Page>(0x12345678).words[0], 0x12345000);
}

void with_leaves_the_original_alone(test::Case& t)
{
	const Small original = Small{}.with<Small::Low>(5);
	const Small changed = original.with<Small::Low>(6);
	EXPECT_EQ(t, original.get<Small::Low>(), 5);
	EXPECT_EQ(t, changed.get<Small::Low>(), 6);
}

void words_are_equal_when_every_bit_is(test::Case& t)
{
	Wide left, right;
	EXPECT(t, left == right);
	right.set<Wide::Last>(1ull << 63);
	EXPECT(t, left != right);
	left.set<Wide::Last>(1ull << 63);
	EXPECT(t, left == right);
}

void a_register_is_its_raw_value(test::Case& t)
{
	EXPECT_EQ(t, Control::from_raw(0xdeadbeef).raw(), 0xdeadbeef);
	EXPECT(t, Control::from_raw(0xdeadbeef).get<Control::On>());
	EXPECT_EQ(t, Control::from_raw(0xdeadbeef).with<Control::On>(false).raw(), 0xdeadbeee);
	EXPECT_EQ(t, Identity::from_raw(0x123456789abcdef0).raw(), 0x123456789abcdef0);
}

}  // namespace

TEST_SUITE(bits, TEST_CASE(a_field_changes_only_its_own_bits),
	   TEST_CASE(a_value_too_wide_loses_its_upper_bits), TEST_CASE(what_was_set_is_what_is_got),
	   TEST_CASE(bits_are_numbered_across_the_words), TEST_CASE(an_address_stays_in_place),
	   TEST_CASE(with_leaves_the_original_alone), TEST_CASE(words_are_equal_when_every_bit_is),
	   TEST_CASE(a_register_is_its_raw_value));
