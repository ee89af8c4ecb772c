// SPDX-License-Identifier: GPL-2.0-only
// The platform of a driver: memory and sections of os/tables.h, invalidations of the tables' owner.
#pragma once

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "core/result.hpp"
#include "os/os.h"
#include "os/tables.h"
#include "pgtable/platform.hpp"

namespace pgtable {

// Owner has invalidate(iova, bytes), as Platform describes it, and reclaim(), which the task that looks for empty
// tables calls.
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
	static void synchronize() { os_read_synchronize(); }
	static void reschedule() { os_reschedule(); }
	static void dma_wmb() { core::dma_wmb(); }
	static void wmb() { core::wmb(); }

	static constexpr gfp_t kAtomic = OS_TABLES_ATOMIC;
	void* allocate(size_t bytes, gfp_t gfp) { return os_table_alloc(tables_, bytes, gfp); }
	void release(void* table, size_t bytes) { os_table_free(tables_, table, bytes); }
	void retire(void* table, size_t bytes) { os_table_retire(tables_, table, bytes); }

	Word<OsMemory>* cpu(u64 bus) const
	{
		return reinterpret_cast<Word<OsMemory>*>(bus + linear_);
	}
	u64 bus(const Word<OsMemory>* at) const
	{
		return reinterpret_cast<__UINTPTR_TYPE__>(at) - linear_;
	}
	void clean(const Word<OsMemory>* at, u64 count)
	{
		os_table_clean(tables_, at, count * sizeof(u64));
	}
	void invalidate(u64 iova, u64 bytes) { owner_.invalidate(iova, bytes); }

private:
	u64 linear_ = 0;
	Owner& owner_;
	os_tables* tables_ = nullptr;
};

}  // namespace pgtable
