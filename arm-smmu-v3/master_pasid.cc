// SPDX-License-Identifier: GPL-2.0-only
// PASIDs of a device.  Each has a CD of its own.  While there are any, the STE refers to the CD table, and its S1DSS
// says what becomes of transactions without a PASID (IHI 0070 5.2).
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {

// SubstreamID 0 is that of transactions without a PASID.
core::Result<> Master::check_pasid(Ssid pasid, const Domain& domain) const
{
	if (!pasid.value() || u64{pasid.value()} >> contexts_.ssid_bits()) {
		if (smmu_shim_may_log(smmu_.dev(), SMMU_LINE_PASID))
			os_log(dev_, OS_ERROR, "PASID 0x%x is out of range (%u bits)",
			       pasid.value(), contexts_.ssid_bits());
		return core::error(core::Errno::kRange);
	}
	if (domain.is_stage2() || state_.config == SteConfig::kStage2)
		return core::error(core::Errno::kInvalid);
	return {};
}

// The place in the list: empty if the PASID is not in it.
core::Box<Substream>& Master::find(Ssid pasid)
{
	core::Box<Substream>* link = &pasids_;
	while (*link && (*link)->pasid != pasid)
		link = &(*link)->next;
	return *link;
}

core::Result<Substream*> Master::find_or_add(Ssid pasid)
{
	core::Box<Substream>& place = find(pasid);
	if (!place)
		place = TRY(core::make_box<Substream>(contexts_, dev_, pasid));
	return place.get();
}

// As attach(): the targets of the new domain, its CD, the STEs if they depend on it, and last what the ATC has of the
// old domain, and its targets.
core::Result<> Master::attach_pasid(Ssid pasid, Domain& domain)
{
	TRY(check_pasid(pasid, domain));
	Substream& substream = *TRY(find_or_add(pasid));
	if (auto prepared = prepare(substream, domain); !prepared) {
		if (!substream.domains.present().is_in_domain())
			remove(pasid);
		return prepared;
	}
	begin_stalls(substream.stalls, domain, substream.domains.next().tag());
	const auto written = translate(substream, domain);
	end_stalls(substream.stalls);
	leave_domain(substream);
	substream.domains.advance();
	return written;
}

// Nothing has changed after an error.
core::Result<> Master::prepare(Substream& substream, Domain& domain)
{
	Attachment& next = substream.domains.next();
	TRY(next.enter(domain));
	core::Result<> prepared;
	if (ats_is_target_)
		prepared = next.add(ats_);
	if (prepared)
		prepared = contexts_.prepare(substream.pasid);
	if (!prepared) {
		next.remove(ats_);
		next.leave();
	}
	return prepared;
}

core::Result<> Master::translate(Substream& substream, const Domain& domain)
{
	const Asid asid = substream.domains.next().tag().asid;
	const auto described = substream.domains.present().write(make_cd(asid, domain));
	return first_error(described, renew_state());
}

// Once no CD points to the domain.  The device may have its translations until then.  A device in quarantine
// answers nothing, and its streams abort.
void Master::leave_domain(Substream& substream)
{
	Attachment& domain = substream.domains.present();
	if (ats_is_target_ && !ats_.quarantined() && domain.is_in_domain())
		ats_.forget(substream.pasid);
	domain.remove(ats_);
	domain.leave();
}

MasterState Master::with_contexts(MasterState state) const
{
	state.s1dss = pasids_ || (may_bypass_with_ats_ && state.config == SteConfig::kBypass);
	state.may_stall = state_.may_stall;
	state.pasid_responses = state_.pasid_responses;
	if (state.s1dss || state.config == SteConfig::kStage1)
		state.contexts = contexts_.ref();
	return state;
}

// With the first PASID and without the last one: S1DSS takes the place of bypass and abort.  ATS is not granted where
// this changes an STE, since there is no domain but those of PASIDs.
core::Result<> Master::renew_state()
{
	MasterState state = with_contexts(state_);
	if (state.config == SteConfig::kStage1 || state.s1dss == state_.s1dss)
		return {};
	state.ats = Ats::kOff;
	const auto written = write_state(state);
	ats_.renew_quarantine();
	return written;
}

void Master::remove(Ssid pasid)
{
	core::Box<Substream>& place = find(pasid);
	const core::Box<Substream> removed = std::move(place);
	place = std::move(removed->next);
}

void Master::detach_pasid(Ssid pasid)
{
	Substream* substream = find(pasid).get();
	if (!substream)
		return;
	if (!is_in_domain_besides(pasid) && !bypasses_with_ats()) {
		withdraw_ats();
		ats_.release();
	}
	(void)substream->domains.present().write(Cd{});
	end_stalls_for_good(substream->stalls);
	leave_domain(*substream);
	remove(pasid);
	(void)renew_state();
}

// The STEs point to no CD any more.
void Master::detach_all_pasids()
{
	while (pasids_) {
		(void)pasids_->domains.present().write(Cd{});
		pasids_->domains.present().leave();
		remove(pasids_->pasid);
	}
}

bool Master::is_in_domain_besides(Ssid pasid) const
{
	if (domains_.present().is_in_domain())
		return true;
	return pasids_ && (pasids_->pasid != pasid || pasids_->next);
}

}  // namespace smmu3
