// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/domain.hpp"

#include <algorithm>

namespace smmu3 {
namespace {

core::Result<smmu_stage> choose_stage(const Features& features, smmu_stage wanted)
{
	if (wanted == SMMU_STAGE_ANY)
		return features.stage1 ? SMMU_STAGE_1 : SMMU_STAGE_2;
	if (wanted == SMMU_STAGE_1 ? features.stage1 : features.stage2)
		return wanted;
	return core::error(core::Errno::kInvalid);
}

// The widest page table that `smmu` can use.
smmu_pgtable describe_table(const Smmu& smmu, smmu_stage stage)
{
	const Features& features = smmu.features();
	smmu_pgtable table{};
	table.stage = stage;
	table.pgsize_bitmap = features.pgsize_bitmap;
	table.coherent_walk = features.coherent;
	if (stage == SMMU_STAGE_1) {
		table.ias = std::min<u32>(features.va52 ? 52 : 48, smmu.platform().va_bits);
		table.oas = features.ias_bits;
	} else {
		table.ias = features.ias_bits;
		table.oas = features.oas_bits;
	}
	return table;
}

// Whether an SMMU whose widest page table is `widest` can use `table`.  An SMMU that snoops can
// also read tables that are cleaned to memory.
bool fits(const smmu_pgtable& table, const smmu_pgtable& widest)
{
	return table.ias <= widest.ias && table.oas <= widest.oas &&
	       !(table.pgsize_bitmap & ~widest.pgsize_bitmap) &&
	       (widest.coherent_walk || !table.coherent_walk);
}

}  // namespace

core::Result<core::Box<Domain>> Domain::create(Smmu& smmu, smmu_stage wanted, void* shim)
{
	const smmu_stage stage = TRY(choose_stage(smmu.features(), wanted));
	auto lock = TRY(core::Mutex::make());
	auto table = TRY(PageTable::create(shim, smmu.dev(), describe_table(smmu, stage)));
	return core::make_box<Domain>(std::move(lock), std::move(table));
}

Domain::~Domain()
{
	for (; sites_; sites_ = std::move(sites_->next))
		vacate(*sites_);
}

// An SMMU that has not acknowledged the last detach is still a target.
void Domain::vacate(Site& site)
{
	if (!targets_.has(site.smmu) || is_forgotten(site))
		return;
	os_log(site.smmu.dev(), OS_ERROR,
	       "leaking %s %u and its page table: the SMMU did not acknowledge an "
	       "invalidation and may still use them",
	       is_stage2() ? "VMID" : "ASID", site.tag.number());
	site.tag.leak();
	table_.leak();
}

bool Domain::suits(const Smmu& smmu) const
{
	const auto stage = static_cast<smmu_stage>(table().stage);
	return choose_stage(smmu.features(), stage) && fits(table(), describe_table(smmu, stage));
}

core::Result<TlbTag> Domain::enter(Attachment& attachment)
{
	if (!suits(attachment.smmu()))
		return core::error(core::Errno::kInvalid);
	core::Locked lock(lock_);
	const TlbTag tag = TRY(add_target(attachment.smmu()));
	attachments_.prepend(attachment);
	return tag;
}

core::Result<TlbTag> Domain::add_target(Smmu& smmu)
{
	Site* site = find_site(smmu);
	if (!site)
		site = TRY(make_site(smmu));
	if (!targets_.has(smmu))
		targets_.add(Target(smmu, site->tag.tag()));
	return site->tag.tag();
}

// With room for a target at each site, so that no later add() fails.
core::Result<Site*> Domain::make_site(Smmu& smmu)
{
	size_t sites = 1;
	for (const Site* site = sites_.get(); site; site = site->next.get())
		sites++;
	TRY(targets_.make_room(sites));
	auto tag = TRY(OwnedTag::take(smmu, static_cast<smmu_stage>(table().stage)));
	auto site = TRY(core::make_box<Site>(smmu, std::move(tag)));
	site->next = std::move(sites_);
	sites_ = std::move(site);
	return sites_.get();
}

Site* Domain::find_site(const Smmu& smmu)
{
	Site* site = sites_.get();
	while (site && &site->smmu != &smmu)
		site = site->next.get();
	return site;
}

bool Domain::is_used_at(const Smmu& smmu)
{
	for (const Attachment& attachment : attachments_)
		if (&attachment.smmu() == &smmu)
			return true;
	return false;
}

// If the SMMU does not acknowledge, it remains a target, and ~Domain() invalidates again.
void Domain::leave(Attachment& attachment)
{
	Smmu& smmu = attachment.smmu();
	core::Locked lock(lock_);
	attachments_.remove(attachment);
	if (!is_used_at(smmu) && is_forgotten(*find_site(smmu)))
		targets_.remove(smmu);
}

core::Result<> Domain::add(Smmu& smmu, AtsDevice& device)
{
	core::Locked lock(lock_);
	return targets_.add(smmu, device);
}

void Domain::remove(AtsDevice& device)
{
	core::Locked lock(lock_);
	targets_.remove(device);
}

// Invalidates everything with the tag of `site`.  True: the SMMU uses nothing of it any more.
bool Domain::is_forgotten(const Site& site)
{
	return site.smmu.unanswered().forget_all_of(tlbi_all(site.tag.tag())).has_value();
}

}  // namespace smmu3
