// SPDX-License-Identifier: GPL-2.0-only
// Empty tables.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Random;
using test::Space;
using test::Tables;

using One = Granule4K<Stage::k1>;
constexpr u64 k4K = 4096, k2M = 2 << 20, k1G = 1 << 30;

void all_tables_but_the_first_are_freed(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	Random random(3);
	// Pages all over a GiB.
	for (u32 i = 0; i < 500; i++) {
		const u64 iova = k1G + random.below(k1G / k4K) * k4K;
		EXPECT_EQ(t, space.map(iova, iova, k4K), 0);
		EXPECT_EQ(t, space.unmap(iova, k4K), k4K);
	}
	EXPECT(t, machine.tables() > 100);
	space.reclaim();
	EXPECT_EQ(t, machine.tables(), 1u);
}

void tables_in_use_stay(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k4K), 0);
	EXPECT_EQ(t, space.map(k2M, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(k2M, k4K), k4K);
	EXPECT_EQ(t, space.reclaim(), 1u);
	EXPECT(t, space.maps(0, 0));
	EXPECT_EQ(t, space.reclaim(), 0u);
	EXPECT_EQ(t, machine.tables(), 4u);
	EXPECT_EQ(t, space.map(k2M, k1G, k4K), 0);
	EXPECT(t, space.maps(k2M, k1G));
}

void walk_caches_are_invalidated_between(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(0, k4K), k4K);
	struct Seen {
		Machine& machine;
		u32 tables = 0;
		bool all_there = true;
	} seen{machine, machine.tables()};
	machine.context = &seen;
	machine.on_invalidate = [](void* context, u64 iova, u64 size) {
		auto& s = *static_cast<Seen*>(context);
		s.all_there &= s.machine.tables() == s.tables-- && iova == 0 && size == bit(48);
	};
	EXPECT_EQ(t, space.reclaim(), 3u);
	EXPECT(t, seen.all_there);
	EXPECT_EQ(t, machine.invalidations, 3u);
	machine.on_invalidate = nullptr;
}

// A map that comes while walk caches are invalidated keeps its table.
void a_map_rescues_its_table(Case& t)
{
	for (bool coherent : {true, false}) {
		Machine machine;
		Space<One> space(t, machine, {.coherent = coherent});
		EXPECT_EQ(t, space.map(0, 0, k4K), 0);
		EXPECT_EQ(t, space.unmap(0, k4K), k4K);
		machine.context = &space;
		machine.on_invalidate = [](void* context, u64, u64) {
			auto& s = *static_cast<Space<One>*>(context);
			EXPECT(s.t, s.empty(0));
			EXPECT_EQ(s.t, s.unmap(0, k4K), 0u);
			u64 pa;
			EXPECT(s.t, !s.look_up(0, pa));
			EXPECT_EQ(s.t, s.map(0, k1G, k4K), 0);
		};
		EXPECT_EQ(t, space.reclaim(), 0u);
		machine.on_invalidate = nullptr;
		EXPECT(t, space.maps(0, k1G));
		EXPECT_EQ(t, machine.tables(), 4u);
	}
}

// They stay invalid, and a later pass frees them.
void tables_stay_until_walk_caches_are_known_to_have_forgotten_them(Case& t)
{
	for (bool coherent : {true, false}) {
		Machine machine;
		Space<One> space(t, machine, {.coherent = coherent});
		for (u64 iova : {u64{0}, k2M}) {
			EXPECT_EQ(t, space.map(iova, 0, k4K), 0);
			EXPECT_EQ(t, space.unmap(iova, k4K), k4K);
		}
		const u32 before = machine.tables();
		machine.answers = false;
		EXPECT_EQ(t, space.reclaim(), 0u);
		EXPECT_EQ(t, space.reclaim(), 0u);
		EXPECT_EQ(t, machine.tables(), before);
		EXPECT_EQ(t, space.map(k2M, k1G, k4K), 0);
		EXPECT(t, space.maps(k2M, k1G) && space.empty(0));
		EXPECT_EQ(t, machine.tables(), before);
		machine.answers = true;
		EXPECT_EQ(t, space.reclaim(), 1u);
		EXPECT(t, space.maps(k2M, k1G));
		EXPECT_EQ(t, machine.tables(), before - 1);
	}
}

// Walk caches may hold it, so it is reclaim()'s until an invalidation is acknowledged.
void a_table_that_is_being_reclaimed_is_not_unmapped(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(k2M, 0, k4K), 0);
	EXPECT_EQ(t, space.unmap(k2M, k4K), k4K);
	machine.answers = false;
	EXPECT_EQ(t, space.reclaim(), 0u);
	EXPECT_EQ(t, space.unmap(k2M, k2M), 0u);
	EXPECT(t, !space.freed && !space.last.tables);
	machine.answers = true;
	EXPECT(t, space.reclaim() > 0);
}

// ---- the length of a section ----

u64 loads = 0, most_loads = 0;

template <typename T>
struct Counted : core::Atomic<T> {
	using core::Atomic<T>::Atomic;
	T load_relaxed() const { return loads++, core::Atomic<T>::load_relaxed(); }
};

// As Machine, and counts what is read in each section.
struct Meter : Machine {
	template <typename T>
	using Atomic = Counted<T>;

	struct Section {
		Section() { loads = 0; }
		~Section() { most_loads = std::max(most_loads, loads); }
		Section(const Section&) = delete;
		Section& operator=(const Section&) = delete;
	};
	// Not copied.
	struct Reader {
		auto* cpu(u64 bus) const { return machine.cpu(bus); }
		const Meter& machine;
	};
	Reader reader() const { return {*this}; }
	Counted<u64>* cpu(u64 bus) const { return static_cast<Counted<u64>*>(Machine::cpu(bus)); }
};

template <class F>
void expect_short_sections(Case& t)
{
	constexpr u64 kTables = 20;
	Meter meter;
	Table<F, Meter> table(meter, {.input_bits = F::kMaxBits, .output_bits = F::kMaxBits});
	ASSERT(t, table.create(Machine::kSleeps).has_value());
	Tables none(meter, F::kTableBytes);
	for (u64 i = 0; i < kTables; i++) {
		u64 mapped = 0;
		const u64 iova = i * F::size(2);
		EXPECT(t, map_pages(table, {iova, 0, F::kTableBytes, 1, kRead}, Machine::kSleeps,
				    mapped));
		EXPECT_EQ(t, unmap_pages(table, iova, F::kTableBytes, 1, none).bytes,
			  F::kTableBytes);
	}
	most_loads = 0;
	EXPECT(t, reclaim(table) >= kTables);
	EXPECT(t, most_loads <= 2 * F::kEntries + 16);
	table.destroy();
}

// One table is searched in a section, and one searched for tables.
void sections_are_short(Case& t)
{
	expect_short_sections<One>(t);
	expect_short_sections<Granule64K<Stage::k1>>(t);
}

}  // namespace

TEST_SUITE(pgtable_reclaim, TEST_CASE(all_tables_but_the_first_are_freed),
	   TEST_CASE(tables_in_use_stay), TEST_CASE(walk_caches_are_invalidated_between),
	   TEST_CASE(a_map_rescues_its_table),
	   TEST_CASE(tables_stay_until_walk_caches_are_known_to_have_forgotten_them),
	   TEST_CASE(a_table_that_is_being_reclaimed_is_not_unmapped),
	   TEST_CASE(sections_are_short));
