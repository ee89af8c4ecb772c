// SPDX-License-Identifier: GPL-2.0-only
// IDR0 is not written.
// error: the register is read-only
#include "arm-smmu-v3/regs.hpp"

void write(smmu3::Mmio& mmio)
{
	mmio.write_relaxed(smmu3::IDR0{});
}
