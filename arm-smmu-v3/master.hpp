// SPDX-License-Identifier: GPL-2.0-only
// A device behind an SMMU: its streams, its context descriptors, its attachment, its stalled transactions and page
// requests.
#pragma once

#include "arm-smmu-v3/attachment.hpp"
#include "arm-smmu-v3/contexts.hpp"
#include "arm-smmu-v3/domain.hpp"
#include "arm-smmu-v3/master_state.hpp"
#include "arm-smmu-v3/smmu.hpp"
#include "arm-smmu-v3/substream.hpp"

namespace smmu3 {

// The context of transactions without a PASID (S1DSS).
constexpr Ssid kNoSubstream{0};

// After an error the remaining steps are done, too.
inline core::Result<> first_error(core::Result<> one, core::Result<> other)
{
	return one ? other : one;
}

class Master {
public:
	// Claims `sids` for `dev`; their STEs are not changed.  Sleeps.  kRange, kBusy, kNoMemory.
	static core::Result<core::Box<Master>> create(Smmu& smmu, device* dev,
						      std::span<const u32> sids, u32 ssid_bits);

	Master(Smmu& smmu, device* dev, core::Array<Sid> sids, u32 ssid_bits)
		: smmu_(smmu),
		  dev_(dev),
		  sids_(std::move(sids)),
		  contexts_(smmu, sids_.all(), ssid_bits),
		  domains_(contexts_, {}),
		  stalls_(dev, {}),
		  ats_(dev, smmu.commands(), smmu.streams(), sids_.all()),
		  pri_(dev)
	{
	}
	// Releases the streams: they abort, or bypass if firmware needs that.
	~Master();
	Master(const Master&) = delete;
	Master& operator=(const Master&) = delete;

	// SAFETY: as Smmu::from().
	static Master& from(smmu_master* master) { return *reinterpret_cast<Master*>(master); }
	smmu_master* to_core() { return reinterpret_cast<smmu_master*>(this); }

	device* dev() const { return dev_; }
	// The eight doublewords of the STE of a stream of the device, and of the CD of its stage 1
	// domain, which exists after the first attach to one.  Both may change meanwhile.
	const u64* ste(Sid sid) const { return smmu_.streams().find(sid); }
	const u64* cd() const;

	void keep_direct() { resting_ = Streams::Resting::kBypass; }
	// Its faults stall in domains that resolve them.  Must be called before the first attach.
	void allow_stalls();
	// Faults of the domains that it is attached to are reported, and not held.  Serialised with
	// attaches.  Sleeps.
	void report_stalls();

	// Set the translation of every stream of the device.  Sleeps.  kTimedOut: the tables in
	// memory have changed, but the SMMU may still use what it has cached.  After any other
	// error, as of Attachment::enter(), nothing has changed.
	core::Result<> attach(Domain& domain);
	core::Result<> attach_identity();
	core::Result<> attach_blocked();

	// ---- PASIDs: master_pasid.cc ----

	// Sets the translation of transactions with `pasid`.  As attach(); and kRange (logged): the
	// device has no such PASID.  kInvalid: also where a stage 2 is involved.
	core::Result<> attach_pasid(Ssid pasid, Domain& domain);
	// Lets them abort.  Sleeps.
	void detach_pasid(Ssid pasid);
	// Whether it is attached to a domain otherwise than by `pasid`.
	bool is_in_domain_besides(Ssid pasid) const;

	// ---- ATS: master_ats.cc ----

	// ATS can be granted while transactions bypass, too.  Must be called before the first attach.
	// Sleeps.  kNoMemory.  kInvalid: the SMMU does not support it.
	core::Result<> bypass_with_ats();
	bool bypasses_with_ats() const
	{
		return may_bypass_with_ats_ && state_.config == SteConfig::kBypass;
	}

	// Grants ATS in the domains that the device is attached to.  ATS is off at the device.
	// Sleeps.  kInvalid: no ATS in this SMMU or for this attachment.  kNoMemory.  kNoDevice
	// (logged): the device does not answer.  kIo, kTimedOut: the SMMU does not translate, or
	// does not answer.  After an error it is not granted.
	core::Result<> grant_ats();
	// Withdraws it.  ATS is off at the device.  Sleeps.  Each attach begins with it.
	void withdraw_ats();
	bool uses_ats() const { return ats_is_target_; }
	bool quarantined() const { return ats_.quarantined(); }

	// ---- PRI: master_pri.cc; as core.h describes it ----

	void allow_page_requests(bool pasids);
	bool resolves_faults() const;
	core::Result<> grant_pri(u32 credits);
	void withdraw_pri();

private:
	core::Result<> claim_streams();
	bool may_stall() const
	{
		return state_.may_stall || smmu_.features().stalls == StallModel::kForced;
	}
	bool may_fault() const { return may_stall() || may_request_; }
	bool resolves(const Domain& domain) const;
	void begin_stalls(StallSource& source, const Domain& domain, const TlbTag& tag);
	void end_stalls(StallSource& source);
	void end_stalls_for_good(StallSource& source);
	void end_all_stalls();
	Cd make_cd(Asid asid, const Domain& domain) const;
	bool may_use_ats() const;
	core::Result<> become_ats_target();
	void cease_ats_target();
	core::Result<> open_ats();
	void abandon_ats();
	core::Result<> write_ats(Ats ats);
	void revoke_ats();
	core::Result<> check_pasid(Ssid pasid, const Domain& domain) const;
	core::Result<Substream*> find_or_add(Ssid pasid);
	core::Box<Substream>& find(Ssid pasid);
	void remove(Ssid pasid);
	core::Result<> prepare(Substream& substream, Domain& domain);
	core::Result<> translate(Substream& substream, const Domain& domain);
	void leave_domain(Substream& substream);
	void detach_all_pasids();
	MasterState with_contexts(MasterState state) const;
	core::Result<> renew_state();
	core::Result<> prepare_for(const Domain& domain);
	core::Result<> translate(const Domain& domain, const TlbTag& tag);
	core::Result<> attach_without_domain(SteConfig config);
	core::Result<> write_without_cd(const MasterState& state);
	core::Result<> write_state(const MasterState& state);

	Smmu& smmu_;
	device* dev_;
	core::Array<Sid> sids_;
	u32 claimed_ = 0;                                      // of sids_, from the first
	Streams::Resting resting_ = Streams::Resting::kAbort;  // after their release
	Contexts contexts_;
	Attachments domains_;          // of transactions without a PASID
	StallSource stalls_;           // of these transactions
	core::Box<Substream> pasids_;  // those that are attached
	MasterState state_{};          // in the STEs
	AtsDevice ats_;
	bool ats_is_target_ = false;  // of all domains
	bool may_bypass_with_ats_ = false;
	bool may_request_ = false;  // pages, with PRI
	PriDevice pri_;
};

}  // namespace smmu3
