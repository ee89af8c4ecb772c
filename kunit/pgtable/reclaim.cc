// SPDX-License-Identifier: GPL-2.0-only
// Empty tables.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Random;
using test::Space;

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

}  // namespace

TEST_SUITE(pgtable_reclaim, TEST_CASE(all_tables_but_the_first_are_freed),
	   TEST_CASE(tables_in_use_stay), TEST_CASE(walk_caches_are_invalidated_between),
	   TEST_CASE(a_map_rescues_its_table));
