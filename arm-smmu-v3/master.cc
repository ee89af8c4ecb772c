// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {
namespace {

// The context of transactions without a PASID (S1DSS).
constexpr Ssid kNoSubstream{0};

}  // namespace

core::Result<core::Box<Master>> Master::create(Smmu& smmu, device* dev, std::span<const u32> sids,
					       u32 ssid_bits)
{
	auto copy = TRY(core::Array<Sid>::allocate(sids.size()));
	for (size_t i = 0; i < sids.size(); i++)
		copy[i] = Sid(sids[i]);

	const u32 bits = std::min(ssid_bits, CdTable::max_bits(smmu.features()));
	auto master = TRY(core::make_box<Master>(smmu, dev, std::move(copy), bits));
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
	(void)clear_cd(kNoSubstream);
	domains_.present().leave();
	detach_all_pasids();
	let_go_of_cd_table();
	while (claimed_)
		smmu_.streams().release(sids_[--claimed_]);
}

void Master::let_go_of_cd_table()
{
	if (!cdtab_ || smmu_.unanswered().settle())
		return;
	os_log(smmu_.dev(), OS_ERROR,
	       "keeping the CD table of stream ID 0x%x: the SMMU did not acknowledge an "
	       "invalidation and may still use it",
	       sids_[0].value());
	smmu_.streams().keep(std::move(cdtab_));
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

core::Result<> Master::forget_cd(Ssid ssid, Levels levels)
{
	Commands::ReadSection section;
	[[clang::uninitialized]] Commands::Batch batch(smmu_.commands(), section);
	for (u32 i = 0; i < claimed_; i++)
		TRY(batch.add(cfgi_cd(sids_[i], ssid, levels)));
	TRY(batch.submit());
	return {};
}

// The SMMU reads no table before an STE points to it.  With kAll, CFGI_CD also invalidates the L1
// descriptor of a new leaf.
core::Result<> Master::prepare_cd(Ssid ssid)
{
	if (!cdtab_) {
		auto table = TRY(CdTable::create(smmu_.dev(), smmu_.features(), ssid_bits_));
		cdtab_ = TRY(core::make_box<CdTable>(std::move(table)));
	}
	if (TRY(cdtab_->prepare(ssid)))
		(void)forget_cd(ssid, Levels::kAll);
	return {};
}

const u64* Master::cd() const
{
	return cdtab_->find(kNoSubstream);
}

core::Result<> Master::write_cd(Ssid ssid, const Cd& cd)
{
	return cdtab_->write(ssid, cd, [&] { return forget_cd(ssid, Levels::kLeaf); });
}

core::Result<> Master::clear_cd(Ssid ssid)
{
	if (!cdtab_ || !cdtab_->find(ssid))
		return {};
	return write_cd(ssid, Cd{});
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
	const auto written = translate(domain, domains_.next().tag());
	end_stalls(stalls_);
	begin_stalls(stalls_, domain);
	domains_.advance();
	return written;
}

core::Result<> Master::prepare_for(const Domain& domain)
{
	return domain.is_stage2() ? core::Result<>() : prepare_cd(kNoSubstream);
}

core::Result<> Master::translate(const Domain& domain, const TlbTag& tag)
{
	if (domain.is_stage2())
		return write_without_cd(with_contexts({.config = SteConfig::kStage2,
						       .resolves = resolves(domain),
						       .vmid = tag.vmid,
						       .table = &domain.table()}));
	const auto described = write_cd(kNoSubstream, make_cd(tag.asid, domain));
	return first_error(described, write_state(with_contexts({.config = SteConfig::kStage1})));
}

core::Result<> Master::write_without_cd(const MasterState& state)
{
	const auto written = write_state(state);
	return first_error(written, clear_cd(kNoSubstream));
}

core::Result<> Master::attach_without_domain(SteConfig config)
{
	withdraw_ats();
	ats_.release();
	const auto written = write_without_cd(with_contexts({.config = config}));
	end_stalls(stalls_);
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
