// SPDX-License-Identifier: GPL-2.0-only
// The machine that page tables are stepped on: tables of two or four entries, a grace period, and an SMMU with a TLB and
// a walk cache.  Every access to what is shared is a point where another CPU may come in (stepping.hpp).
#pragma once

#include "core/atomic.hpp"
#include "kunit/host/stepping.hpp"
#include "pgtable/map.hpp"
#include "pgtable/reclaim.hpp"
#include "pgtable/unmap.hpp"
#include "pgtable/walk.hpp"

namespace stepped {

using stepping::Scheduler;

// A format whose tables have 2^Stride entries, with the descriptors of the 4K granule.
template <unsigned Stride>
struct Tiny {
	using Real = pgtable::Granule4K<pgtable::Stage::k1>;
	using Layout = Tiny;
	static constexpr pgtable::Stage kStage = Real::kStage;
	static constexpr bool kLpa2 = false;
	static constexpr unsigned kPageShift = 12, kStride = Stride, kMaxBits = 48, kMinBits = 12;
	static constexpr u64 kEntries = u64{1} << Stride;
	static constexpr size_t kTableBytes = 8 * kEntries;
	static constexpr int kFirstBlock = 1;

	static constexpr unsigned shift(int level)
	{
		return 12 + static_cast<unsigned>(3 - level) * Stride;
	}
	static constexpr u64 size(int level) { return u64{1} << shift(level); }
	static constexpr u64 index(u64 iova, int level)
	{
		return iova >> shift(level) & (kEntries - 1);
	}
	static constexpr u64 contiguous(int) { return kEntries; }
	static constexpr u64 kAddress = Real::kAddress;
	static constexpr u64 kMoved = 0;
	static constexpr u64 encode(u64 address) { return Real::encode(address); }
	static constexpr u64 decode(u64 descriptor) { return Real::decode(descriptor); }
	static constexpr u64 output(u64 descriptor, int level)
	{
		return decode(descriptor) & ~(size(level) - 1);
	}
	// Blocks are smaller than nT's place.
	static constexpr u64 kInherited = Real::kInherited;
};

// What is taken away, one at a time.
enum class Without {
	kNothing,
	kSection,       // CPUs are inside tables without a section
	kGracePeriod,   // reclaim() does not wait before it looks again
	kRetire,        // a table is freed without a grace period
	kInvalidation,  // walk caches keep what reclaim() frees
	kCondemned,     // a map does not look for kCondemned
	kCleanedByAll,  // the second CPU does not clean a descriptor that the first has written
	kCompare,       // a table is installed by a plain store
	kTake,          // a table below another is detached by a plain load
	kSplit,         // the level of what is unmapped is given although the TLB may hold a block
	kSplitInvalidation,  // a block is replaced before the TLB has forgotten it
	kFirstOfRun,  // a CPU that finds its own entry without the Contiguous bit relies on it
};

constexpr u32 kTables = 8, kMostEntries = 4;

struct TlbEntry {
	u64 iova, size;
	int level;
};
struct CachedTable {
	u64 iova, size, table;
	int level;
};

struct World {
	Without without;
	const char* broken;
	bool coherent;
	pgtable::Bbml bbml;
	// What CPUs see, and walkers that are not coherent.
	core::Atomic<u64> words[kTables][kMostEntries], cleaned[kTables][kMostEntries];
	enum class State { kFree, kLive, kRetired } state[kTables];
	u32 waits_for[kTables];  // CPUs whose sections a retired table waits for
	u32 in_section[Scheduler::kMaxCpus], sections[Scheduler::kMaxCpus];
	TlbEntry tlb[4];
	CachedTable walks[4];
	u32 tlb_next, walks_next;
	bool walking;
	u32 walk;
	u64 gone;  // pages that are unmapped and invalidated
	u64 dmas;
};

inline World world;

inline void broken(const char* what)
{
	if (!world.broken)
		world.broken = what;
	Scheduler::current->abandon();
}

inline bool mutant(Without without)
{
	return world.without == without;
}

inline u32 table_of(const void* word)
{
	const auto offset =
		reinterpret_cast<const char*>(word) - reinterpret_cast<const char*>(world.words);
	return static_cast<u32>(static_cast<u64>(offset) / sizeof(world.words[0]));
}

inline void touch(const void* word, bool writes)
{
	Scheduler::point(writes);
	if (world.state[table_of(word)] == World::State::kFree)
		broken("a CPU uses a table that was freed");
}

template <typename T>
struct SteppedAtomic : core::Atomic<T> {
	using Base = core::Atomic<T>;
	using Base::Base;

