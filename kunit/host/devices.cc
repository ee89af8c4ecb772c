// SPDX-License-Identifier: GPL-2.0-only
// The one device of the tests, with its references.
#include <atomic>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

namespace {

std::atomic<u32> references{1};

}  // namespace

device* test_device()
{
	static char the_device;
	// SAFETY: nothing in this process looks into a device.
	return reinterpret_cast<device*>(&the_device);
}

u32 test_device_references()
{
	return references;
}

void os_device_get(device*)
{
	references++;
}

void os_device_put(device*)
{
	host::must_be_able_to_sleep("os_device_put()");
	if (references-- == 1)
		host::die("os_device_put() without os_device_get()");
}
