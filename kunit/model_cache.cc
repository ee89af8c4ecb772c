// SPDX-License-Identifier: GPL-2.0-only
//
// What the device model keeps, and the one command that makes it forget each thing.
#include "kunit/model/world.hpp"
#include "kunit/test.hpp"

using namespace model;

namespace {

constexpr u64 kOld = 0x1110000, kNew = 0x2220000;
constexpr u64 kVa = 0x12345678000;

struct Command2 {
	u64 w0, w1;
};

// Maps @va, uses it, changes the entry; true if the old page still answers after @c.
bool survives(u16 asid, u16 vmid, u64 leaf, const Command2 &c)
{
	Machine &m = machine();

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

} // namespace

static void translations_stay_until_named(test::Case &t)
{
	EXPECT(t, survives(7, 3, kPage1, {0x46, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x03 | u64{1} << 32, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x04, 31}));
	EXPECT(t, survives(7, 3, kPage1, {0x06 | u64{1} << 32, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x20, 0}));
	EXPECT(t, survives(7, 3, kPage1, {0x2a | kVmid3, kVa & 0xffffffffff000}));
}

static void each_stage1_scope(test::Case &t)
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

static void global_entries_outlive_their_asid(test::Case &t)
{
	EXPECT(t, survives(7, 3, kGlobal, {0x11 | kVmid3 | kAsid7, 0}));
	EXPECT(t, !survives(7, 3, kGlobal, {0x12 | kVmid3 | kAsid7, kVa | 1}));
	EXPECT(t, !survives(7, 3, kGlobal, {0x12 | kVmid3 | u64{8} << 48, kVa | 1}));
	EXPECT(t, !survives(7, 3, kGlobal, {0x10 | kVmid3, 0}));
}

static void ranges(test::Case &t)
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
	EXPECT(t, !survives(7, 3, kPage1, {op | 31u << 12 | 39u << 20, tg}));
	EXPECT_EQ(t, machine().violations, 0);
}

static void freed_table_needs_a_non_leaf_invalidation(test::Case &t)
{
	Machine &m = machine();

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
			EXPECT_EQ(t, d.pa, kNew); // through the stale table
		else
			EXPECT(t, d.event == Event::F_TRANSLATION);
	}
}