	// A mutant's view.
	T blind(T value) const
	{
		if (mutant(Without::kCondemned) && Scheduler::cpu() == 1 &&
		    pgtable::is_table(value))
			return value & ~pgtable::kCondemned;
		const bool first = static_cast<const void*>(this) == world.words[table_of(this)];
		if (mutant(Without::kFirstOfRun) && first && Scheduler::cpu() == 1 &&
		    pgtable::is_table(value) && value & pgtable::kContiguous &&
		    !(world.words[table_of(this)][2].load_relaxed() & pgtable::kContiguous))
			return value & ~pgtable::kContiguous;
		return value;
	}

	T load_relaxed() const { return touch(this, false), blind(Base::load_relaxed()); }
	void store_relaxed(T value) { touch(this, true), Base::store_relaxed(value); }
	bool cas_relaxed(T& expected, T desired)
	{
		touch(this, true);
		if (mutant(Without::kCompare) && !expected) {
			Base::store_relaxed(desired);
			return true;
		}
		return Base::cas_relaxed(expected, desired);
	}
	bool cas_relaxed(const T& expected, T desired)
	{
		T copy = expected;
		return cas_relaxed(copy, desired);
	}
	T fetch_andnot_relaxed(T bits)
	{
		touch(this, true);
		if (mutant(Without::kTake) && bits == ~T{0} &&
		    Base::load_relaxed() & pgtable::kCondemned)
			return Base::load_relaxed();
		return Base::fetch_andnot_relaxed(bits);
	}
	template <size_t kWords>
	static void load_all_relaxed(const SteppedAtomic* from, T (&values)[kWords])
	{
		for (T& value : values)
			value = from++->load_relaxed();
	}
	template <size_t kWords, class Value>
	static void store_all_relaxed(SteppedAtomic* to, const Value& value)
	{
		for (u64 i = 0; i < kWords; i++)
			to[i].store_relaxed(value(i));
	}
	T fetch_andnot(T bits) { return touch(this, true), Base::fetch_andnot(bits); }
};

inline void free_table(u32 i)
{
	world.state[i] = World::State::kFree;
	for (u32 n = 0; n < kMostEntries; n++) {
		world.words[i][n].store_relaxed(~u64{0});
		world.cleaned[i][n].store_relaxed(~u64{0});
	}
}

// After a section has ended.
inline void free_retired(u32 cpu)
{
	for (u32 i = 0; i < kTables; i++) {
		world.waits_for[i] &= ~(1u << cpu);
		if (world.state[i] == World::State::kRetired && !world.waits_for[i])
			free_table(i);
	}
}

struct Stepped {
	template <typename T>
	using Atomic = SteppedAtomic<T>;

	struct Section {
		Section()
			: inside_(!mutant(Without::kSection))
		{
			Scheduler::point(true);
			world.in_section[Scheduler::cpu()] += inside_;
		}
		~Section()
		{
			Scheduler::point(true);
			const u32 cpu = Scheduler::cpu();
			world.in_section[cpu] -= inside_;
			world.sections[cpu] += inside_;
			free_retired(cpu);
		}
		Section(const Section&) = delete;
		Section& operator=(const Section&) = delete;

	private:
		const bool inside_;
	};

	static constexpr u32 kAtomic = 1;
	static void dma_wmb() {}
	static void wmb() {}

