// SPDX-License-Identifier: GPL-2.0-only
// The numbers that identify a stream and a substream (IHI 0070 3.2), and the tags of TLB entries
// (3.17).
#pragma once

#include <optional>

#include "core/number.hpp"
#include "os/types.h"

namespace smmu3 {

struct Sid : core::Number<Sid, u32> {
	using Number::Number;
};
struct Ssid : core::Number<Ssid, u32> {  // 20 bits
	using Number::Number;
};
// The SubstreamID of a transaction that has one.
using Pasid = std::optional<Ssid>;
struct Asid : core::Number<Asid, u16> {
	using Number::Number;
};
struct Vmid : core::Number<Vmid, u16> {
	using Number::Number;
};
static_assert(sizeof(Sid) == sizeof(u32) && sizeof(Ssid) == sizeof(u32));

}  // namespace smmu3