static void tables_are_not_walked_again(test::Case &t)
{
	Machine &m = machine();

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

static void faults_are_not_kept(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	EXPECT(t, m.read(1, kVa).event == Event::F_TRANSLATION);
	m.map(root, kVa, kOld | kPage1);
	EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
}

static void streams_share_by_asid(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 one = m.stage1_stream(1, 7), two = m.stage1_stream(2, 7),
		  three = m.stage1_stream(3, 8);
	m.map(one, kVa, kOld | kPage1);
	m.map(two, kVa, kNew | kPage1);
	m.map(three, kVa, kNew | kPage1);
	EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
	EXPECT_EQ(t, m.read(2, kVa).pa, kOld); // an ASID used twice shows
	EXPECT_EQ(t, m.read(3, kVa).pa, kNew);
}

static void block_beside_page_conflicts(test::Case &t)
{
	Machine &m = machine();

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

static void stage2_scopes(test::Case &t)
{
	Machine &m = machine();
	const u64 ipa = 0x5000;
	struct {
		Command2 c;
		bool drops;
	} const rows[] = {
		{{0x2a | kVmid3, ipa | 1}, true},
		{{0x2a | u64{4} << 32, ipa | 1}, false},
		{{0x2a | kVmid3, (ipa + 0x1000) | 1}, false},
		{{0x28 | kVmid3, 0}, true},
		{{0x28 | u64{4} << 32, 0}, false},
		{{0x30, 0}, true},
		{{0x10 | kVmid3, 0}, false},
		{{0x11 | kVmid3, 0}, false},
	};

	for (const auto &row : rows) {
		m.start();
		const u64 root = m.stage2_stream(9, 3);
		m.map(root, ipa, kOld | kPage2, 1);
		m.read(9, ipa);
		m.map(root, ipa, kNew | kPage2, 1);
		m.put(row.c.w0, row.c.w1);
		EXPECT_EQ(t, m.read(9, ipa).pa, row.drops ? kNew : kOld);
	}
}

// CMD_TLBI_S2_IPA leaves what stage 1 and 2 made together.
static void combined_entries_need_both(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root2 = m.stage2_stream(9, 3);
	m.map(root2, Machine::kBase, Machine::kBase | kPage2, 1, 1);
	m.map(root2, 0x5000, kOld | kPage2, 1);
	const u64 root1 = m.stage1_stream(8, 7);
	const u64 cd = m.word(m.ste(8)) & 0xfffffffc0;
	m.map(root1, kVa, 0x5000 | kPage1);
	m.word(m.ste(9)) = 1 | 7u << 1 | cd;
	m.put(0x03 | u64{9} << 32, 1);
	EXPECT_EQ(t, m.read(9, kVa).pa, kOld);
	m.map(root2, 0x5000, kNew | kPage2, 1);
	m.put(0x2a | kVmid3, 0x5000 | 1);
	EXPECT_EQ(t, m.read(9, kVa).pa, kOld);
	m.put(0x10 | kVmid3);
	EXPECT_EQ(t, m.read(9, kVa).pa, kNew);
}

static void el2_worlds(test::Case &t)
{
	Machine &m = machine();

	for (u32 e2h = 0; e2h <= 1; e2h++) {
		m.start();
		m.smmu.write32(0x20, 0xe);
		m.smmu.write32(0x2c, 2 | e2h);
		m.smmu.write32(0x20, 0xf);
		const u64 root = m.stage1_stream(1, 7);
		m.word(m.ste(1) + 8) = u64{2} << 30;
		m.put(0x03 | u64{1} << 32, 1);
		m.map(root, kVa, kOld | kPage1);
		m.read(1, kVa);
		m.map(root, kVa, kNew | kPage1);
		m.put(0x10);
		m.put(0x30);
		EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
		// Without E2H there is no ASID to miss by.
		m.put(0x22 | u64{8} << 48, kVa | 1);
		EXPECT_EQ(t, m.read(1, kVa).pa, e2h ? kOld : kNew);
		m.put(0x22 | kAsid7, kVa | 1);
		EXPECT_EQ(t, m.read(1, kVa).pa, kNew);
		m.map(root, kVa, kOld | kPage1);
		m.put(0x21 | kAsid7);
		EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
		m.map(root, kVa, kNew | kPage1);
		m.put(0x23, kVa | 1);
		EXPECT_EQ(t, m.read(1, kVa).pa, kNew);
		m.map(root, kVa, kOld | kPage1);
		m.put(0x20);
		EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
	}
}

static void stream_table_entries_stay(test::Case &t)
{
	Machine &m = machine();
	struct {
		Command2 c;
		bool drops;
	} const rows[] = {
		{{0x46, 0}, false},
		{{0x30, 0}, false},
		{{0x03 | u64{4} << 32, 0}, false},
		{{0x05 | u64{5} << 32, 0}, false},
		{{0x06 | u64{5} << 32, 0}, false},
		{{0x03 | u64{5} << 32, 0}, true},
		{{0x03 | u64{5} << 32, 1}, true},
		{{0x04 | u64{4} << 32, 0}, true},  // 4 and 5
		{{0x04 | u64{6} << 32, 0}, false}, // 6 and 7
		{{0x04, 31}, true},
	};

	for (const auto &row : rows) {
		m.start();
		m.word(m.ste(5)) = 1 | 4u << 1;
		EXPECT(t, m.read(5, 0x1000).ok());
		m.word(m.ste(5)) = 1;
		m.put(row.c.w0, row.c.w1);
		EXPECT_EQ(t, m.read(5, 0x1000).ok(), !row.drops);
		EXPECT_EQ(t, m.smmu.stats().stale_config_hits, !row.drops);
	}
}

static void invalid_entries_stay_too(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.read(5, 0x1000);
	m.word(m.ste(5)) = 1 | 4u << 1;
	EXPECT(t, !m.read(5, 0x1000).ok());
	m.put(0x03 | u64{5} << 32, 1);
	EXPECT(t, m.read(5, 0x1000).ok());
	// An SMMU may be kinder
	m.start(kRichIds, {.cache_valid_only = true});
	m.read(5, 0x1000);
	m.word(m.ste(5)) = 1 | 4u << 1;
	EXPECT(t, m.read(5, 0x1000).ok());
}

static void level1_descriptors_need_leaf_0(test::Case &t)
{
	Machine &m = machine();

	m.create();
	const u64 old_l2 = m.page(), new_l2 = m.page();
	m.smmu.write64(0x80, m.strtab);
	m.smmu.write32(0x88, 12 | 6u << 6 | 1u << 16);
	m.queues();
	m.smmu.write32(0x20, 0xf);
	m.word(m.strtab) = old_l2 | 7;
	m.word(new_l2 + 64) = 1 | 4u << 1;
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.word(m.strtab) = new_l2 | 7;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.put(0x03 | u64{1} << 32, 0);
	EXPECT(t, m.read(1, 0x1000).ok());
	// A range drops the descriptors too
	m.word(m.strtab) = old_l2 | 7;
	m.put(0x04, 0);
	EXPECT(t, !m.read(1, 0x1000).ok());
}

static void context_descriptors_stay(test::Case &t)
{
	Machine &m = machine();
	struct {
		Command2 c;
		bool drops;
	} const rows[] = {
		{{0x30, 0}, false},
		{{0x05 | u64{6} << 32, 1}, false},
		{{0x05 | u64{5} << 32 | 1u << 12, 1}, false}, // another substream
		{{0x05 | u64{5} << 32, 1}, true},
		{{0x05 | u64{5} << 32, 0}, true},
		{{0x06 | u64{5} << 32, 0}, true},
		{{0x03 | u64{5} << 32, 0}, true},
		{{0x04, 31}, true},
	};

	for (const auto &row : rows) {
		m.start();
		const u64 one = m.stage1_stream(5, 7), two = m.page();
		const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
		m.map(one, kVa, kOld | kPage1);
		m.map(two, kVa, kNew | kPage1);
		EXPECT_EQ(t, m.read(5, kVa).pa, kOld);
		m.word(cd + 8) = two;
		m.word(cd) += u64{1} << 48;
		m.put(row.c.w0, row.c.w1);
		EXPECT_EQ(t, m.read(5, kVa).pa, row.drops ? kNew : kOld);
	}
}

static void level1_cd_descriptors_need_leaf_0(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 1), l1 = m.page(), l2 = m.page();
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	auto touch = [&] { return m.smmu.translate(1, 70, kVa, {}); };

	m.map(root, kVa, kOld | kPage1);
	m.word(l2 + 64 * 6) = m.word(cd);
	m.word(l2 + 64 * 6 + 8) = root;
	m.word(m.ste(1)) = 1 | 5u << 1 | 1u << 4 | l1 | u64{8} << 59;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, touch().event == Event::C_BAD_SUBSTREAMID);
	m.word(l1 + 8) = l2 | 1;
	m.put(0x05 | u64{1} << 32 | 70u << 12, 1);
	EXPECT(t, touch().event == Event::C_BAD_SUBSTREAMID);
	m.put(0x05 | u64{1} << 32 | 70u << 12, 0);
	EXPECT_EQ(t, touch().pa, kOld);
}

