// SPDX-License-Identifier: GPL-2.0-only
// The span of an ATC invalidation (IHI 0070 4.5.1).  Pure functions.
#pragma once

#include <bit>

#include "arm-smmu-v3/command.hpp"

namespace smmu3 {

// 4096 << size bytes at an address that is a multiple of that.
struct AtcSpan {
	u64 address;
	u32 size;
};

inline constexpr AtcSpan kWholeAtc{0, 52};

// The smallest span that covers [`first`, `last`].  A range across a multiple of a large power of
// two has a large span: an Invalidate Request has one range.
constexpr AtcSpan atc_span(u64 first, u64 last)
{
	constexpr u32 kPageShift = 12;
	const auto size = static_cast<u32>(std::bit_width((first ^ last) >> kPageShift));
	if (size >= kWholeAtc.size)
		return kWholeAtc;
	return {first & ~((u64{1} << (kPageShift + size)) - 1), size};
}

// Without a range.  Without a PASID, it names the translations of every PASID, too.
constexpr Command atc_inv(Sid sid, Pasid pasid)
{
	return Command::of(Opcode::kAtcInv)
		.with<Command::StreamID>(sid)
		.with<Command::SSV>(pasid.has_value())
		.with<Command::SubstreamID>(pasid.value_or(Ssid{}));
}

constexpr Command in_span(const Command& by_stream, const AtcSpan& span)
{
	return by_stream | Command{}.with<Command::AtcSize>(span.size).with<Command::InputAddress>(
				   span.address);
}

}  // namespace smmu3
