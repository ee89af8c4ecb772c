// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/domain.hpp"

#include <algorithm>

#include "arm-smmu-v3/table_needs.hpp"

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

// The kernel's page size, or else the next smaller one, or else the smallest.
u32 choose_page_shift(const Smmu& smmu)
{
	constexpr u64 kPages = u64{1} << 12 | u64{1} << 14 | u64{1} << 16;
	const u64 offered = smmu.features().pgsize_bitmap & kPages;
	const u64 not_larger = offered & ((u64{2} << smmu.platform().page_shift) - 1);
	return static_cast<u32>(not_larger ? std::bit_width(not_larger) - 1
					   : std::countr_zero(offered));
}

// LPA2 where 4K or 16K pages would not reach all addresses without it.
bool needs_ds(const smmu_pgtable& widest, u32 page_shift)
{
	constexpr u32 kMostWithout = pgtable::Layout4K::kMaxBits;
	return widest.ds && page_shift < pgtable::Layout64K::kPageShift &&
	       std::max(widest.ias, widest.oas) > kMostWithout;
}

}  // namespace

core::Result<core::Box<Domain>> Domain::create(Smmu& smmu, smmu_stage wanted, bool dirty)
{
	const smmu_stage stage = TRY(choose_stage(smmu.features(), wanted));
	if (dirty && !smmu.features().dirty)
		return core::error(core::Errno::kInvalid);
	auto lock = TRY(core::Mutex::make());
	smmu_pgtable table = widest_table(smmu, stage);
	const u32 page_shift = choose_page_shift(smmu);
	table.pgsize_bitmap = u64{1} << page_shift;
	table.dirty = table.access_flag = dirty;
	table.access_flag_of_tables = false;
	table.ds = needs_ds(table, page_shift);
	auto domain = TRY(core::make_box<Domain>(std::move(lock), table));
	TRY(domain->create_tables(smmu));
	return domain;
}

const char* Domain::obstacle(const Smmu& smmu, const smmu_process_tables& tables)
{
	if (!smmu.features().stage1)
		return "it does not have stage 1 (IDR0.S1P)";
	return find_obstacle(process_table(tables, 0, smmu.features()),
			     widest_table(smmu, SMMU_STAGE_1));
}

core::Result<core::Box<Domain>> Domain::create(Smmu& smmu, const smmu_process_tables& tables,
					       u64 pgd)
{
	if (obstacle(smmu, tables))
		return core::error(core::Errno::kInvalid);
	auto lock = TRY(core::Mutex::make());
	return core::make_box<Domain>(std::move(lock), process_table(tables, pgd, smmu.features()));
}

core::Result<> Domain::create_tables(Smmu& smmu)
{
	TRY(memory_.create(smmu.dev(), table_.coherent_walk));
	return is_stage2() ? create_tables<k2>(smmu.features())
			   : create_tables<k1>(smmu.features());
}

// The smallest page is all that pgsize_bitmap has by now.
template <pgtable::Stage S>
core::Result<> Domain::create_tables(const Features& features)
{
	using namespace pgtable;
	switch (table_.pgsize_bitmap) {
	case Layout4K::size(kLastLevel):
		return table_.ds ? create_tables<Granule4KLpa2<S>>(features, SMMU_FORMAT_4K_LPA2)
				 : create_tables<Granule4K<S>>(features, SMMU_FORMAT_4K);
	case Layout16K::size(kLastLevel):
		return table_.ds ? create_tables<Granule16KLpa2<S>>(features, SMMU_FORMAT_16K_LPA2)
				 : create_tables<Granule16K<S>>(features, SMMU_FORMAT_16K);
	default:
		return create_tables<Granule64K<S>>(features, SMMU_FORMAT_64K);
	}
}

