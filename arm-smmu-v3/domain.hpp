// SPDX-License-Identifier: GPL-2.0-only
// An address space: a page table of the kernel's io-pgtable, the devices that are attached to it,
// and the SMMUs that these are behind.
#pragma once

#include "arm-smmu-v3/attachment.hpp"
#include "arm-smmu-v3/site.hpp"
#include "arm-smmu-v3/targets.hpp"
#include "core/list.hpp"
#include "core/page_table.hpp"

namespace smmu3 {

using PageTable = core::PageTable<smmu_pgtable, smmu_shim_pgtable_alloc, smmu_shim_pgtable_free>;

class Domain {
public:
	// Creates a domain with a page table that `smmu` can use.  `shim` is the argument of
	// smmu_shim_pgtable_alloc().  Sleeps.
	static core::Result<core::Box<Domain>> create(Smmu& smmu, smmu_stage wanted, void* shim);

	Domain(core::Mutex lock, PageTable table)
		: targets_(static_cast<u32>(std::countr_zero(table.description().pgsize_bitmap))),
		  table_(std::move(table)),
		  lock_(std::move(lock))
	{
	}
	// Leaks the page table if an SMMU may still use it.
	~Domain();
	Domain(const Domain&) = delete;
	Domain& operator=(const Domain&) = delete;

	// SAFETY: as Smmu::from().
	static Domain& from(smmu_domain* domain) { return *reinterpret_cast<Domain*>(domain); }
	smmu_domain* to_core() { return reinterpret_cast<smmu_domain*>(this); }

	const smmu_pgtable& table() const { return table_.description(); }
	bool is_stage2() const { return table().stage == SMMU_STAGE_2; }

	// Called by Attachment, where they are described.
	core::Result<TlbTag> enter(Attachment& attachment);
	void leave(Attachment& attachment);
	core::Result<> add(Smmu& smmu, AtsDevice& device);
	void remove(AtsDevice& device);

	// Invalidate translations at every SMMU and wait.  Any context.
	void flush() { targets_.forget_all(); }
	// The gate is read before a command is built: two instructions while the SMMU is on.
	void flush(u64 iova, u64 size, u64 granule, Levels levels)
	{
		if (!elides(targets_.gate())) [[likely]]
			targets_.forget(iova, size, granule, levels);
	}

private:
	bool suits(const Smmu& smmu) const;
	core::Result<TlbTag> add_target(Smmu& smmu) REQUIRES(lock_);
	core::Result<Site*> make_site(Smmu& smmu) REQUIRES(lock_);
	Site* find_site(const Smmu& smmu) REQUIRES(lock_);
	bool is_used_at(const Smmu& smmu) REQUIRES(lock_);
	static bool is_forgotten(const Site& site);
	void vacate(Site& site);

	Targets targets_;  // changed with the lock held, read by flushes without it
	PageTable table_;
	core::Mutex lock_;
	core::List<Attachment> attachments_ GUARDED_BY(lock_);
	core::Box<Site> sites_ GUARDED_BY(lock_);
};

}  // namespace smmu3
