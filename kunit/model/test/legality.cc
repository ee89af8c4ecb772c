// SPDX-License-Identifier: GPL-2.0-only
//
// Which STEs and CDs the device model calls ILLEGAL, feature by feature.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

// One change to a structure that otherwise works, and to the SMMU it meets.
struct Row {
	unsigned word;
	u64 clear, set;
	u32 idr0_clear, idr0_set;
	bool legal;
};

constexpr u64 bits(unsigned n)
{
	return u64{1} << n;
}

Ids with(const Row& row)
{
	Ids ids = kRichIds;

	ids.idr0 = (ids.idr0 & ~row.idr0_clear) | row.idr0_set;
	return ids;
}

void change(u64 at, const Row& row)
{
	u64& w = machine().word(at + 8 * row.word);

	w = (w & ~row.clear) | row.set;
}

// Whether the SMMU says so, and says why.
void expect_verdict(test::Case& t, u32 sid, Event bad, const Row& row)
{
	Machine& m = machine();
	const Dma d = m.read(sid, 0x1000);

	EXPECT_EQ(t, d.event == bad, !row.legal);
	EXPECT_EQ(t, m.violations, !row.legal);
}

constexpr u32 kNoStall = 1u << 24, kForceStall = 2u << 24, kTermModel = 1u << 26;

}  // namespace

static void stage1_entries(test::Case& t)
{
	constexpr Row kRows[] = {
		{0, 0, 0, 0, 0, true},
		{0, 0, u64{16} << 59, 0, 0, true},
		{0, 0, u64{17} << 59, 0, 0, false},  // S1CDMax above SSIDSIZE
		{0, 0, u64{8} << 59 | 1 << 4, 0, 0, true},
		{0, 0, u64{8} << 59 | 1 << 4, 1u << 19, 0, false},  // no CD2L
		{0, 0, 1 << 4, 1u << 19, 0, true},  // S1Fmt means nothing for one CD
		{0, 0, bits(49), 0, 0, false},      // S1ContextPtr above OAS
		{1, 0, bits(27), 0, 0, true},       // S1STALLD
		{1, 0, bits(27), 0, kNoStall, false},
		{1, 0, u64{2} << 28, 0, 0, false},  // EATS split without stage 2
		{1, 0, u64{1} << 28, 0, 0, true},
		{2, 0, 0x100, 0, 0, true},
		{2, 0, 0x100, 1u << 18, 0, false},  // VMID above 8 bits
		{0, 0, 0, 1u << 1, 0, false},       // no stage 1
	};

	for (const Row& row : kRows) {
		Machine& m = machine();

		m.create(with(row));
		m.enable();
		m.stage1_stream(5, 7);
		change(m.ste(5), row);
		expect_verdict(t, 5, Event::C_BAD_STE, row);
	}
}

static void stage2_entries(test::Case& t)
{
	constexpr Row kRows[] = {
		{2, 0, 0, 0, 0, true},
		{2, 0, 0, 1u << 0, 0, false},       // no stage 2
		{2, bits(51), 0, 0, 0, false},      // S2AA64
		{2, 0, bits(52), 0, 0, false},      // S2ENDI
		{2, 0, u64{3} << 46, 0, 0, false},  // S2TG reserved
		{2, 0, u64{3} << 55, 0, 0, true},   // S2HA, S2HD
		{2, 0, u64{3} << 55, 2u << 6, 1u << 6, false},
		{2, 0, bits(57), 0, 0, true},  // S2S
		{2, 0, bits(57), 0, kNoStall, false},
		{2, 0, 0, 0, kForceStall, false},
		{2, u64{63} << 32, u64{40} << 32, 0, 0, false},  // S2T0SZ above 39
		{2, u64{63} << 32, u64{15} << 32, 0, 0, false},  // and below 16
		{2, u64{3} << 38, u64{3} << 38, 0, 0, false},    // S2SL0 reserved
		{2, u64{3} << 38, u64{2} << 38, 0, 0, true},     // level 0 can resolve 40 bits
		{2, u64{3} << 38, 0, 0, 0, false},               // level 2 can not
		{3, 0, bits(49), 0, 0, false},                   // S2TTB above OAS
		{1, 0, u64{2} << 28, 0, 0, false},               // EATS split without stage 1
	};

	for (const Row& row : kRows) {
		Machine& m = machine();

		m.create(with(row));
		m.enable();
		m.stage2_stream(9, 3);
		change(m.ste(9), row);
		expect_verdict(t, 9, Event::C_BAD_STE, row);
	}
}

