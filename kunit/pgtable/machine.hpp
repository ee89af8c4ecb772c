// SPDX-License-Identifier: GPL-2.0-only
// The platform that page tables are tested on: memory that is counted, that can fail, and of which
// a walker that is not coherent sees what was cleaned only.
#pragma once

#include <utility>

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"
#include "kunit/pgtable/walker.hpp"
#include "os/os.h"
#include "pgtable/dirty.hpp"
#include "pgtable/map.hpp"
#include "pgtable/reclaim.hpp"
#include "pgtable/unmap.hpp"

namespace test {

class Machine {
public:
	template <typename T>
	using Atomic = core::Atomic<T>;

	struct Section {
		Section() { sections++; }
		~Section() { sections--; }
		Section(const Section&) = delete;
		Section& operator=(const Section&) = delete;
	};
	static inline u32 sections = 0;
	static inline u32 grace_periods = 0;

	static constexpr u32 kAtomic = 1, kSleeps = 2;

	explicit Machine(u64 top_of_tables = 0)
		: top(top_of_tables)
	{
	}
	~Machine() { quiesce(); }
	Machine(const Machine&) = delete;
	Machine& operator=(const Machine&) = delete;

	static void dma_wmb() { core::dma_wmb(); }
	static void wmb() { core::mb(); }
	static void synchronize() { grace_periods++; }
	static void reschedule() {}

	void* allocate(size_t bytes, u32 gfp)
	{
		slept_in_section |= gfp == kSleeps && sections;
		// What walkers see lies behind what the CPU sees.
		void* memory = count_ < kMost ? os_alloc(2 * bytes) : nullptr;
		if (!memory)
			return nullptr;
		blocks_[count_++] = {memory, bytes, false, false};
		allocations++;
		return memory;
	}
	void release(void* memory, size_t bytes)
	{
		const u32 i = find(memory, bytes);
		os_free(memory);
		blocks_[i] = blocks_[--count_];
	}
	void retire(void* memory, size_t bytes)
	{
		blocks_[find(memory, bytes)].retired = true;
		if (!sections)
			quiesce();
	}
	void keep(void* memory) { blocks_[containing(memory)].kept = true; }
	void settle(size_t bytes) { end_keeping(bytes, answers); }
	void release_kept(size_t bytes) { end_keeping(bytes, true); }
	// A grace period has passed.
	void quiesce()
	{
		for (u32 i = 0; i < count_;) {
			if (blocks_[i].retired)
				release(blocks_[i].memory, blocks_[i].bytes);
			else
				i++;
		}
	}

	// Bus addresses are the CPU's in bits 47:0, and `top`.
	core::Atomic<u64>* cpu(u64 bus) const
	{
		if ((bus & ~kBusMask) != top)
			os_assert_failed(__FILE__, __LINE__, "an address that is no table's");
		return reinterpret_cast<core::Atomic<u64>*>((bus & kBusMask) |
							    (base() & ~kBusMask));
	}
	// Not copied.
	struct Reader {
		auto* cpu(u64 bus) const { return machine.cpu(bus); }
		const Machine& machine;
	};
	Reader reader() const { return {*this}; }
	u64 bus(const core::Atomic<u64>* at) const
	{
		return (reinterpret_cast<__UINTPTR_TYPE__>(at) & kBusMask) | top;
	}
	void clean(const core::Atomic<u64>* at, u64 count)
	{
		const u32 i = containing(at);
		const size_t words = blocks_[i].bytes / sizeof(u64);
		for (u64 n = 0; n < count; n++)
			const_cast<core::Atomic<u64>&>(at[n + words])
				.store_relaxed(at[n].load_relaxed());
		cleaned += count;
	}
	bool invalidate(u64 iova, u64 size)
	{
		invalidations++;
		last_invalidation = {iova, size};
		if (on_invalidate)
			on_invalidate(context, iova, size);
		return answers;
	}

	// What a walker reads.
	u64 fetch(u64 at, bool coherent) const
	{
		const core::Atomic<u64>* word = cpu(at);
		return word[coherent ? 0 : blocks_[containing(word)].bytes / sizeof(u64)]
			.load_relaxed();
	}

	// Tables that are in use, or wait for an invalidation.
	u32 tables() const
	{
		u32 some = 0;
		for (u32 i = 0; i < count_; i++)
			some += !blocks_[i].retired;
		return some;
	}

	struct Range {
		u64 iova, size;
	};
	const u64 top;  // of the addresses of tables, above bit 47
	u64 allocations = 0, cleaned = 0, invalidations = 0;
	Range last_invalidation{};
	bool slept_in_section = false;
	bool answers = true;  // invalidations are acknowledged
	void* context = nullptr;
	void (*on_invalidate)(void* context, u64 iova, u64 size) = nullptr;

private:
	static constexpr u64 kBusMask = (u64{1} << 48) - 1;
	static constexpr u32 kMost = 600;

	struct Block {
		void* memory;
		size_t bytes;
		bool retired, kept;
	};

	void end_keeping(size_t bytes, bool forgotten)
	{
		for (u32 i = 0; forgotten && i < count_; i++)
			if (std::exchange(blocks_[i].kept, false))
				blocks_[find(blocks_[i].memory, bytes)].retired = true;
		if (!sections)
			quiesce();
	}

	u64 base() const { return reinterpret_cast<__UINTPTR_TYPE__>(blocks_[0].memory); }

