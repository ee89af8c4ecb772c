// SPDX-License-Identifier: GPL-2.0-only
// An address space: a page table of the kernel's io-pgtable, and the tag its translations have in the TLB.
#pragma once

#include "arm-smmu-v3/owned_tag.hpp"
#include "core/page_table.hpp"

namespace smmu3 {

using PageTable = core::PageTable<smmu_pgtable, smmu_shim_pgtable_alloc, smmu_shim_pgtable_free>;

class Domain {
public:
	// `shim` names the page table's owner to smmu_shim_pgtable_alloc().  Sleeps.
	static core::Result<core::Box<Domain>> create(Smmu& smmu, smmu_stage wanted, void* shim);

	Domain(Smmu& smmu, OwnedTag tag, PageTable table)
		: smmu_(smmu),
		  tag_(std::move(tag)),
		  table_(std::move(table)),
		  page_shift_(
			  static_cast<u32>(std::countr_zero(table_.description().pgsize_bitmap)))
	{
	}
	// Leaks the page table and the number where the SMMU may still use them.
	~Domain();
	Domain(const Domain&) = delete;
	Domain& operator=(const Domain&) = delete;

	// SAFETY: as Smmu::from().
	static Domain& from(smmu_domain* domain) { return *reinterpret_cast<Domain*>(domain); }
	smmu_domain* to_core() { return reinterpret_cast<smmu_domain*>(this); }

	Smmu& smmu() const { return smmu_; }
	const TlbTag& tag() const { return tag_.tag(); }
	const smmu_pgtable& table() const { return table_.description(); }
	bool is_stage2() const { return tag().world == TlbTag::World::kStage2; }

	// Forget translations; return when the SMMU has.  Any context.
	void flush();
	// Asks for the gate before anything is prepared: two instructions while the SMMU runs.
	void flush(u64 iova, u64 size, u64 granule, bool leaf_only)
	{
		if (!elides(smmu_.commands().gate())) [[likely]]
			invalidate(iova, size, granule, leaf_only);
	}

private:
	void invalidate(u64 iova, u64 size, u64 granule, bool leaf_only);

	Smmu& smmu_;
	OwnedTag tag_;
	PageTable table_;
	u32 page_shift_;
};

}  // namespace smmu3