// S2PS bounds S2TTB, and a granule must be one the SMMU has.
static void stage2_sizes(test::Case& t)
{
	Machine& m = machine();
	Ids no_16k = kRichIds;

	m.start();
	m.stage2_stream(9, 3);
	m.word(m.ste(9) + 16) &= ~(u64{7} << 48);  // 32 bits
	m.word(m.ste(9) + 24) = u64{1} << 33;
	EXPECT(t, m.read(9, 0x1000).event == Event::C_BAD_STE);
	no_16k.idr5 &= ~0x20u;
	for (unsigned i = 0; i < 2; i++) {
		m.start(i ? no_16k : kRichIds);
		m.stage2_stream(9, 3);
		m.word(m.ste(9) + 16) |= u64{2} << 46;  // 16K from level 2: 36 to 40 bits
		EXPECT_EQ(t, m.read(9, 0x1000).event == Event::C_BAD_STE, i);
	}
}

// A stage 2 output above S2PS is an address size fault.
static void stage2_output_size(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage2_stream(9, 3);
	m.word(m.ste(9) + 16) &= ~(u64{7} << 48);
	m.put(0x03 | u64{9} << 32, 1);
	m.map(root, 0x1000, 0x100000000 | kPage2, 1);
	EXPECT(t, m.read(9, 0x1000).event == Event::F_ADDR_SIZE);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
}

static void context_descriptors(test::Case& t)
{
	constexpr Row kRows[] = {
		{0, 0, 0, 0, 0, true},
		{0, 63, 39, 0, 0, true},
		{0, 63, 40, 0, 0, false},  // T0SZ
		{0, 63, 15, 0, 0, false},
		{0, 0, u64{3} << 6, 0, 0, false},            // TG0 reserved
		{0, 0, bits(14) | u64{3} << 6, 0, 0, true},  // but EPD0
		{0, 0, bits(15), 0, 0, false},               // ENDI
		{0, bits(41), 0, 0, 0, false},               // AA64
		{0, 0, u64{3} << 42, 0, 0, true},            // HA, HD
		{0, 0, u64{3} << 42, 2u << 6, 1u << 6, false},
		{0, 0, bits(43), 2u << 6, 1u << 6, true},  // HA alone
		{0, 0, bits(43), 2u << 6, 0, false},
		{0, 0, bits(44), 0, 0, true},  // S
		{0, 0, bits(44), 0, kNoStall, false},
		{0, 0, 0, 0, kForceStall, false},
		{0, bits(46), 0, 0, 0, true},  // A
		{0, bits(46), 0, 0, kTermModel, false},
		{0, 0, bits(56), 0, 0, true},  // ASID above 8 bits
		{0, 0, bits(56), 1u << 12, 0, false},
		{0, u64{7} << 32, 0, 0, 0, true},          // IPS 32 bits
		{1, 0, u64{1} << 48, 0, 0, false},         // TTB0 above IPS
		{0, bits(30), u64{1} << 22, 0, 0, false},  // TTB1 with T1SZ 0
	};

	for (const Row& row : kRows) {
		Machine& m = machine();

		m.create(with(row));
		m.enable();
		m.stage1_stream(5, 7);
		change(m.word(m.ste(5)) & 0xfffffffc0, row);
		expect_verdict(t, 5, Event::C_BAD_CD, row);
	}
}

static void stalls_disabled_by_the_stream(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.stage1_stream(5, 7);
	m.word(m.word(m.ste(5)) & 0xfffffffc0) |= bits(44);
	m.word(m.ste(5) + 8) |= bits(27);
	EXPECT(t, m.read(5, 0x1000).event == Event::C_BAD_CD);
}

TEST_SUITE(model_legality, TEST_CASE(stage1_entries), TEST_CASE(stage2_entries),
	   TEST_CASE(stage2_sizes), TEST_CASE(stage2_output_size), TEST_CASE(context_descriptors),
	   TEST_CASE(stalls_disabled_by_the_stream));