	u32 containing(const void* at) const
	{
		const auto address = reinterpret_cast<__UINTPTR_TYPE__>(at);
		for (u32 i = 0; i < count_; i++) {
			const auto start = reinterpret_cast<__UINTPTR_TYPE__>(blocks_[i].memory);
			if (address >= start && address < start + blocks_[i].bytes)
				return i;
		}
		os_assert_failed(__FILE__, __LINE__, "an access outside the tables");
	}
	u32 find(const void* memory, size_t bytes) const
	{
		const u32 i = containing(memory);
		if (blocks_[i].memory != memory || blocks_[i].bytes != bytes)
			os_assert_failed(__FILE__, __LINE__, "a release of what is no table");
		return i;
	}

	Block blocks_[kMost];
	u32 count_ = 0;
};

// Tables of one unmap, released when it is done.
class Tables {
public:
	explicit Tables(Machine& machine, size_t bytes)
		: machine_(machine),
		  bytes_(bytes)
	{
	}
	~Tables() { finish(); }
	Tables(const Tables&) = delete;
	Tables& operator=(const Tables&) = delete;

	void table(void* memory)
	{
		if (count_ == kMost)
			os_assert_failed(__FILE__, __LINE__, "too many tables in one unmap");
		tables_[count_++] = memory;
	}
	u32 count() const { return count_; }
	void finish()
	{
		while (count_)
			machine_.retire(tables_[--count_], bytes_);
	}

private:
	static constexpr u32 kMost = 600;

	Machine& machine_;
	size_t bytes_;
	void* tables_[kMost];
	u32 count_ = 0;
};

// A table with its walker.
template <pgtable::Format F>
struct Space {
	Case& t;
	Machine& machine;
	pgtable::Table<F, Machine> table;

	Space(Case& test, Machine& on, const pgtable::Config& config)
		: t(test),
		  machine(on),
		  table(on, config)
	{
		created = EXPECT(t, table.create(Machine::kSleeps));
	}
	~Space()
	{
		table.destroy();
		machine.quiesce();
		EXPECT_EQ(t, machine.tables(), 0u);
		EXPECT(t, !machine.slept_in_section);
	}
	Space(const Space&) = delete;
	Space& operator=(const Space&) = delete;

	walker::Registers registers() const
	{
		const pgtable::Control c = table.control_fields();
		return {F::kStage == pgtable::Stage::k2,
			c.tsz,
			c.tg0,
			c.ps,
			c.sl0,
			c.sl2,
			c.ds,
			table.ttb()};
	}
	walker::Result walk(u64 iova) const
	{
		const auto read = [&](u64 at) {
			return machine.fetch(at, table.config().coherent);
		};
		const walker::Result result = walker::walk(registers(), iova, read);
		EXPECT(t, !result.misplaced);
		return result;
	}
	walker::Meaning meaning(u64 iova) const
	{
		return walker::decode(registers(), walk(iova).descriptor,
				      table.config().variant.fwb);
	}
	bool maps(u64 iova, u64 pa) const
	{
		const walker::Result result = walk(iova);
		return result.ok && result.pa == pa;
	}
	bool empty(u64 iova) const { return !walk(iova).ok; }

	static constexpr u32 kReadWrite = pgtable::kRead | pgtable::kWrite | pgtable::kCache;

	int map(u64 iova, u64 pa, u64 size, u64 count = 1, u32 prot = kReadWrite)
	{
		mapped = 0;
		return core::to_errno(pgtable::map_pages(table, {iova, pa, size, count, prot},
							 Machine::kSleeps, mapped));
	}
	// Bytes; what else there is to know is in `last` and `freed`.
	u64 unmap(u64 iova, u64 size, u64 count = 1)
	{
		Tables tables(machine, F::kTableBytes);
		last = pgtable::unmap_pages(table, iova, size, count, tables);
		freed = tables.count();
		return last.bytes;
	}
	bool look_up(u64 iova, u64& pa) const { return pgtable::look_up(table, iova, pa); }
	u64 reclaim() { return pgtable::reclaim(table); }

	bool created = false;
	u64 mapped = 0;
	pgtable::Unmapped last{};
	u32 freed = 0;
};

// Call `test` with each format.
template <class Test>
void each_format(const Test& test)
{
	using namespace pgtable;
	test.template operator()<Granule4K<Stage::k1>>();
	test.template operator()<Granule4K<Stage::k2>>();
	test.template operator()<Granule16K<Stage::k1>>();
	test.template operator()<Granule16K<Stage::k2>>();
	test.template operator()<Granule64K<Stage::k1>>();
	test.template operator()<Granule64K<Stage::k2>>();
	test.template operator()<Granule4KLpa2<Stage::k1>>();
	test.template operator()<Granule4KLpa2<Stage::k2>>();
	test.template operator()<Granule16KLpa2<Stage::k1>>();
	test.template operator()<Granule16KLpa2<Stage::k2>>();
}

// 64-bit xorshift.
class Random {
public:
	explicit Random(u64 seed)
		: state_(seed)
	{
	}
	u64 next()
	{
		state_ ^= state_ << 13;
		state_ ^= state_ >> 7;
		state_ ^= state_ << 17;
		return state_;
	}
	u64 below(u64 limit) { return next() % limit; }
	bool at_end() const { return false; }

private:
	u64 state_;
};

}  // namespace test
