// SPDX-License-Identifier: GPL-2.0-only
//
// Which translations the device model keeps, and the one command that makes it forget each thing.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kOld = 0x1110000, kNew = 0x2220000;
constexpr u64 kVa = 0x12345678000;

struct Command2 {
	u64 w0, w1;
};

// Maps @va, uses it, changes the entry; true if the old page still answers after @c.
bool survives(u16 asid, u16 vmid, u64 leaf, const Command2& c)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, asid, vmid);
	m.map(root, kVa, kOld | leaf);
	m.read(1, kVa);
	m.map(root, kVa, kNew | leaf);
	m.put(c.w0, c.w1);
	m.sync();
	return m.read(1, kVa).pa == kOld;
}

constexpr u64 kAsid7 = u64{7} << 48, kVmid3 = u64{3} << 32;
constexpr u64 kGlobal = kPage1 & ~(u64{1} << 11);

}  // namespace

static void translations_stay_until_named(test::Case& t)
{
	EXPECT(t, survives(7, 3, kPage1, {0x46, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x03 | u64{1} << 32, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x04, 31}));
	EXPECT(t, survives(7, 3, kPage1, {0x06 | u64{1} << 32, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x20, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x2a | kVmid3, kVa & 0xffffffffff000}));
}

static void each_stage1_scope(test::Case& t)
{
	EXPECT(t, !survives(7, 3, kPage1, {0x10 | kVmid3, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x10 | u64{4} << 32, 0}));
	EXPECT(t, !survives(7, 3, kPage1, {0x11 | kVmid3 | kAsid7, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x11 | kVmid3 | u64{8} << 48, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x11 | u64{4} << 32 | kAsid7, 0}));
	EXPECT(t, !survives(7, 3, kPage1, {0x12 | kVmid3 | kAsid7, kVa | 1}));
	EXPECT(t, survives(7, 3, kPage1, {0x12 | kVmid3 | u64{8} << 48, kVa | 1}));
	EXPECT(t, survives(7, 3, kPage1, {0x12 | kVmid3 | kAsid7, (kVa + 0x1000) | 1}));
	EXPECT(t, !survives(7, 3, kPage1, {0x13 | kVmid3, kVa | 1}));
	EXPECT(t, survives(7, 3, kPage1, {0x13 | u64{4} << 32, kVa | 1}));
	EXPECT(t, !survives(7, 3, kPage1, {0x28 | kVmid3, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x28 | u64{4} << 32, 0}));
	EXPECT(t, !survives(7, 3, kPage1, {0x30, 0}));
}

static void global_entries_outlive_their_asid(test::Case& t)
{
	EXPECT(t, survives(7, 3, kGlobal, {0x11 | kVmid3 | kAsid7, 0}));
	EXPECT(t, !survives(7, 3, kGlobal, {0x12 | kVmid3 | kAsid7, kVa | 1}));
	EXPECT(t, !survives(7, 3, kGlobal, {0x12 | kVmid3 | u64{8} << 48, kVa | 1}));
	EXPECT(t, !survives(7, 3, kGlobal, {0x10 | kVmid3, 0}));
}

static void ranges(test::Case& t)
{
	const u64 op = 0x12 | kVmid3 | kAsid7, tg = 1u << 10;

	// 8 pages from 4 below: NUM 7, SCALE 0
	EXPECT(t, !survives(7, 3, kPage1, {op | 7u << 12, (kVa - 0x4000) | tg | 1}));
	EXPECT(t, survives(7, 3, kPage1, {op | 3u << 12, (kVa - 0x4000) | tg | 1}));
	EXPECT(t, !survives(7, 3, kPage1, {op | 4u << 12, (kVa - 0x4000) | tg | 1}));
	// SCALE 3: 16 pages
	EXPECT(t, !survives(7, 3, kPage1, {op | 1u << 12 | 3u << 20, (kVa - 0xf000) | tg | 1}));
	EXPECT(t, survives(7, 3, kPage1, {op | 0u << 12 | 3u << 20, (kVa - 0x8000) | tg | 1}));
	// The right level, a wrong one, another granule
	EXPECT(t, !survives(7, 3, kPage1, {op, kVa | tg | 3u << 8 | 1}));
	EXPECT(t, survives(7, 3, kPage1, {op, kVa | tg | 2u << 8 | 1}));
	EXPECT(t, survives(7, 3, kPage1, {op | 1u << 12, kVa | 3u << 10 | 1}));
	// Everything
	EXPECT(t, !survives(7, 3, kPage1, {op | 31u << 12 | 31u << 20, tg}));
	EXPECT_EQ(t, machine().violations, 0);
	// An address inside the level's block is out of bounds
	survives(7, 3, kPage1, {op, (kVa + 0x1000) | tg | 2u << 8});
	EXPECT_EQ(t, machine().violations, 1);
}

