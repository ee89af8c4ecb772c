// SPDX-License-Identifier: GPL-2.0-only
// The page requests that PRIQ_ABT_ERR makes invalid: those that the PRI queue had (IHI 0070 7.2.2, 8.2).  Until the error
// is acknowledged, the SMMU records no others behind them.
#pragma once

#include <optional>

#include "core/atomic.hpp"

namespace smmu3 {

class AbortedRequests {
public:
	// `prod`: PROD, before the acknowledgement.  Any context.
	void note(u32 prod) { end_.store_relaxed(kNoted | prod); }
	// PROD behind the last of them, once.
	std::optional<u32> take()
	{
		if (!end_.load_relaxed())
			return std::nullopt;
		return static_cast<u32>(end_.fetch_andnot(~u64{0}));
	}

private:
	static constexpr u64 kNoted = u64{1} << 32;

	core::Atomic<u64> end_;
};

}  // namespace smmu3
