// SPDX-License-Identifier: GPL-2.0-only
// A page request of a PCIe device, as the PRI queue has it (IHI 0070 8).
#pragma once

#include "arm-smmu-v3/ids.hpp"
#include "arm-smmu-v3/record_queue.hpp"
#include "arm-smmu-v3/core.h"

namespace smmu3 {

struct PageRequest : core::Bits<PageRequest, u64, 2> {
	using StreamID = Field<31, 0, Sid>;
	using SubstreamID = Field<51, 32, Ssid>;
	using Priv = Bit<58>;
	using Exec = Bit<59>;
	using Read = Bit<60>;
	using Write = Bit<61>;
	using Last = Bit<62>;
	using SSV = Bit<63>;
	using PRGIndex = Field<72, 64>;
	using PageAddr = Address<127, 76>;
};
static_assert(sizeof(PageRequest) == 16);

using PriQueue = RecordQueue<PageRequest, PRIQ_BASE, PRIQ_PROD, PRIQ_CONS>;

constexpr smmu_page_request decode_page_request(const PageRequest& request)
{
	return {
		.earlier = nullptr,
		.address = request.get<PageRequest::PageAddr>(),
		.sid = request.get<PageRequest::StreamID>().value(),
		.ssid = request.get<PageRequest::SubstreamID>().value(),
		.group = static_cast<u16>(request.get<PageRequest::PRGIndex>()),
		.has_ssid = request.get<PageRequest::SSV>(),
		.read = request.get<PageRequest::Read>(),
		.write = request.get<PageRequest::Write>(),
		.execute = request.get<PageRequest::Exec>(),
		.privileged = request.get<PageRequest::Priv>(),
		.last = request.get<PageRequest::Last>(),
	};
}

}  // namespace smmu3
