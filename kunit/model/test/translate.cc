// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's translation, against tables written by hand.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kIova = 0x12345678000;
constexpr u64 kPa = 0x4567890000;

}  // namespace

static void stage1_pages_and_blocks(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	m.map(root, kIova, kPa | kPage1);
	m.map(root, 0x40000000, 0x80000000 | kPage1, 0, 1);
	m.map(root, 0x80000000, 0xc0200000 | kPage1, 0, 2);
	Dma d = m.read(5, kIova + 0x123);
	EXPECT(t, d.outcome == Outcome::kTranslated);
	EXPECT_EQ(t, d.pa, kPa + 0x123);
	EXPECT_EQ(t, d.page_shift, 12);
	d = m.write(5, 0x40000000 + 0x3456789);
	EXPECT_EQ(t, d.pa, 0x80000000 + 0x3456789);
	EXPECT_EQ(t, d.page_shift, 30);
	d = m.read(5, 0x80000000 + 0x1ffff);
	EXPECT_EQ(t, d.pa, 0xc0200000 + 0x1ffff);
	EXPECT_EQ(t, d.page_shift, 21);
	EXPECT(t, faulted(m, m.read(5, kIova + 4096), Event::F_TRANSLATION));
	EXPECT(t, faulted(m, m.read(5, u64{1} << 48), Event::F_TRANSLATION));
	EXPECT_EQ(t, m.violations, 0);
}

// Level 1 has 1024 entries of 2^42.
static void stage1_granule_64k_52_bits(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	ids.idr5 = 6 | 0x70 | 1u << 10;  // 52 bits in and out
	m.start(ids);
	const u64 root = m.page(8192);
	const u64 l2 = m.page(65536), l3 = m.page(65536), cd = m.page();
	m.word(cd) =
		12 | 1u << 6 | 1u << 30 | 1u << 31 | u64{6} << 32 | u64{1} << 41 | u64{3} << 45;
	m.word(cd + 8) = root;
	m.word(m.ste(1)) = 1 | 5u << 1 | cd;
	const u64 va = u64{0x3ff} << 42 | u64{5} << 29 | u64{9} << 16;
	m.word(root + 8 * 0x3ff) = l2 | 3;
	m.word(l2 + 8 * 5) = l3 | 3;
	m.word(l3 + 8 * 9) = 0x123450000 | 0xa << 12 | kPage1;  // bits 51:48 are 0xa
	Dma d = m.read(1, va | 0x4321);
	EXPECT_EQ(t, d.pa, 0xa000123450000 | 0x4321);
	EXPECT_EQ(t, d.page_shift, 16);
	m.word(l2 + 8 * 6) = u64{3} << 29 | 0x741;
	d = m.read(1, u64{0x3ff} << 42 | u64{6} << 29 | 0x1234567);
	EXPECT_EQ(t, d.pa, u64{3} << 29 | 0x1234567);
	EXPECT_EQ(t, d.page_shift, 29);
	EXPECT_EQ(t, m.violations, 0);
}

// Level -1 has 16 entries of 2^48; addresses have bits 51:50 in 9:8.
static void stage1_granule_4k_52_bits(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	for (bool ds : {true, false}) {
		ids.idr5 = 6 | 0x30 | 1u << 10 | u32{ds} << 7;
		m.start(ids);
		const u64 root = m.page(), l0 = m.page(), cd = m.page();
		m.word(cd) = (ds ? 12 : 16) | 1u << 30 | 1u << 31 | u64{6} << 32 | u64{1} << 41 |
			     u64{3} << 45;
		m.word(cd + 8) = root;
		m.word(cd + 16) = u64{1} << 58;  // RES0 without IDR5.DS
		m.word(m.ste(1)) = 1 | 5u << 1 | cd;
		m.word(root + 8 * 13) = l0 | 3;
		m.word(l0 + 8 * 7) = u64{3} << 48 | u64{5} << 39 | 0x541;  // bits 51:50 are 1
		const Dma d = m.read(1, u64{13} << 48 | u64{7} << 39 | 0x123456789);
		EXPECT_EQ(t, d.ok(), ds);
		if (ds) {
			EXPECT_EQ(t, d.pa, u64{7} << 48 | u64{5} << 39 | 0x123456789);
			EXPECT_EQ(t, d.page_shift, 39);
		}
		EXPECT_EQ(t, m.violations, 0);
	}
}

