// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's permissions: every AP, XN and hierarchical bit, both stages.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kVa = 0x40000000000, kPa = 0x5550000;
constexpr u64 kUser = 1u << 6, kReadOnly = 1u << 7, kPxn = u64{1} << 53, kUxn = u64{1} << 54;
constexpr u64 kPxnTable = u64{1} << 59, kUxnTable = u64{1} << 60, kNoUserTable = u64{1} << 61,
	      kReadOnlyTable = u64{1} << 62;
constexpr u64 kBare = kPage1 & ~kUser;

// What is allowed: privileged read, write, fetch, then unprivileged.
u8 allowed(u32 sid, u64 va)
{
	Machine& m = machine();
	u8 mask = 0;

	for (unsigned i = 0; i < 6; i++) {
		const Access a{.write = i % 3 == 1, .priv = i < 3, .instr = i % 3 == 2};

		mask |= m.smmu.translate(sid, std::nullopt, va, a).ok() << i;
	}
	return mask;
}

struct Row {
	u64 leaf, table;
	u8 allowed;  // bit 0: privileged read, ..., bit 5: unprivileged fetch
};

void check(test::Case& t, const Row& row, u64 cd_bits, u32 strw)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	m.word(m.word(m.ste(1)) & 0xfffffffc0) |= cd_bits;
	m.word(m.ste(1) + 8) = u64{strw} << 30;
	m.put(0x03 | u64{1} << 32, 1);
	m.map(root, kVa, kPa | kBare | row.leaf);
	m.slot(root, kVa, 0, 1) |= row.table;
	EXPECT_EQ(t, allowed(1, kVa), row.allowed);
	EXPECT_EQ(t, allowed(1, kVa), row.allowed);  // the same from the TLB
	m.put(0x30);
	m.put(0x20);
	m.map(root, kVa + 0x1000, kPa | kBare | row.leaf);
	allowed(1, kVa + 0x1000);
	EXPECT_EQ(t, allowed(1, kVa), row.allowed);  // and through the walk cache
}

}  // namespace

static void stage1_bits(test::Case& t)
{
	constexpr Row kRows[] = {
		{0, 0, 0b100111},
		{kUser, 0, 0b111011},  // writable by user: never fetched privileged
		{kReadOnly, 0, 0b100101},
		{kUser | kReadOnly, 0, 0b101101},
		{kPxn, 0, 0b100011},
		{kUxn, 0, 0b000111},
		{kUser | kReadOnly | kPxn, 0, 0b101001},
		{kUser, kReadOnlyTable, 0b101101},
		{kUser, kNoUserTable, 0b100111},
		{kUser, kUxnTable, 0b011011},
		{kReadOnly, kPxnTable, 0b100001},
	};

	for (const Row& row : kRows)
		check(t, row, 0, 0);
}

static void hierarchy_ignored(test::Case& t)
{
	Machine& m = machine();

	check(t, {kUser, 0, 0b111011}, 0, 0);
	const u64 root = m.word((m.word(m.ste(1)) & 0xfffffffc0) + 8);
	m.word((m.word(m.ste(1)) & 0xfffffffc0) + 8) |= 2;  // HAD0
	m.slot(root, kVa, 0, 1) |= kReadOnlyTable | kNoUserTable | kUxnTable;
	m.put(0x03 | u64{1} << 32, 1);
	m.put(0x30);
	EXPECT_EQ(t, allowed(1, kVa), 0b111011);
}

static void write_implies_no_fetch(test::Case& t)
{
	constexpr u64 kWxn = u64{1} << 36;

	check(t, {0, 0, 0b100011}, kWxn, 0);
	check(t, {kUser, 0, 0b011011}, kWxn, 0);
	check(t, {kUser | kReadOnly, 0, 0b101101}, kWxn, 0);
}

static void privileged_access_never(test::Case& t)
{
	constexpr u64 kPan = u64{1} << 40;

	check(t, {kUser, 0, 0b111000}, kPan, 0);
	check(t, {kUser | kReadOnly, 0, 0b101100}, kPan, 0);
	check(t, {0, 0, 0b100111}, kPan, 0);
}

// EL2 has one privilege level: AP[1] and PXN mean nothing, bit 54 is XN.
static void el2_bits(test::Case& t)
{
	check(t, {0, 0, 0b111111}, 0, 2);
	check(t, {kReadOnly, 0, 0b101101}, 0, 2);
	check(t, {kUxn, 0, 0b011011}, 0, 2);
	check(t, {kPxn, 0, 0b111111}, 0, 2);
}

