// SPDX-License-Identifier: GPL-2.0-only
// The platform of a driver: memory and sections of os/tables.h, invalidations of the tables' owner.
#pragma once

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "core/result.hpp"
#include "core/spinlock.hpp"
#include "os/os.h"
#include "os/tables.h"
#include "pgtable/platform.hpp"
#include "pgtable/table_list.hpp"

namespace pgtable {

// Owner has invalidate(iova, bytes), as Platform describes it; reclaim(), which the task that looks for empty tables
// calls; and settle(): whether walkers have forgotten everything that was invalidated before the call.  It sleeps.
template <class Owner>
class OsMemory {
public:
	template <class T>
	using Atomic = core::Atomic<T>;

	explicit OsMemory(Owner& owner)
		: owner_(owner)
	{
	}
	~OsMemory() { os_tables_destroy(tables_); }
	OsMemory(const OsMemory&) = delete;
	OsMemory& operator=(const OsMemory&) = delete;

	// Sleeps.  kNoMemory.
	core::Result<> create(device* walker, bool coherent)
	{
		const auto reclaim = [](void* owner) { static_cast<Owner*>(owner)->reclaim(); };
		tables_ = os_tables_create(walker, coherent, reclaim, &owner_);
		if (!tables_)
			return core::error(core::Errno::kNoMemory);
		linear_ = os_tables_linear(tables_);
		return {};
	}
	// No call of reclaim() runs or comes after this.  Sleeps.
	void stop()
	{
		if (tables_)
			os_tables_stop(tables_);
	}
	u64 bytes() const { return tables_ ? os_tables_bytes(tables_) : 0; }

	// ---- as Platform describes them ----

	class [[maybe_unused]] Section {
	public:
#ifdef OS_PREEMPTIBLE_SECTIONS
		Section() { os_read_lock(); }
		~Section() { os_read_unlock(); }
#else
		Section() {}
		~Section() {}
#endif
		Section(const Section&) = delete;
		Section& operator=(const Section&) = delete;
	};
	// The tables that an unmap removes.
	class Removed {
	public:
		explicit Removed(OsMemory& memory)
			: memory_(memory)
		{
		}
		Removed(const Removed&) = delete;
		Removed& operator=(const Removed&) = delete;

		void table(void* table) { tables_.push(table); }
		// Must be called after the invalidation, with its result.
		void finish(bool forgotten, size_t bytes)
		{
			memory_.dispose(tables_, forgotten, bytes);
		}

	private:
		OsMemory& memory_;
		TableList tables_;
	};

	static void synchronize() { os_read_synchronize(); }
	static void reschedule() { os_reschedule(); }
	static void dma_wmb() { core::dma_wmb(); }
	static void wmb() { core::wmb(); }

	static constexpr gfp_t kAtomic = OS_TABLES_ATOMIC;
	void* allocate(size_t bytes, gfp_t gfp) { return os_table_alloc(tables_, bytes, gfp); }
	void release(void* table, size_t bytes) { os_table_free(tables_, table, bytes); }
	void retire(void* table, size_t bytes) { os_table_retire(tables_, table, bytes); }

	void keep(void* table)
	{
		const core::SpinLock::Guard guard(kept_lock_);
		kept_.push(table);
		unsettled_ = true;
	}
	void release_kept(size_t bytes)
	{
		for (TableList kept = take_kept(); void* table = kept.pop();)
			release(table, bytes);
	}
	// ORDER: tables are taken before settle() of the owner reads which invalidations have timed
	// out.  Those of the tables are among them, because keep() comes after; pairs by the lock
	// (ordering.rst, claim 39).
	void settle(size_t bytes)
	{
		if (!take_unsettled())
			return;
		TableList kept = take_kept();
		const bool forgotten = owner_.settle();
		dispose(kept, forgotten, bytes);
		if (!forgotten)
			note_unsettled();
	}

	struct Reader {
		Word<OsMemory>* cpu(u64 bus) const
		{
			return reinterpret_cast<Word<OsMemory>*>(bus + linear);
		}
		u64 linear;
	};
	Reader reader() const { return {linear_}; }
	Word<OsMemory>* cpu(u64 bus) const { return reader().cpu(bus); }
	u64 bus(const Word<OsMemory>* at) const
	{
		return reinterpret_cast<__UINTPTR_TYPE__>(at) - linear_;
	}
	void clean(const Word<OsMemory>* at, u64 count)
	{
		os_table_clean(tables_, at, count * sizeof(u64));
	}
	bool invalidate(u64 iova, u64 bytes)
	{
		const bool forgotten = owner_.invalidate(iova, bytes);
		if (!forgotten) [[unlikely]]
			note_unsettled();
		return forgotten;
	}

private:
	void note_unsettled()
	{
		const core::SpinLock::Guard guard(kept_lock_);
		unsettled_ = true;
	}
	bool take_unsettled()
	{
		const core::SpinLock::Guard guard(kept_lock_);
		return std::exchange(unsettled_, false);
	}
	TableList take_kept()
	{
		const core::SpinLock::Guard guard(kept_lock_);
		return std::exchange(kept_, {});
	}
	void dispose(TableList& tables, bool forgotten, size_t bytes)
	{
		while (void* table = tables.pop()) {
			if (forgotten) [[likely]]
				retire(table, bytes);
			else
				keep(table);
		}
	}

	u64 linear_ = 0;
	Owner& owner_;
	os_tables* tables_ = nullptr;
	core::SpinLock kept_lock_;
	TableList kept_ GUARDED_BY(kept_lock_);
	bool unsettled_ GUARDED_BY(kept_lock_) = false;  // an invalidation was not acknowledged
};

}  // namespace pgtable
