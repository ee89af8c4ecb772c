// SPDX-License-Identifier: GPL-2.0-only
// A PASID of a device and the domain that it is attached to.
#pragma once

#include "arm-smmu-v3/attachment.hpp"
#include "core/owner.hpp"

namespace smmu3 {

struct Substream {
	Substream(Smmu& smmu, Ssid the_pasid)
		: pasid(the_pasid),
		  domains(smmu, the_pasid)
	{
	}

	const Ssid pasid;
	Attachments domains;
	core::Box<Substream> next;
};

}  // namespace smmu3
