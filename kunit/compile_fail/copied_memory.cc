// SPDX-License-Identifier: GPL-2.0-only
// DMA memory has one owner.
// error: call to implicitly-deleted copy constructor
#include "core/owner.hpp"

core::Dma copy(const core::Dma& memory)
{
	return memory;
}
