// SPDX-License-Identifier: GPL-2.0-only
// An address space: a page table, the devices that are attached to it, and the SMMUs that these are
// behind.
#pragma once

#include "arm-smmu-v3/attachment.hpp"
#include "arm-smmu-v3/site.hpp"
#include "arm-smmu-v3/targets.hpp"
#include "core/list.hpp"
#include "pgtable/dirty.hpp"
#include "pgtable/dump.hpp"
#include "pgtable/os_memory.hpp"

namespace smmu3 {

class Domain {
public:
	using Memory = pgtable::OsMemory<Domain>;

	// Creates a domain with a page table that `smmu` can use.  Sleeps.
	static core::Result<core::Box<Domain>> create(Smmu& smmu, smmu_stage wanted, bool dirty);
	// Creates one with the page table of a process, as core.h describes it.  Sleeps.
	static core::Result<core::Box<Domain>> create(Smmu& smmu, const smmu_process_tables& tables,
						      u64 pgd);
	static const char* obstacle(const Smmu& smmu, const smmu_process_tables& tables);

	// `table`: what the SMMU of create_tables() can use.
	Domain(core::Mutex lock, const smmu_pgtable& table)
		: targets_(static_cast<u32>(std::countr_zero(table.pgsize_bitmap))),
		  table_(table),
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

	const smmu_pgtable& table() const { return table_; }
	bool is_stage2() const { return table().stage == SMMU_STAGE_2; }
	// Whether faults in it are resolved: then transactions of devices that may stall wait for that.
	void resolve_faults(bool resolves) { core::store_relaxed(resolves_faults_, resolves); }
	bool resolves_faults() const { return core::load_relaxed(resolves_faults_); }
	u64 table_bytes() const { return memory_.bytes(); }

	// SAFETY: `L` is the layout of the page table.
	template <pgtable::TableLayout L>
	[[gnu::always_inline]] auto& tree()
	{
		return tables_.tree<L>();
	}
	Memory& memory() { return memory_; }

	// Dumps, as core.h describes them.
	os_scan scan_range(u64& iova, os_range& range)
	{
		return pgtable::scan_range(tables_, iova, range);
	}
	os_walk trace_walk(u64 iova) { return pgtable::trace(tables_, iova); }

	// As core.h describes it.  `record` is called outside of sections.
	template <class Record>
	core::Result<> read_dirty(u64 iova, u64 bytes, bool clear, const Record& record)
	{
		TRY(targets_.complete());
		core::Result<> read;
		tables_.visit([&](auto& table) {
			read = pgtable::read_and_clear_dirty(table, iova, bytes, clear, record);
		});
		return read;
	}

	// Called by Attachment, where they are described.
	core::Result<TlbTag> enter(Attachment& attachment);
	void leave(Attachment& attachment);
	core::Result<> add(Smmu& smmu, AtsDevice& device, Pasid pasid);
	void remove(AtsDevice& device, Pasid pasid);

	// Invalidate translations at every SMMU and wait.  Any context.
	void flush() { targets_.forget_all(); }
	// The gate is read before a command is built: two instructions while the SMMU is on.
	void flush(u64 iova, u64 size, Leaves leaves, Levels levels)
	{
		if (!elides_flush()) [[likely]]
			issue_flush(iova, size, leaves, levels);
	}
	// The two halves of it.
	bool elides_flush() { return elides(targets_.gate()); }
	void issue_flush(u64 iova, u64 size, Leaves leaves, Levels levels)
	{
		targets_.forget(iova, size, leaves, levels);
	}

	// Of table descriptors, too.
	void flush_all_levels(u64 iova, u64 bytes);
	// The process whose page table it has exits.  Sleeps.
	void quieten();
	// Calls `function` at another time.  Sleeps.
	template <class Function>
	auto exclude_exit(const Function& function)
	{
		core::Locked lock(lock_);
		return function();
	}

	// ---- as the owner of Memory ----

	// All levels.  False: an SMMU has not acknowledged.  Any context.
	bool invalidate(u64 iova, u64 bytes);
	// Whether every SMMU has forgotten what was invalidated.  Sleeps.
	bool settle();
	// Sleeps.
	void reclaim();

private:
	using enum pgtable::Stage;
	using Tables = pgtable::Choice<Memory, pgtable::Granule4K<k1>, pgtable::Granule16K<k1>,
				       pgtable::Granule64K<k1>, pgtable::Granule4KLpa2<k1>,
				       pgtable::Granule16KLpa2<k1>, pgtable::Granule4K<k2>,
				       pgtable::Granule16K<k2>, pgtable::Granule64K<k2>,
				       pgtable::Granule4KLpa2<k2>, pgtable::Granule16KLpa2<k2>>;

	core::Result<> create_tables(Smmu& smmu);
	template <pgtable::Stage S>
	core::Result<> create_tables(const Features& features);
	template <pgtable::Format F>
	core::Result<> create_tables(const Features& features, smmu_format format);
	bool suits(const Smmu& smmu) const;
	core::Result<TlbTag> add_target(Smmu& smmu) REQUIRES(lock_);
	core::Result<Site*> make_site(Smmu& smmu) REQUIRES(lock_);
	Site* find_site(const Smmu& smmu) REQUIRES(lock_);
	bool is_used_at(const Smmu& smmu) REQUIRES(lock_);
	static bool is_forgotten(const Site& site);
	void vacate(Site& site);

	Targets targets_;  // changed with the lock held, read by flushes without it
	smmu_pgtable table_;
	Memory memory_{*this};
	Tables tables_;
	core::Mutex lock_;
	core::List<Attachment> attachments_ GUARDED_BY(lock_);
	core::Box<Site> sites_ GUARDED_BY(lock_);
	bool resolves_faults_ = false;
};

}  // namespace smmu3