static void freed_table_needs_a_non_leaf_invalidation(test::Case& t)
{
	Machine& m = machine();

	for (unsigned leaf = 0; leaf <= 1; leaf++) {
		m.start();
		const u64 root = m.stage1_stream(1, 7);
		m.map(root, kVa, kOld | kPage1);
		m.read(1, kVa);
		// The level 3 table is unhooked, freed and reused.
		const u64 l3 = m.slot(root, kVa, 0, 2) & 0xfffffffff000;
		m.slot(root, kVa, 0, 2) = 0;
		m.word(l3 + 8 * (kVa >> 12 & 511)) = kNew | kPage1;
		m.put(0x12 | kAsid7, kVa | leaf);
		m.sync();
		const Dma d = m.read(1, kVa);
		if (leaf)
			EXPECT_EQ(t, d.pa, kNew);  // through the stale table
		else
			EXPECT(t, d.event == Event::F_TRANSLATION);
	}
}

// With a TTL of 2 the tables above level 2 go, its own and those below stay.
static void level_hint_spares_lower_tables(test::Case& t)
{
	Machine& m = machine();
	const u64 block = kVa & ~u64{0x1fffff};

	for (u64 ttl = 2; ttl <= 3; ttl++) {
		m.start();
		const u64 root = m.stage1_stream(1, 7);
		m.map(root, kVa, kOld | kPage1);
		m.read(1, kVa);
		const u64 fetches = m.smmu.stats().descriptor_fetches;
		m.put(0x12 | kAsid7 | 1u << 12 | 9u << 20, block | 1u << 10 | ttl << 8);
		m.read(1, kVa);
		EXPECT_EQ(t, m.smmu.stats().descriptor_fetches - fetches, ttl == 3 ? 4 : 0);
		m.read(1, kVa + 0x1000);  // not mapped: shows what the walk cache has left
		EXPECT_EQ(t, m.smmu.stats().descriptor_fetches - fetches, ttl == 3 ? 5 : 1);
	}
}

static void tables_are_not_walked_again(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, kVa, kOld | kPage1);
	m.map(root, kVa + 0x1000, kNew | kPage1);
	m.read(1, kVa);
	EXPECT_EQ(t, m.smmu.stats().descriptor_fetches, 4);
	m.read(1, kVa);
	EXPECT_EQ(t, m.smmu.stats().descriptor_fetches, 4);
	EXPECT_EQ(t, m.smmu.stats().tlb_hits, 1);
	m.read(1, kVa + 0x1000);
	EXPECT_EQ(t, m.smmu.stats().descriptor_fetches, 5);
}

static void faults_are_not_kept(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	EXPECT(t, m.read(1, kVa).event == Event::F_TRANSLATION);
	m.map(root, kVa, kOld | kPage1);
	EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
}

static void streams_share_by_asid(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 one = m.stage1_stream(1, 7), two = m.stage1_stream(2, 7),
		  three = m.stage1_stream(3, 8);
	m.map(one, kVa, kOld | kPage1);
	m.map(two, kVa, kNew | kPage1);
	m.map(three, kVa, kNew | kPage1);
	EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
	EXPECT_EQ(t, m.read(2, kVa).pa, kOld);  // an ASID used twice shows
	EXPECT_EQ(t, m.read(3, kVa).pa, kNew);
	// The same ASID under another VMID is another space
	const u64 four = m.stage1_stream(4, 7, 1);
	m.map(four, kVa, kNew | kPage1);
	EXPECT_EQ(t, m.read(4, kVa).pa, kNew);
}

static void block_beside_page_conflicts(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, 0x201000, 0x80201000 | kPage1);
	m.read(1, 0x201000);
	// A table becomes a block without break-before-make; its table entry alone is dropped.
	m.map(root, 0x200000, 0x80200000 | kPage1, 0, 2);
	m.put(0x12 | kAsid7, 0x300000);
	EXPECT_EQ(t, m.read(1, 0x300000).pa, 0x80300000);
	EXPECT(t, m.read(1, 0x201000).event == Event::F_TLB_CONFLICT);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->w[0] & 0xff, 0x20);
}

// With BBML level 2 an SMMU uses one of the entries and never complains.
static void no_conflicts_at_bbml2(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	ids.idr3 |= 2u << 11;
	m.start(ids);
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, 0x201000, 0x80201000 | kPage1);
	m.read(1, 0x201000);
	m.map(root, 0x200000, 0x80200000 | kPage1, 0, 2);
	m.put(0x12 | kAsid7, 0x300000);
	m.read(1, 0x300000);
	EXPECT_EQ(t, m.read(1, 0x201000).pa, 0x80201000);
}

TEST_SUITE(model_tlb, TEST_CASE(translations_stay_until_named), TEST_CASE(each_stage1_scope),
	   TEST_CASE(global_entries_outlive_their_asid), TEST_CASE(ranges),
	   TEST_CASE(freed_table_needs_a_non_leaf_invalidation),
	   TEST_CASE(level_hint_spares_lower_tables), TEST_CASE(tables_are_not_walked_again),
	   TEST_CASE(faults_are_not_kept), TEST_CASE(streams_share_by_asid),
	   TEST_CASE(block_beside_page_conflicts), TEST_CASE(no_conflicts_at_bbml2));
