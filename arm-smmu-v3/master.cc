// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {

core::Result<core::Box<Master>> Master::create(Smmu& smmu, device* dev, std::span<const u32> sids,
					       u32 ssid_bits)
{
	auto copy = TRY(core::Array<Sid>::allocate(sids.size()));
	for (size_t i = 0; i < sids.size(); i++)
		copy[i] = Sid(sids[i]);

	auto master = TRY(core::make_box<Master>(smmu, dev, std::move(copy), ssid_bits));
	TRY(master->claim_streams());
	return master;
}

core::Result<> Master::claim_streams()
{
	for (; claimed_ < sids_.size(); claimed_++)
		TRY(smmu_.streams().claim(sids_[claimed_], dev_));
	return {};
}

Master::~Master()
{
	withdraw_ats();
	for (u32 i = 0; i < claimed_; i++)
		(void)smmu_.streams().write_resting(sids_[i], resting_);
	end_all_stalls();
	(void)contexts_.clear(kNoSubstream);
	domains_.present().leave();
	detach_all_pasids();
	contexts_.let_go();
	while (claimed_)
		smmu_.streams().release(sids_[--claimed_]);
	if (may_request_)
		smmu_.page_requests().remove(pri_);
}

core::Result<> Master::write_state(const MasterState& state)
{
	state_ = state;
	const Ste ste = ste_for(state, smmu_.features());
	core::Result<> answered;
	for (u32 i = 0; i < claimed_; i++)
		answered = first_error(answered, smmu_.streams().write(sids_[i], ste));
	return answered;
}

const u64* Master::cd() const
{
	return contexts_.find(kNoSubstream);
}

// The target of the new domain first, then the CD and the STEs, and last the target of the old
// domain.
core::Result<> Master::attach(Domain& domain)
{
	if (domain.is_stage2() && pasids_)
		return core::error(core::Errno::kBusy);
	withdraw_ats();
	TRY(domains_.next().enter(domain));
	if (auto prepared = prepare_for(domain); !prepared) {
		domains_.next().leave();
		return prepared;
	}
	ats_.release();
	begin_stalls(stalls_, domain, domains_.next().tag());
	const auto written = translate(domain, domains_.next().tag());
	end_stalls(stalls_);
	domains_.advance();
	return written;
}

core::Result<> Master::prepare_for(const Domain& domain)
{
	return domain.is_stage2() ? core::Result<>() : contexts_.prepare(kNoSubstream);
}

core::Result<> Master::translate(const Domain& domain, const TlbTag& tag)
{
	if (domain.is_stage2())
		return write_without_cd(with_contexts({.config = SteConfig::kStage2,
						       .resolves = resolves(domain),
						       .vmid = tag.vmid,
						       .table = &domain.table()}));
	const auto described = contexts_.write(kNoSubstream, make_cd(tag.asid, domain));
	return first_error(described, write_state(with_contexts({.config = SteConfig::kStage1})));
}

core::Result<> Master::write_without_cd(const MasterState& state)
{
	const auto written = write_state(state);
	return first_error(written, contexts_.clear(kNoSubstream));
}

core::Result<> Master::attach_without_domain(SteConfig config)
{
	withdraw_ats();
	ats_.release();
	const auto written = write_without_cd(with_contexts({.config = config}));
	end_stalls_for_good(stalls_);
	domains_.present().leave();
	return written;
}

core::Result<> Master::attach_identity()
{
	return attach_without_domain(SteConfig::kBypass);
}

core::Result<> Master::attach_blocked()
{
	return attach_without_domain(SteConfig::kAbort);
}

}  // namespace smmu3