static void stage2_bits(test::Case& t)
{
	struct {
		u64 s2ap;
		u8 allowed;
	} const rows[] = {
		{3u << 6, 0b111111},
		{1u << 6, 0b101101},
		{2u << 6, 0b010010},
		{0, 0},
		{3u << 6 | u64{1} << 54, 0b011011},
	};

	for (const auto& row : rows) {
		Machine& m = machine();

		m.start();
		const u64 root = m.stage2_stream(9, 3);
		m.map(root, 0x5000, kPa | (kPage2 & ~u64{3u << 6}) | row.s2ap, 1);
		EXPECT_EQ(t, allowed(9, 0x5000), row.allowed);
		EXPECT_EQ(t, allowed(9, 0x5000), row.allowed);
	}
}

// Both stages must agree; the event names the one that did not, hit or miss.
static void nested_bits(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root2 = m.stage2_stream(9, 3);
	m.map(root2, Machine::kBase, Machine::kBase | kPage2, 1, 1);
	m.map(root2, 0x5000, kPa | (kPage2 & ~u64{2u << 6}), 1);  // read only
	const u64 root1 = m.stage1_stream(8, 7);
	m.map(root1, kVa, 0x5000 | kPage1);
	m.word(m.ste(9)) = 1 | 7u << 1 | (m.word(m.ste(8)) & 0xfffffffc0);
	m.put(0x03 | u64{9} << 32, 1);
	for (unsigned i = 0; i < 2; i++) {
		EXPECT(t, m.write(9, kVa + 8).event == Event::F_PERMISSION);
		const auto e = m.event();
		ASSERT(t, e);
		EXPECT(t, e->s2());
		EXPECT_EQ(t, e->ipa(), 0x5000);
		EXPECT(t, m.read(9, kVa).ok());  // the second time around from the TLB
	}
}

// A 1 GiB block over 4 KiB of stage 2 is remembered for those 4 KiB only.
static void nested_size_is_the_smaller(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root2 = m.stage2_stream(9, 3);
	m.map(root2, Machine::kBase, Machine::kBase | kPage2, 1, 1);
	m.map(root2, 0x5000, kPa | kPage2, 1);
	m.map(root2, 0x6000, 0x9990000 | kPage2, 1);
	const u64 root1 = m.stage1_stream(8, 7);
	m.map(root1, kVa, kPage1, 0, 1);
	m.word(m.ste(9)) = 1 | 7u << 1 | (m.word(m.ste(8)) & 0xfffffffc0);
	m.put(0x03 | u64{9} << 32, 1);
	const Dma d = m.read(9, kVa + 0x5123);
	EXPECT_EQ(t, d.pa, kPa + 0x123);
	EXPECT_EQ(t, d.page_shift, 12);
	EXPECT_EQ(t, m.read(9, kVa + 0x6000).pa, 0x9990000);
	EXPECT(t, m.read(9, kVa + 0x7000).event == Event::F_TRANSLATION);
}

static void access_flag_choices(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	m.word(m.word(m.ste(5)) & 0xfffffffc0) |= u64{1} << 35;  // AFFD
	m.map(root, kVa, kPa | (kPage1 & ~u64{1u << 10}));
	EXPECT(t, m.read(5, kVa).ok());
	EXPECT(t, !(m.slot(root, kVa, 0, 3) & 1u << 10));
	// Stage 2 sets its own access flag and dirty state
	const u64 root2 = m.stage2_stream(9, 3);
	m.word(m.ste(9) + 16) |= u64{3} << 55;
	m.put(0x03 | u64{9} << 32, 1);
	m.map(root2, 0x5000, kPa | (kPage2 & ~u64{1u << 10 | 2u << 6}) | u64{1} << 51, 1);
	EXPECT(t, m.read(9, 0x5000).ok());
	EXPECT_EQ(t, m.slot(root2, 0x5000, 1, 3) >> 6 & 0x13, 0x11);
	EXPECT(t, m.write(9, 0x5000).ok());
	EXPECT_EQ(t, m.slot(root2, 0x5000, 1, 3) >> 6 & 0x13, 0x13);
}

TEST_SUITE(model_permissions, TEST_CASE(stage1_bits), TEST_CASE(hierarchy_ignored),
	   TEST_CASE(write_implies_no_fetch), TEST_CASE(privileged_access_never),
	   TEST_CASE(el2_bits), TEST_CASE(stage2_bits), TEST_CASE(nested_bits),
	   TEST_CASE(nested_size_is_the_smaller), TEST_CASE(access_flag_choices));