	static void reschedule() {}
	static void synchronize()
	{
		Scheduler::point(false);
		if (mutant(Without::kGracePeriod))
			return;
		for (u32 cpu = 0; cpu < Scheduler::kMaxCpus; cpu++) {
			const u32 seen = world.sections[cpu];
			for (const bool inside = world.in_section[cpu];
			     inside && world.sections[cpu] == seen;)
				Scheduler::relax();
		}
	}

	void* allocate(size_t, u32)
	{
		for (u32 i = 0; i < kTables; i++) {
			if (world.state[i] != World::State::kFree)
				continue;
			world.state[i] = World::State::kLive;
			for (u32 n = 0; n < kMostEntries; n++) {
				world.words[i][n].store_relaxed(0);
				world.cleaned[i][n].store_relaxed(0);
			}
			return world.words[i];
		}
		broken("no table is left");
		return nullptr;
	}
	void release(void* memory, size_t)
	{
		const u32 i = table_of(memory);
		if (world.state[i] != World::State::kLive)
			broken("a table is freed twice");
		free_table(i);
	}
	void retire(void* memory, size_t)
	{
		Scheduler::point(true);
		const u32 i = table_of(memory);
		if (world.state[i] != World::State::kLive)
			return broken("a table is freed twice");
		world.state[i] = World::State::kRetired;
		world.waits_for[i] = 0;
		for (u32 cpu = 0; cpu < Scheduler::kMaxCpus; cpu++)
			if (world.in_section[cpu] && !mutant(Without::kRetire))
				world.waits_for[i] |= 1u << cpu;
		if (!world.waits_for[i])
			free_table(i);
	}

	pgtable::Word<Stepped>* cpu(u64 bus) const
	{
		return static_cast<pgtable::Word<Stepped>*>(world.words[bus / 4096 - 1]);
	}
	// Not copied.
	struct Reader {
		auto* cpu(u64 bus) const { return machine.cpu(bus); }
		const Stepped& machine;
	};
	Reader reader() const { return {*this}; }
	u64 bus(const pgtable::Word<Stepped>* at) const { return (table_of(at) + 1) * 4096; }

	void clean(const pgtable::Word<Stepped>* at, u64 count)
	{
		const u64 value = at->core::Atomic<u64>::load_relaxed();
		if (mutant(Without::kCleanedByAll) && Scheduler::cpu() == 1 && count == 1 &&
		    (pgtable::is_block(value) || value & pgtable::kUnsynced))
			return;
		const u32 i = table_of(at);
		const u64 first = static_cast<const core::Atomic<u64>*>(at) - world.words[i];
		for (u64 n = first; n < first + count; n++) {
			Scheduler::point(true);
			world.cleaned[i][n].store_relaxed(world.words[i][n].load_relaxed());
		}
	}

	bool invalidate(u64 iova, u64 size)
	{
		const bool of_reclaim = iova == 0 && size > 4096 * kMostEntries;
		if (!mutant(of_reclaim ? Without::kInvalidation : Without::kSplitInvalidation))
			forget(iova, size, 0, true);
		return true;
	}
	// Every invalidation is acknowledged.
	void keep(void*) { broken("a table is set aside"); }
	void settle(size_t) {}
	void release_kept(size_t) {}

	// An invalidation and its CMD_SYNC: walks that have begun end before it completes, and leave nothing behind.
	static void forget(u64 iova, u64 size, u32 ttl, bool tables)
	{
		Scheduler::point(true);
		drop(iova, size, ttl, tables);
		const u32 walk = world.walk;
		while (world.walking && world.walk == walk)
			Scheduler::relax();
		drop(iova, size, ttl, tables);
	}

private:
	static void drop(u64 iova, u64 size, u32 ttl, bool tables)
	{
		for (TlbEntry& e : world.tlb)
			if (e.iova < iova + size && iova < e.iova + e.size &&
			    (!ttl || e.level == static_cast<int>(ttl)))
				e.size = 0;
		for (CachedTable& e : world.walks)
			if (tables && e.iova < iova + size && iova < e.iova + e.size)
				e.size = 0;
	}
};

}  // namespace stepped