// 16K with DS: level 0 has 32 entries of 2^47 and tables, level 1 has blocks of 2^36.
static void stage2_granule_16k_52_bits(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	ids.idr5 = 6 | 0x20 | 1u << 10 | 1u << 7;
	m.start(ids);
	const u64 root = m.page(16384), l1 = m.page(16384);
	// S2T0SZ 12, S2SL0 3, S2TG 16K, S2PS 52 bits, S2AA64, S2R; S2DS
	m.word(m.ste(9) + 16) = 3 | u64{12} << 32 | u64{3} << 38 | u64{2} << 46 | u64{6} << 48 |
				u64{1} << 51 | u64{1} << 58;
	m.word(m.ste(9) + 24) = root | 8;
	m.word(m.ste(9)) = 1 | 6u << 1;
	m.word(root + 8 * 31) = l1 | 3;
	m.word(l1 + 8 * 2047) = u64{2} << 48 | u64{9} << 36 | 0x7fd;  // bits 51:50 are 3
	const Dma d = m.read(9, (u64{1} << 52) - 1);
	EXPECT_EQ(t, d.pa, u64{14} << 48 | u64{9} << 36 | 0xfffffffff);
	EXPECT_EQ(t, d.page_shift, 36);
	EXPECT_EQ(t, m.violations, 0);
}

// 36 bits: starts at level 2 with 2048 entries of 2^25
static void stage1_granule_16k(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.page(16384), l3b = m.page(16384), cd2 = m.page();
	m.word(cd2) =
		28 | 2u << 6 | 1u << 30 | 1u << 31 | u64{5} << 32 | u64{1} << 41 | u64{3} << 45;
	m.word(cd2 + 8) = root;
	m.word(m.ste(2)) = 1 | 5u << 1 | cd2;
	m.word(root + 8 * 2047) = l3b | 3;
	m.word(l3b + 8 * 2047) = 0x7654000 | kPage1;
	const Dma d = m.read(2, (u64{1} << 36) - 1);
	EXPECT_EQ(t, d.pa, 0x7657fff);
	EXPECT_EQ(t, d.page_shift, 14);
	m.word(root + 8 * 3) = 0x6000000 | 0x741;
	EXPECT_EQ(t, m.read(2, (u64{3} << 25) + 0x55).pa, 0x6000055);
	EXPECT_EQ(t, m.violations, 0);
}

static void upper_half_uses_ttb1(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root0 = m.stage1_stream(1, 1), root1 = m.page();
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	m.word(cd) = (m.word(cd) & ~(u64{1} << 30)) | 25u << 16 | 2u << 22;  // 39 bits, 4K
	m.word(cd + 16) = root1;
	m.put(0x05 | u64{1} << 32, 1);
	m.map(root0, kIova, kPa | kPage1);
	m.map(root1, 0x3456789000, 0x99990000 | kPage1, 1);
	EXPECT_EQ(t, m.read(1, 0xffffff8000000000 | 0x3456789abc).pa, 0x99990abc);
	EXPECT_EQ(t, m.read(1, kIova).pa, kPa);
	EXPECT(t, faulted(m, m.read(1, 0xffff000000000000), Event::F_TRANSLATION));
}

static void top_byte_and_disabled_halves(test::Case& t)
{
	Machine& m = machine();
	const u64 tagged = u64{0x5a} << 56 | kIova;

	m.start();
	const u64 root = m.stage1_stream(1, 1);
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	m.map(root, kIova, kPa | kPage1);
	EXPECT(t, m.read(1, tagged).event == Event::F_TRANSLATION);
	m.word(cd) |= u64{1} << 38;  // TBI0
	m.put(0x05 | u64{1} << 32, 1);
	EXPECT_EQ(t, m.read(1, tagged).pa, kPa);
	m.event();
	EXPECT(t, m.read(1, tagged + 0x1000).event == Event::F_TRANSLATION);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->input(), tagged + 0x1000);  // as it came
	m.word(cd) |= 1u << 14;                     // EPD0
	m.put(0x05 | u64{1} << 32, 1);
	m.put(0x30);
	EXPECT(t, m.read(1, kIova).event == Event::F_TRANSLATION);
}

// PRIVCFG and INSTCFG count only where the SMMU can override (IDR1.ATTR_PERMS_OVR).
static void overrides_need_support(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	for (unsigned i = 0; i < 2; i++) {
		m.start(ids);
		const u64 root = m.stage1_stream(5, 7);
		m.map(root, 0x2000, kPa | (kPage1 & ~u64{1u << 6}));
		m.word(m.ste(5) + 8) |= u64{3} << 48;
		m.put(0x03 | u64{5} << 32, 1);
		EXPECT_EQ(t, m.read(5, 0x2000).ok(), !i);
		ids.idr1 &= ~(1u << 26);
	}
}

