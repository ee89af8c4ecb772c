// SPDX-License-Identifier: GPL-2.0-only
// A device behind an SMMU: its streams, its context descriptors, and what they are attached to.
#pragma once

#include "arm-smmu-v3/cdtab.hpp"
#include "arm-smmu-v3/domain.hpp"
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

class Master {
public:
	// Claim `sids` for `dev`, all aborting.  Sleeps.  kRange, kBusy, kNoMemory, kTimedOut.
	static core::Result<core::Box<Master>> create(Smmu& smmu, device* dev,
						      std::span<const u32> sids, u32 ssid_bits);

	Master(Smmu& smmu, device* dev, core::Array<u32> sids, CdTable cdtab)
		: smmu_(smmu),
		  dev_(dev),
		  sids_(std::move(sids)),
		  cdtab_(std::move(cdtab))
	{
	}
	// Blocks the device and gives its streams back.
	~Master();
	Master(const Master&) = delete;
	Master& operator=(const Master&) = delete;

	// SAFETY: as Smmu::from().
	static Master& from(smmu_master* master) { return *reinterpret_cast<Master*>(master); }
	smmu_master* to_core() { return reinterpret_cast<smmu_master*>(this); }

	device* dev() const { return dev_; }

	// Put a translation in force for every stream of the device.  Sleeps.  On an error the device is blocked.
	core::Result<> attach(Domain& domain);
	core::Result<> attach_identity();
	core::Result<> attach_blocked();

private:
	core::Result<> claim_streams();
	core::Result<> or_block(core::Result<> attached);
	core::Result<> put_in_force(const Domain& domain);
	core::Result<> write_stes(const Ste& ste);
	core::Result<> write_cd(u32 ssid, const Cd& cd);
	core::Result<> clear_cd(u32 ssid);
	core::Result<> forget_cd(u32 ssid, bool leaf);

	Smmu& smmu_;
	device* dev_;
	core::Array<u32> sids_;
	u32 claimed_ = 0;  // of sids_, from the first
	CdTable cdtab_;
};

}  // namespace smmu3
