// SPDX-License-Identifier: GPL-2.0-only
// ATS of a device (IHI 0070 3.9.2).  The caller enables it at the device after a grant, and disables it
// there before it is withdrawn.
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {

// A device whose faults stall can't have ATS at stage 2 (STE.S2S).
bool Master::may_use_ats() const
{
	return smmu_.features().ats && smmu_.features().stalls != StallModel::kForced &&
	       !state_.resolves && (is_in_domain_besides(kNoSubstream) || bypasses_with_ats()) &&
	       !ats_.quarantined();
}

// EATS is ignored in an STE that bypasses (IHI 0070 5.2), unless it does so by S1DSS (13.6.4).
core::Result<> Master::bypass_with_ats()
{
	TRY(contexts_.prepare_default());
	may_bypass_with_ats_ = true;
	return {};
}

// The flushes of the domains reach the ATC before anything can be in it.
core::Result<> Master::become_ats_target()
{
	ats_is_target_ = true;
	TRY(domains_.present().add(ats_));
	for (Substream* pasid = pasids_.get(); pasid; pasid = pasid->next.get())
		TRY(pasid->domains.present().add(ats_));
	return {};
}

void Master::cease_ats_target()
{
	domains_.present().remove(ats_);
	for (Substream* pasid = pasids_.get(); pasid; pasid = pasid->next.get())
		pasid->domains.present().remove(ats_);
	ats_is_target_ = false;
}

core::Result<> Master::write_ats(Ats ats)
{
	MasterState state = state_;
	state.ats = ats;
	const auto written = write_state(state);
	ats_.renew_quarantine();
	return written;
}

// Under the lock, the SMMU translates or elides: an ATC_INV that was issued had its effect.
core::Result<> Master::open_ats()
{
	core::Locked lock(smmu_.ats().lock());
	if (!smmu_.ats().admits_grants())
		return core::error(core::Errno::kIo);
	if (ats_.granted())
		return {};
	TRY(ats_.forget_all());
	smmu_.ats().add(ats_);
	return write_ats(Ats::kFull);
}

// A flush may have put the device into quarantine meanwhile.  If EATS was not written, no Translated
// transaction has passed since, so that it can go on without ATS.
void Master::abandon_ats()
{
	revoke_ats();
	cease_ats_target();
	ats_.release();
	(void)write_ats(Ats::kOff);
}

core::Result<> Master::grant_ats()
{
	if (!may_use_ats())
		return core::error(core::Errno::kInvalid);
	if (auto became = become_ats_target(); !became) {
		cease_ats_target();
		return became;
	}
	auto opened = open_ats();
	if (!opened)
		abandon_ats();
	if (!opened && opened.error() == core::Errno::kNoDevice)
		os_log(dev_, OS_ERROR, "ATC invalidation not answered, ATS stays off");
	return opened;
}

// In this order, so that transactions that use the ATC have ended before EATS changes.  The streams of
// a device in quarantine abort, and its ATC can't be invalidated.
void Master::revoke_ats()
{
	core::Locked lock(smmu_.ats().lock());
	if (!ats_.granted())
		return;
	if (!ats_.quarantined()) {
		(void)ats_.forget_all();
		(void)write_ats(Ats::kOff);
	}
	smmu_.ats().remove(ats_);
}

void Master::withdraw_ats()
{
	withdraw_pri();
	if (!ats_is_target_)
		return;
	revoke_ats();
	cease_ats_target();
}

}  // namespace smmu3