static void access_permissions(test::Case& t)
{
	Machine& m = machine();
	constexpr Access kPriv{.priv = true}, kPrivWrite{.write = true, .priv = true};

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	m.map(root, 0x1000, kPa | kPage1 | 1u << 7);           // read only
	m.map(root, 0x2000, kPa | (kPage1 & ~u64{1u << 6}));   // privileged only
	m.map(root, 0x3000, kPa | kPage1 | u64{1} << 54);      // UXN
	m.map(root, 0x4000, kPa | (kPage1 & ~u64{1u << 10}));  // AF clear
	EXPECT(t, m.read(5, 0x1000).ok());
	EXPECT(t, faulted(m, m.write(5, 0x1000), Event::F_PERMISSION));
	EXPECT(t, faulted(m, m.read(5, 0x2000), Event::F_PERMISSION));
	EXPECT(t, m.smmu.translate(5, std::nullopt, 0x2000, kPriv).ok());
	EXPECT(t, m.smmu.translate(5, std::nullopt, 0x2000, kPrivWrite).ok());
	EXPECT(t, m.read(5, 0x3000).ok());
	EXPECT(t, faulted(m, m.smmu.translate(5, std::nullopt, 0x3000, {.instr = true}),
			  Event::F_PERMISSION));
	EXPECT(t, faulted(m, m.read(5, 0x4000), Event::F_ACCESS));
	// APTable[1] of a table takes writes from everything below
	m.map(root, 0x40000000000, kPa | kPage1);
	m.slot(root, 0x40000000000, 0, 0) |= u64{1} << 62;
	EXPECT(t, faulted(m, m.write(5, 0x40000000000), Event::F_PERMISSION));
	// PRIVCFG makes everything privileged
	m.word(m.ste(5) + 8) |= u64{3} << 48;
	m.put(0x03 | u64{5} << 32, 1);
	EXPECT(t, m.read(5, 0x2000).ok());
}

static void hardware_updates_flags(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
	m.word(cd) |= u64{3} << 42;  // HD, HA
	m.put(0x05 | u64{5} << 32, 1);
	m.map(root, 0x1000, kPa | (kPage1 & ~u64{1u << 10}) | 1u << 7 | u64{1} << 51);
	u64& pte = m.slot(root, 0x1000, 0, 3);
	EXPECT(t, m.read(5, 0x1000).ok());
	EXPECT(t, pte & 1u << 10);
	EXPECT(t, pte & 1u << 7);
	EXPECT(t, m.write(5, 0x1000).ok());
	EXPECT(t, !(pte & 1u << 7));
	EXPECT(t, !m.event());
}

static void output_size(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
	m.word(cd) &= ~(u64{7} << 32);  // IPS 32 bits
	m.map(root, 0x1000, 0x100000000 | kPage1);
	m.put(0x05 | u64{5} << 32, 1);
	EXPECT(t, faulted(m, m.read(5, 0x1000), Event::F_ADDR_SIZE));
}

static void buffers_cross_pages(test::Case& t)
{
	Machine& m = machine();
	static constinit std::array<u8, 8192> sent{}, back{};  // too large for a kernel stack

	m.start();
	const u64 root = m.stage1_stream(5, 7), a = m.page(), b = m.page(), c = m.page();
	m.map(root, 0x1000, c | kPage1);
	m.map(root, 0x2000, a | kPage1);
	m.map(root, 0x3000, b | kPage1);
	for (unsigned i = 0; i < sent.size(); i++)
		sent[i] = i * 7;
	EXPECT(t, m.smmu.dma_write(5, 0x1800, sent.data(), sent.size()));
	EXPECT(t, m.smmu.dma_read(5, 0x1800, back.data(), back.size()));
	EXPECT(t, sent == back);
	EXPECT(t, !m.smmu.dma_write(5, 0x3800, sent.data(), sent.size()));
}

TEST_SUITE(model_translate, TEST_CASE(stage1_pages_and_blocks),
	   TEST_CASE(stage1_granule_64k_52_bits), TEST_CASE(stage1_granule_4k_52_bits),
	   TEST_CASE(stage2_granule_16k_52_bits), TEST_CASE(stage1_granule_16k),
	   TEST_CASE(upper_half_uses_ttb1), TEST_CASE(top_byte_and_disabled_halves),
	   TEST_CASE(overrides_need_support), TEST_CASE(access_permissions),
	   TEST_CASE(hardware_updates_flags), TEST_CASE(output_size),
	   TEST_CASE(buffers_cross_pages));
