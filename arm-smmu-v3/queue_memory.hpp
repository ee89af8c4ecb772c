// SPDX-License-Identifier: GPL-2.0-only
// The memory of a queue: as many entries as the SMMU supports, or fewer if memory is short.
#pragma once

#include "core/owner.hpp"
#include "core/result.hpp"

namespace smmu3 {

struct QueueMemory {
	core::Dma dma;
	u32 log2_entries;

	// Sleeps.  kNoMemory: not enough for 2^smallest entries.
	static core::Result<QueueMemory> allocate(device* dev, size_t entry_bytes, u32 log2,
						  u32 smallest)
	{
		for (;; log2--) {
			if (auto memory = core::Dma::allocate(dev, entry_bytes << log2))
				return QueueMemory{std::move(*memory), log2};
			if (log2 <= smallest)
				return core::error(core::Errno::kNoMemory);
		}
	}
};

}  // namespace smmu3
