// SPDX-License-Identifier: GPL-2.0-only
// What a device model needs of the system that it runs in.
#pragma once

#include "kunit/base/testos.h"
#include "os/os.h"

namespace modelled {

inline void* phys(void*, u64 pa, u64 size)
{
	return test_bus_to_cpu(pa, size);
}

// Rules of a device's manual that were broken.
class Violations {
public:
	explicit constexpr Violations(const char* device)
		: device_(device)
	{
	}

	void clear() { last_ = nullptr, count_ = 0; }
	void add(const char* what, u64 a, u64 b)
	{
		last_ = what;
		count_++;
		os_log(test_device(), OS_ERROR, "%s model: %s (%#llx, %#llx)", device_, what, a, b);
	}
	u32 count() const { return count_; }
	const char* last() const { return last_ ? last_ : "none"; }

private:
	const char* const device_;
	const char* last_ = nullptr;
	u32 count_ = 0;
};

}  // namespace modelled
