// SPDX-License-Identifier: GPL-2.0-only
// Writing test cases.  The same cases run in a host process and, under KUnit, in UML.
//
//	static void wraps_at_queue_size(test::Case& t)
//	{
//		EXPECT_EQ(t, index(5, 4), 1);
//	}
//	TEST_SUITE(position, TEST_CASE(wraps_at_queue_size));
#pragma once

#include <array>
#include <concepts>
#include <type_traits>

#include "kunit/base/test.h"

namespace test {

using Case = test_run;

template <typename T>
constexpr u64 as_u64(const T& value)
{
	if constexpr (std::is_pointer_v<T>)
		return reinterpret_cast<__UINTPTR_TYPE__>(value);
	else
		return static_cast<u64>(value);
}

template <typename L, typename R>
bool expect_eq(Case& t, const L& left, const R& right, const char* what, const char* file, int line)
{
	if (as_u64(left) == as_u64(right))
		return true;
	test_fail(&t, file, line, what, as_u64(left), as_u64(right));
	return false;
}

inline bool expect(Case& t, bool holds, const char* what, const char* file, int line)
{
	if (!holds)
		test_fail(&t, file, line, what, 0, 1);
	return holds;
}

}  // namespace test

// Macros, because only they know the line and the words of the caller.
#define EXPECT_EQ(t, left, right)                                                                  \
	test::expect_eq(t, left, right, #left " == " #right, __FILE__, __LINE__)
#define EXPECT(t, ...)                                                                             \
	test::expect(t, static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define ASSERT(t, ...)                                                                             \
	do {                                                                                       \
		if (!EXPECT(t, __VA_ARGS__))                                                       \
			return;                                                                    \
	} while (0)
#define ASSERT_EQ(t, left, right)                                                                  \
	do {                                                                                       \
		if (!EXPECT_EQ(t, left, right))                                                    \
			return;                                                                    \
	} while (0)

#define TEST_CASE(function)                                                                        \
	test_case                                                                                  \
	{                                                                                          \
		#function, [](test_run* run) { function(*run); }                                   \
	}
#define TEST_SUITE(suite, ...)                                                                     \
	static constexpr auto suite##_cases = std::to_array<test_case>({__VA_ARGS__});             \
	extern "C" {                                                                               \
	extern const test_suite suite##_suite;                                                     \
	const test_suite suite##_suite = {#suite, suite##_cases.data(), suite##_cases.size()};     \
	}
