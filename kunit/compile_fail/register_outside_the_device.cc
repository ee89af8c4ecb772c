// SPDX-License-Identifier: GPL-2.0-only
// A register lies in a page that is mapped.
// error: outside the device
#include "arm-smmu-v3/regs.hpp"

struct Far : core::Register<Far, u32, 0x20000> {};

auto read(const smmu3::Mmio& mmio)
{
	return mmio.read_relaxed<Far>();
}
