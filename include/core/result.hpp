// SPDX-License-Identifier: GPL-2.0-only
// Errors: a value or an Errno.  A result that is ignored does not compile.
#pragma once

#include <expected>
#include <utility>

#include "os/types.h"

namespace core {

// The numbers of Linux, on every target.
enum class Errno : int {
	kIo = 5,               // EIO
	kNoDeviceAddress = 6,  // ENXIO
	kNoMemory = 12,        // ENOMEM
	kBusy = 16,            // EBUSY
	kExists = 17,          // EEXIST
	kNoDevice = 19,        // ENODEV
	kInvalid = 22,         // EINVAL
	kNoSpace = 28,         // ENOSPC
	kRange = 34,           // ERANGE
	kTimedOut = 110,       // ETIMEDOUT
};

// A class, because std::expected is not [[nodiscard]].
template <typename T = void>
class [[nodiscard]] Result : public std::expected<T, Errno> {
public:
	using std::expected<T, Errno>::expected;
};

constexpr std::unexpected<Errno> error(Errno code)
{
	return std::unexpected(code);
}

// A negative errno from the C side becomes an error, anything else a success.
constexpr Result<> from_errno(int value)
{
	if (value < 0)
		return error(static_cast<Errno>(-value));
	return {};
}

// The number for the C side: 0 or a negative errno.
constexpr int to_errno(const Result<>& result)
{
	return result ? 0 : -static_cast<int>(result.error());
}

}  // namespace core

// The value of a Result; an error is returned from the enclosing function, which only a macro can
// do.
#define TRY(expression)                                                                            \
	({                                                                                         \
		auto try_result = (expression);                                                    \
		if (!try_result)                                                                   \
			return core::error(try_result.error());                                    \
		*std::move(try_result);                                                            \
	})
