// SPDX-License-Identifier: GPL-2.0-only
//
// Which commands reach which translations: stage 2, EL2, VMID wildcards.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kOld = 0x1110000, kNew = 0x2220000;
constexpr u64 kVa = 0x12345678000;

struct Command2 {
	u64 w0, w1;
};

constexpr u64 kAsid7 = u64{7} << 48, kVmid3 = u64{3} << 32;

}  // namespace

static void stage2_scopes(test::Case& t)
{
	Machine& m = machine();
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

	for (const auto& row : rows) {
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
static void combined_entries_need_both(test::Case& t)
{
	Machine& m = machine();

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

static void el2_worlds(test::Case& t)
{
	Machine& m = machine();

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
		m.put(0x21 | kAsid7);  // reaches only what has an ASID
		EXPECT_EQ(t, m.read(1, kVa).pa, e2h ? kOld : kNew);
		m.map(root, kVa, kNew | kPage1);
		m.put(0x23, kVa | 1);
		EXPECT_EQ(t, m.read(1, kVa).pa, kNew);
		m.map(root, kVa, kOld | kPage1);
		m.put(0x20);
		EXPECT_EQ(t, m.read(1, kVa).pa, kOld);
	}
}

// STRW counts for stage 1 alone, and only where EL2 exists.
static void when_strw_counts(test::Case& t)
{
	Machine& m = machine();
	Ids no_hyp = kRichIds;

	no_hyp.idr0 &= ~(1u << 9);
	for (u64 strw = 1; strw <= 3; strw++) {
		m.start();
		const u64 root = m.stage1_stream(1, 7);
		m.map(root, kVa, kOld | kPage1);
		m.word(m.ste(1) + 8) = strw << 30;
		m.put(0x03 | u64{1} << 32, 1);
		EXPECT_EQ(t, m.read(1, kVa).ok(), strw == 2);
	}
	m.start(no_hyp);
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, kVa, kOld | kPage1);
	m.word(m.ste(1) + 8) = u64{3} << 30;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, m.read(1, kVa).ok());
	m.map(root, kVa, kNew | kPage1);
	m.put(0x10);
	EXPECT_EQ(t, m.read(1, kVa).pa, kNew);  // NS-EL1 it was
}

// EL2_ALL empties both EL2 worlds, whichever CR2.E2H selects now.
static void el2_all_reaches_both_worlds(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	m.word(m.ste(1) + 8) = u64{2} << 30;
	m.put(0x03 | u64{1} << 32, 1);
	m.map(root, kVa, kOld | kPage1);
	m.read(1, kVa);
	m.smmu.write32(0x20, 0xe);
	m.smmu.write32(0x2c, 3);
	m.smmu.write32(0x20, 0xf);
	m.put(0x20);
	m.smmu.write32(0x20, 0xe);
	m.smmu.write32(0x2c, 2);
	m.smmu.write32(0x20, 0xf);
	m.map(root, kVa, kNew | kPage1);
	EXPECT_EQ(t, m.read(1, kVa).pa, kNew);
}

static void vmid_wildcards(test::Case& t)
{
	Machine& m = machine();

	for (u32 vmw = 0; vmw <= 2; vmw += 2) {
		m.start();
		const u64 root = m.stage1_stream(1, 7, 3);
		m.map(root, kVa, kOld | kPage1);
		m.read(1, kVa);
		m.map(root, kVa, kNew | kPage1);
		m.smmu.write32(0x20, 0xf | vmw << 6);
		m.put(0x10);  // VMID 0 stands for 0 to 3
		EXPECT_EQ(t, m.read(1, kVa).pa, vmw ? kNew : kOld);
	}
}

TEST_SUITE(model_worlds, TEST_CASE(stage2_scopes), TEST_CASE(combined_entries_need_both),
	   TEST_CASE(el2_worlds), TEST_CASE(when_strw_counts),
	   TEST_CASE(el2_all_reaches_both_worlds), TEST_CASE(vmid_wildcards));
