// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/master.hpp"

namespace smmu3 {
namespace {

// Without PASIDs a device's only context is that of SubstreamID 0.
constexpr u32 kNoSubstream = 0;

}  // namespace

core::Result<core::Box<Master>> Master::create(Smmu& smmu, device* dev, std::span<const u32> sids,
					       u32 ssid_bits)
{
	auto copy = TRY(core::Array<u32>::allocate(sids.size()));
	for (size_t i = 0; i < sids.size(); i++)
		copy[i] = sids[i];

	const u32 bits = std::min<u32>(ssid_bits, smmu.features().ssid_bits);
	auto cdtab = TRY(CdTable::create(smmu.dev(), smmu.features(), bits));
	auto master = TRY(core::make_box<Master>(smmu, dev, std::move(copy), std::move(cdtab)));
	TRY(master->claim_streams());
	return master;
}

core::Result<> Master::claim_streams()
{
	for (; claimed_ < sids_.size(); claimed_++)
		TRY(smmu_.claim_stream(sids_[claimed_], *this));
	return {};
}

Master::~Master()
{
	(void)attach_blocked();
	while (claimed_) {
		(void)smmu_.write_resting_ste(sids_[--claimed_]);
		smmu_.release_stream(sids_[claimed_]);
	}
}

core::Result<> Master::write_stes(const Ste& ste)
{
	for (u32 i = 0; i < claimed_; i++)
		TRY(smmu_.write_ste(sids_[i], ste));
	return {};
}

core::Result<> Master::forget_cd(u32 ssid, bool leaf)
{
	[[clang::uninitialized]] Batch batch(smmu_.queue(), smmu_.batch_overflow());
	for (u32 i = 0; i < claimed_; i++)
		TRY(batch.add(cfgi_cd(sids_[i], ssid, leaf)));
	TRY(smmu_.noted(batch.submit()));
	return {};
}

core::Result<> Master::write_cd(u32 ssid, const Cd& cd)
{
	if (TRY(cdtab_.prepare(ssid)))
		TRY(forget_cd(ssid, false));
	return cdtab_.write(ssid, cd, [&] { return forget_cd(ssid, true); });
}

// Nothing to do, and no memory to take, for a CD that was never written.
core::Result<> Master::clear_cd(u32 ssid)
{
	if (!cdtab_.find(ssid))
		return {};
	return write_cd(ssid, Cd{});
}

core::Result<> Master::put_in_force(const Domain& domain)
{
	const Features& features = smmu_.features();
	const bool stall = features.stalls == StallModel::kForced;
	if (domain.is_stage2()) {
		TRY(write_stes(make_stage2_ste(domain.tag().vmid, domain.table(),
					       features.attribute_override, stall)));
		return clear_cd(kNoSubstream);
	}

	TRY(write_cd(kNoSubstream, make_stage1_cd(domain.tag().asid, domain.table(), stall)));
	const StreamWorld world = features.e2h ? StreamWorld::kEl2 : StreamWorld::kEl1;
	return write_stes(
		make_stage1_ste(cdtab_.ref(), world, features.stalls == StallModel::kOptional));
}

core::Result<> Master::or_block(core::Result<> attached)
{
	if (!attached)
		(void)attach_blocked();
	return attached;
}

core::Result<> Master::attach(Domain& domain)
{
	return or_block(put_in_force(domain));
}

core::Result<> Master::attach_identity()
{
	TRY(or_block(write_stes(make_bypass_ste(smmu_.features().attribute_override))));
	return or_block(clear_cd(kNoSubstream));
}

core::Result<> Master::attach_blocked()
{
	// Every stream, even where the SMMU does not answer for the one before.
	core::Result<> blocked;
	for (u32 i = 0; i < claimed_; i++)
		if (auto written = smmu_.write_ste(sids_[i], make_abort_ste()); !written)
			blocked = written;
	TRY(blocked);
	return clear_cd(kNoSubstream);
}

}  // namespace smmu3
