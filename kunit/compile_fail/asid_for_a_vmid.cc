// SPDX-License-Identifier: GPL-2.0-only
// An ASID is not a VMID.
// error: no viable conversion from 'smmu3::Asid' to 'Vmid'
#include "arm-smmu-v3/command.hpp"

auto command(smmu3::Vmid vmid, smmu3::Asid asid)
{
	return smmu3::tlbi_nh_asid(asid, vmid);
}