template <pgtable::Format F>
core::Result<> Domain::create_tables(const Features& features, smmu_format format)
{
	table_.format = format;
	table_.ias = std::clamp<u32>(table_.ias, F::kMinBits, F::kMaxBits);
	table_.oas = std::clamp<u32>(table_.oas, F::kMinBits, F::kMaxBits);
	const pgtable::Config config{.input_bits = table_.ias,
				     .output_bits = table_.oas,
				     .coherent = table_.coherent_walk,
				     .bbml = features.bbml,
				     .contiguous = table_.coherent_walk && !table_.dirty &&
						   features.bbml != pgtable::Bbml::k0,
				     .variant = {.dirty = table_.dirty}};
	TRY(tables_.create<F>(memory_, config));

	const auto& made = tables_.as<F>();
	const pgtable::Control control = made.control_fields();
	table_.pgsize_bitmap = made.sizes();
	table_.ttb = made.ttb();
	table_.mair = F::kStage == pgtable::Stage::k1 ? pgtable::kMair : 0;
	table_.tsz = control.tsz;
	table_.tg = control.tg0;
	table_.sh = control.sh;
	table_.orgn = control.orgn;
	table_.irgn = control.irgn;
	table_.ips = control.ps;
	table_.sl0 = control.sl0;
	table_.sl2 = control.sl2;
	return {};
}

// No search for empty tables runs when the tables are released.
Domain::~Domain()
{
	memory_.stop();
	for (; sites_; sites_ = std::move(sites_->next))
		vacate(*sites_);
}

// An SMMU that has not acknowledged the last detach is still a target.  The kernel frees the page table of a process
// all the same.
void Domain::vacate(Site& site)
{
	if (!targets_.has(site.smmu) || is_forgotten(site))
		return;
	os_log(site.smmu.dev(), OS_ERROR,
	       "leaking %s %u%s: the SMMU did not acknowledge an invalidation and may still use "
	       "it",
	       is_stage2() ? "VMID" : "ASID", site.tag.number(),
	       tables_.exists() ? " and its page table" : "");
	site.tag.leak();
	tables_.leak();
}

bool Domain::suits(const Smmu& smmu) const
{
	const auto stage = static_cast<smmu_stage>(table().stage);
	return choose_stage(smmu.features(), stage) &&
	       !find_obstacle(table(), widest_table(smmu, stage));
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
	if (table().dirty)
		smmu.note_dirty_tracking();
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

core::Result<> Domain::add(Smmu& smmu, AtsDevice& device, Pasid pasid)
{
	core::Locked lock(lock_);
	return targets_.add(smmu, device, pasid);
}

void Domain::remove(AtsDevice& device, Pasid pasid)
{
	core::Locked lock(lock_);
	targets_.remove(device, pasid);
}

// Invalidates everything with the tag of `site`.  True: the SMMU uses nothing of it any more.
bool Domain::is_forgotten(const Site& site)
{
	return site.smmu.unanswered().forget_all_of(tlbi_all(site.tag.tag())).has_value();
}

// The search for empty tables is over the whole address space, and so are flushes of processes.
void Domain::flush_all_levels(u64 iova, u64 bytes)
{
	constexpr u64 kAlmostAll = u64{1} << 40;
	if (bytes >= kAlmostAll)
		flush();
	else
		flush(iova, bytes, Leaves(u64{1} << std::countr_zero(table_.pgsize_bitmap)),
		      Levels::kAll);
}

bool Domain::invalidate(u64 iova, u64 bytes)
{
	flush_all_levels(iova, bytes);
	return targets_.have_forgotten();
}

// Detaches under way find a CD that is quiet, or make it another.
void Domain::quieten()
{
	core::Locked lock(lock_);
	for (Attachment& attachment : attachments_)
		attachment.quieten();
	flush();
}

bool Domain::settle()
{
	core::Locked lock(lock_);
	for (Site* site = sites_.get(); site; site = site->next.get())
		if (targets_.has(site->smmu) && !site->smmu.unanswered().settle())
			return false;
	return true;
}

void Domain::reclaim()
{
	tables_.visit([](auto& tables) { (void)pgtable::reclaim(tables); });
}

}  // namespace smmu3
