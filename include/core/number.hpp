// SPDX-License-Identifier: GPL-2.0-only
// Numbers of different kinds that do not convert into each other or into plain integers.
#pragma once

#include <concepts>

namespace core {

// The base of a kind of number, which is the class `Kind`.
template <class Kind, std::unsigned_integral Integer>
class Number {
public:
	using Value = Integer;

	constexpr Number() = default;
	constexpr explicit Number(Value value)
		: value_(value)
	{
	}
	constexpr Value value() const { return value_; }
	constexpr bool operator==(const Number&) const = default;

private:
	Value value_ = 0;
};

}  // namespace core
