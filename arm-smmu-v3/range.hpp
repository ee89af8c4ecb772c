// SPDX-License-Identifier: GPL-2.0-only
// Splits an address range into range invalidations (IHI 0070 4.4.1.1).  Pure functions.
#pragma once

#include <algorithm>
#include <bit>

#include "os/types.h"

namespace smmu3 {

// The operands of one range invalidation: it covers (num + 1) << scale pages.
struct RangePiece {
	u64 scale;
	u64 num;

	constexpr u64 pages() const { return (num + 1) << scale; }
};

// The piece to start `pages` pages with: the lowest five significant bits of the count, and at most
// 2^36 pages.  A count below 2^20 takes at most four pieces.  `pages` is not 0.
constexpr RangePiece next_piece(u64 pages)
{
	constexpr u64 kNumMax = 31;
	constexpr int kScaleMax = 31;  // SCALE has a sixth bit with IDR5.DS, which is not used
	const u64 scale = static_cast<u64>(std::min(std::countr_zero(pages), kScaleMax));
	return {scale, ((pages >> scale) - 1) & kNumMax};
}

// TG: 1, 2 or 3 for 4, 16 or 64 KiB.
constexpr u32 translation_granule(u32 page_shift)
{
	return (page_shift - 10) / 2;
}

}  // namespace smmu3
