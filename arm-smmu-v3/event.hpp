// SPDX-License-Identifier: GPL-2.0-only
// Event records (IHI 0070 7.3).
#pragma once

#include "arm-smmu-v3/ids.hpp"
#include "arm-smmu-v3/record_queue.hpp"
#include "arm-smmu-v3/core.h"

namespace smmu3 {

struct Event : core::Bits<Event, u64, 4> {
	using Number = Field<7, 0>;
	using SSV = Bit<11>;
	using SubstreamID = Field<31, 12, Ssid>;
	using StreamID = Field<63, 32, Sid>;
	using STAG = Field<79, 64>;
	using Stall = Bit<95>;
	using PnU = Bit<97>;
	using InD = Bit<98>;
	using RnW = Bit<99>;
	using S2 = Bit<103>;
	using CLASS = Field<105, 104>;
	using InputAddr = Field<191, 128>;
	using IPA = Address<243, 204>;
	using FetchAddr = Address<243, 195>;
};
static_assert(sizeof(Event) == 32);

constexpr u8 kPermissionFault = 0x13;  // F_PERMISSION (7.3.16)

using EventQueue = RecordQueue<Event, EVENTQ_BASE, EVENTQ_PROD, EVENTQ_CONS>;

// Decodes `event`; the fields of the STE are left to the caller.  Pure.
smmu_event decode_event(const Event& event);

}  // namespace smmu3
