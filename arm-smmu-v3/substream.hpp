// SPDX-License-Identifier: GPL-2.0-only
// A PASID of a device, the domain that it is attached to, and its stalled transactions.
#pragma once

#include "arm-smmu-v3/attachment.hpp"
#include "arm-smmu-v3/stalls.hpp"
#include "core/owner.hpp"

namespace smmu3 {

struct Substream {
	Substream(Contexts& contexts, device* dev, Ssid the_pasid)
		: pasid(the_pasid),
		  domains(contexts, the_pasid),
		  stalls(dev, the_pasid)
	{
	}

	const Ssid pasid;
	Attachments domains;
	StallSource stalls;
	core::Box<Substream> next;
};

}  // namespace smmu3
