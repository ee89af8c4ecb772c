// SPDX-License-Identifier: GPL-2.0-only
#include "core/edge.hpp"

#include "kunit/base/errno.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

struct Handle;

struct Thing {
	explicit Thing(u32* destroyed)
		: destroyed(destroyed)
	{
	}
	~Thing() { ++*destroyed; }

	static Thing& from(Handle* handle) { return *reinterpret_cast<Thing*>(handle); }
	Handle* to_core() { return reinterpret_cast<Handle*>(this); }

	u32* destroyed;
};

void what_is_handed_over_lives_until_it_is_taken_back(test::Case& t)
{
	u32 destroyed = 0;
	Handle* handle = nullptr;
	ASSERT_EQ(t, core::hand_over(core::make_box<Thing>(&destroyed), &handle), 0);
	ASSERT(t, handle);
	EXPECT(t, Thing::from(handle).destroyed == &destroyed);
	EXPECT_EQ(t, destroyed, 0);
	core::take_back<Thing>(handle);
	EXPECT_EQ(t, destroyed, 1);
}

void an_error_is_handed_over_as_its_number(test::Case& t)
{
	u32 destroyed = 0;
	Handle* handle = nullptr;
	test_fail_alloc(1);
	EXPECT_EQ(t, core::hand_over(core::make_box<Thing>(&destroyed), &handle),
		  test::errnos::kNoMemory);
	EXPECT(t, !handle);
}

void nothing_may_be_taken_back(test::Case& t)
{
	const u32 before = test_live_allocs();
	core::take_back<Thing>(static_cast<Handle*>(nullptr));
	EXPECT_EQ(t, test_live_allocs(), before);
}

}  // namespace

TEST_SUITE(edge, TEST_CASE(what_is_handed_over_lives_until_it_is_taken_back),
	   TEST_CASE(an_error_is_handed_over_as_its_number), TEST_CASE(nothing_may_be_taken_back));