static void vmid_wildcards(test::Case &t)
{
	Machine &m = machine();

	for (u32 vmw = 0; vmw <= 2; vmw += 2) {
		m.start();
		const u64 root = m.stage1_stream(1, 7, 3);
		m.map(root, kVa, kOld | kPage1);
		m.read(1, kVa);
		m.map(root, kVa, kNew | kPage1);
		m.smmu.write32(0x20, 0xf | vmw << 6);
		m.put(0x10); // VMID 0 stands for 0 to 3
		EXPECT_EQ(t, m.read(1, kVa).pa, vmw ? kNew : kOld);
	}
}

TEST_SUITE(model_cache, TEST_CASE(translations_stay_until_named), TEST_CASE(each_stage1_scope),
	   TEST_CASE(global_entries_outlive_their_asid), TEST_CASE(ranges),
	   TEST_CASE(freed_table_needs_a_non_leaf_invalidation),
	   TEST_CASE(tables_are_not_walked_again), TEST_CASE(faults_are_not_kept),
	   TEST_CASE(streams_share_by_asid), TEST_CASE(block_beside_page_conflicts),
	   TEST_CASE(stage2_scopes), TEST_CASE(combined_entries_need_both), TEST_CASE(el2_worlds),
	   TEST_CASE(stream_table_entries_stay), TEST_CASE(invalid_entries_stay_too),
	   TEST_CASE(level1_descriptors_need_leaf_0), TEST_CASE(context_descriptors_stay),
	   TEST_CASE(level1_cd_descriptors_need_leaf_0), TEST_CASE(vmid_wildcards));
