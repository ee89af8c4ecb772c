// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's translation, against tables written by hand.
#include "kunit/model/world.hpp"
#include "kunit/test.hpp"

using namespace model;

namespace {

constexpr u64 kIova = 0x12345678000;
constexpr u64 kPa = 0x4567890000;

bool faulted(Machine &m, const Dma &d, Event id)
{
	const auto e = m.event();

	return d.outcome == Outcome::kAborted && d.event == id && d.recorded && e &&
	       e->type() == id;
}

} // namespace

static void gbpa_rules_while_disabled(test::Case &t)
{
	Machine &m = machine();

	m.create();
	EXPECT(t, m.read(1, kIova).outcome == Outcome::kBypassed);
	m.smmu.write32(0x44, 1u << 31 | 1u << 20);
	EXPECT(t, m.read(1, kIova).outcome == Outcome::kAborted);
	EXPECT_EQ(t, m.smmu.stats().ste_fetches, 0);
	EXPECT_EQ(t, m.violations, 0);
}

static void stream_table_configs(test::Case &t)
{
	Machine &m = machine();

	m.start();
	EXPECT(t, faulted(m, m.read(1, kIova), Event::C_BAD_STE));
	m.word(m.ste(2)) = 1;
	EXPECT(t, m.read(2, kIova).outcome == Outcome::kAborted);
	EXPECT(t, !m.event());
	m.word(m.ste(3)) = 1 | 4u << 1;
	const Dma d = m.read(3, kIova);
	EXPECT(t, d.outcome == Outcome::kBypassed);
	EXPECT_EQ(t, d.pa, kIova);
	EXPECT(t, faulted(m, m.read(3, u64{1} << 50), Event::F_ADDR_SIZE));
	EXPECT(t, faulted(m, m.read(64, kIova), Event::C_BAD_STREAMID));
	EXPECT_EQ(t, m.violations, 0);
}

static void stage1_pages_and_blocks(test::Case &t)
{
	Machine &m = machine();

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

// T0SZ, TG0 and the descriptor at each level are put together here by hand.
static void stage1_other_granules(test::Case &t)
{
	Machine &m = machine();
	Ids ids = kRichIds;

	ids.idr5 = 6 | 0x70 | 1u << 10; // 52 bits in and out
	m.start(ids);
	// 64K, 52-bit: level 1 has 1024 entries of 2^42
	u64 root = m.page(8192);
	const u64 l2 = m.page(65536), l3 = m.page(65536), cd = m.page();
	m.word(cd) = 12 | 1u << 6 | 1u << 30 | 1u << 31 | u64{6} << 32 | u64{1} << 41 |
		     u64{3} << 45;
	m.word(cd + 8) = root;
	m.word(m.ste(1)) = 1 | 5u << 1 | cd;
	const u64 va = u64{0x3ff} << 42 | u64{5} << 29 | u64{9} << 16;
	m.word(root + 8 * 0x3ff) = l2 | 3;
	m.word(l2 + 8 * 5) = l3 | 3;
	m.word(l3 + 8 * 9) = 0x123450000 | 0xa << 12 | kPage1; // bits 51:48 are 0xa
	Dma d = m.read(1, va | 0x4321);
	EXPECT_EQ(t, d.pa, 0xa000123450000 | 0x4321);
	EXPECT_EQ(t, d.page_shift, 16);
	m.word(l2 + 8 * 6) = 0x5200000000001 | 0x740;
	m.word(l2 + 8 * 6) = u64{3} << 29 | 0x741;
	d = m.read(1, u64{0x3ff} << 42 | u64{6} << 29 | 0x1234567);
	EXPECT_EQ(t, d.pa, u64{3} << 29 | 0x1234567);
	EXPECT_EQ(t, d.page_shift, 29);

	// 16K, 36 bits: starts at level 2 with 2048 entries of 2^25
	root = m.page(16384);
	const u64 l3b = m.page(16384), cd2 = m.page();
	m.word(cd2) = 28 | 2u << 6 | 1u << 30 | 1u << 31 | u64{5} << 32 | u64{1} << 41 |
		      u64{3} << 45;
	m.word(cd2 + 8) = root;
	m.word(m.ste(2)) = 1 | 5u << 1 | cd2;
	m.word(root + 8 * 2047) = l3b | 3;
	m.word(l3b + 8 * 2047) = 0x7654000 | kPage1;
	d = m.read(2, (u64{1} << 36) - 1);
	EXPECT_EQ(t, d.pa, 0x7657fff);
	EXPECT_EQ(t, d.page_shift, 14);
	m.word(root + 8 * 3) = 0x6000000 | 0x741;
	EXPECT_EQ(t, m.read(2, (u64{3} << 25) + 0x55).pa, 0x6000055);
	EXPECT_EQ(t, m.violations, 0);
}

static void upper_half_uses_ttb1(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root0 = m.stage1_stream(1, 1), root1 = m.page();
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	m.word(cd) = (m.word(cd) & ~(u64{1} << 30)) | 25u << 16 | 2u << 22; // 39 bits, 4K
	m.word(cd + 16) = root1;
	m.put(0x05 | u64{1} << 32, 1);
	m.map(root0, kIova, kPa | kPage1);
	m.map(root1, 0x3456789000, 0x99990000 | kPage1, 1);
	EXPECT_EQ(t, m.read(1, 0xffffff8000000000 | 0x3456789abc).pa, 0x99990abc);
	EXPECT_EQ(t, m.read(1, kIova).pa, kPa);
	EXPECT(t, faulted(m, m.read(1, 0xffff000000000000), Event::F_TRANSLATION));
}

static void access_permissions(test::Case &t)
{
	Machine &m = machine();
	constexpr Access kPriv{.priv = true}, kPrivWrite{.write = true, .priv = true};

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	m.map(root, 0x1000, kPa | kPage1 | 1u << 7);                 // read only
	m.map(root, 0x2000, kPa | (kPage1 & ~u64{1u << 6}));         // privileged only
	m.map(root, 0x3000, kPa | kPage1 | u64{1} << 54);            // UXN
	m.map(root, 0x4000, kPa | (kPage1 & ~u64{1u << 10}));        // AF clear
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

static void hardware_updates_flags(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
	m.word(cd) |= u64{3} << 42; // HD, HA
	m.put(0x05 | u64{5} << 32, 1);
	m.map(root, 0x1000, kPa | (kPage1 & ~u64{1u << 10}) | 1u << 7 | u64{1} << 51);
	u64 &pte = m.slot(root, 0x1000, 0, 3);
	EXPECT(t, m.read(5, 0x1000).ok());
	EXPECT(t, pte & 1u << 10);
	EXPECT(t, pte & 1u << 7);
	EXPECT(t, m.write(5, 0x1000).ok());
	EXPECT(t, !(pte & 1u << 7));
	EXPECT(t, !m.event());
}

static void substreams(test::Case &t)
{
	Machine &m = machine();
	auto with = [&](u32 ssid) { return m.smmu.translate(1, ssid, 0x1000, {}); };

	m.start();
	// Four linear CDs; number 2 is the only valid one besides 0.
	const u64 root0 = m.stage1_stream(1, 1), root2 = m.page();
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	m.map(root0, 0x1000, 0x1110000 | kPage1);
	m.map(root2, 0x1000, 0x2220000 | kPage1);
	m.word(cd + 128) = m.word(cd) + (u64{1} << 48);
	m.word(cd + 136) = root2;
	EXPECT(t, faulted(m, with(0), Event::C_BAD_SUBSTREAMID)); // S1CDMax is 0
	m.word(m.ste(1)) |= u64{2} << 59;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT_EQ(t, with(0).pa, 0x1110000);
	EXPECT_EQ(t, with(2).pa, 0x2220000);
	EXPECT(t, faulted(m, with(1), Event::C_BAD_CD));
	EXPECT(t, faulted(m, with(4), Event::C_BAD_SUBSTREAMID));
	EXPECT(t, faulted(m, m.read(1, 0x1000), Event::F_STREAM_DISABLED)); // S1DSS 0
	m.word(m.ste(1) + 8) = 1;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, m.read(1, 0x1000).outcome == Outcome::kBypassed);
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x1000);
	m.word(m.ste(1) + 8) = 2;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x1110000);
	EXPECT(t, faulted(m, with(0), Event::F_STREAM_DISABLED));
	// A substream where stage 1 is off
	m.word(m.ste(2)) = 1 | 4u << 1;
	EXPECT(t, faulted(m, m.smmu.translate(2, 0, 0x1000, {}), Event::C_BAD_SUBSTREAMID));
}

static void two_level_cd_tables(test::Case &t)
{
	Machine &m = machine();

	m.start();
	for (unsigned fmt = 1; fmt <= 2; fmt++) {
		const u32 ssid = fmt == 1 ? 3 * 64 + 5 : 3 * 1024 + 5;
		const u64 l1 = m.page(), l2 = m.page(65536);
		const u64 root = m.stage1_stream(fmt, fmt);
		const u64 cd = m.word(m.ste(fmt)) & 0xfffffffc0;

		m.word(l1 + 24) = l2 | 1;
		m.word(l2 + 64 * 5) = m.word(cd);
		m.word(l2 + 64 * 5 + 8) = root;
		m.word(m.ste(fmt)) = 1 | 5u << 1 | fmt << 4 | l1 | u64{12} << 59;
		m.put(0x03 | u64{fmt} << 32, 1);
		m.map(root, 0x7000, kPa | kPage1);
		EXPECT_EQ(t, m.smmu.translate(fmt, ssid, 0x7000, {}).pa, kPa);
		EXPECT(t, faulted(m, m.smmu.translate(fmt, 1, 0x7000, {}),
				  Event::C_BAD_SUBSTREAMID));
	}
	EXPECT_EQ(t, m.violations, 0);
}

static void two_level_stream_table(test::Case &t)
{
	Machine &m = machine();

	m.create();
	const u64 l2 = m.page();
	m.smmu.write64(0x80, m.strtab);
	m.smmu.write32(0x88, 12 | 6u << 6 | 1u << 16); // 4096 streams, 64 a table
	m.queues();
	m.smmu.write32(0x20, 0xf);
	m.word(m.strtab + 8 * 3) = l2 | 5; // Span 5: 16 STEs
	m.word(l2 + 64 * 15) = 1 | 4u << 1;
	EXPECT(t, m.read(3 * 64 + 15, 0x5000).ok());
	EXPECT(t, faulted(m, m.read(3 * 64 + 16, 0x5000), Event::C_BAD_STREAMID));
	EXPECT(t, faulted(m, m.read(2 * 64, 0x5000), Event::C_BAD_STREAMID));
	EXPECT(t, faulted(m, m.read(4096, 0x5000), Event::C_BAD_STREAMID));
	m.word(m.strtab + 8 * 4) = l2 | 8; // more than SPLIT + 1
	EXPECT(t, faulted(m, m.read(4 * 64, 0x5000), Event::C_BAD_STREAMID));
	EXPECT_EQ(t, m.violations, 0);
}

static void stage2_and_concatenation(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root = m.stage2_stream(9, 3);
	const u64 high = u64{1} << 39; // the second of the two tables
	m.map(root, 0x5000, kPa | kPage2, 1);
	m.map(root, high | 0x6000, 0x777000 | kPage2, 1);
	m.map(root, 0x40000000, 0x80000000 | kPage2, 1, 1);
	m.map(root, 0x7000, kPa | (kPage2 & ~u64{2u << 6}), 1); // read only
	EXPECT_EQ(t, m.read(9, 0x5678).pa, kPa + 0x678);
	EXPECT_EQ(t, m.write(9, high | 0x6789).pa, 0x777789);
	EXPECT_EQ(t, m.read(9, 0x40001234).pa, 0x80001234);
	EXPECT(t, m.read(9, 0x7000).ok());
	EXPECT(t, m.write(9, 0x7000).event == Event::F_PERMISSION);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
	EXPECT(t, e->cls() == Class::IN);
	EXPECT_EQ(t, e->ipa(), 0x7000);
	EXPECT(t, faulted(m, m.read(9, u64{1} << 40), Event::F_TRANSLATION));
	EXPECT_EQ(t, m.violations, 0);
}

static void nested_stages(test::Case &t)
{
	Machine &m = machine();

	m.start();
	// IPA = PA + 1 GiB for memory, so nothing works without stage 2.
	constexpr u64 kShift = 0x40000000;
	const u64 root2 = m.stage2_stream(9, 3);
	m.map(root2, Machine::kBase + kShift, Machine::kBase | kPage2, 1, 1);
	m.map(root2, 0x5000, kPa | kPage2, 1);
	const u64 root1 = m.page(), cd = m.page(), l1 = m.page(), l2 = m.page(), l3 = m.page();
	m.word(cd) = 16 | 1u << 30 | 1u << 31 | u64{5} << 32 | u64{1} << 41 | u64{3} << 45;
	m.word(cd + 8) = root1 + kShift;
	m.word(root1) = (l1 + kShift) | 3;
	m.word(l1) = (l2 + kShift) | 3;
	m.word(l2) = (l3 + kShift) | 3;
	m.word(l3 + 8 * 2) = 0x5000 | kPage1;
	m.word(l3 + 8 * 3) = 0x6000 | kPage1; // no stage 2 there
	m.word(m.ste(9)) = 1 | 7u << 1 | (cd + kShift);
	m.put(0x03 | u64{9} << 32, 1);
	EXPECT_EQ(t, m.read(9, 0x2345).pa, kPa + 0x345);
	EXPECT(t, m.read(9, 0x3000).event == Event::F_TRANSLATION);
	auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
	EXPECT(t, e->cls() == Class::IN);
	EXPECT_EQ(t, e->ipa(), 0x6000);
	EXPECT_EQ(t, e->input(), 0x3000);
	// A table outside stage 2: class TT
	m.word(root1 + 8) = 0x8000 | 3;
	EXPECT(t, m.read(9, u64{1} << 39).event == Event::F_TRANSLATION);
	e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->cls() == Class::TT);
	EXPECT_EQ(t, e->ipa(), 0x8000);
	// A CD outside stage 2: class CD
	m.word(m.ste(9)) = 1 | 7u << 1 | 0x9000;
	m.put(0x03 | u64{9} << 32, 1);
	EXPECT(t, m.read(9, 0x2000).event == Event::F_TRANSLATION);
	e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
	EXPECT(t, e->cls() == Class::CD);
	EXPECT_EQ(t, m.violations, 0);
}

static void external_aborts(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	m.map(root, 0x1000, kPa | kPage1);
	const u64 l3 = m.slot(root, 0, 0, 2) & 0xfffffffff000;
	m.smmu.abort_memory(l3 + 8, l3 + 15);
	EXPECT(t, m.read(5, 0x1000).event == Event::F_WALK_EABT);
	auto e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->ipa(), l3 + 8);
	EXPECT(t, e->cls() == Class::TT);
	const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
	m.smmu.abort_memory(cd, cd + 63);
	m.put(0x05 | u64{5} << 32, 1);
	EXPECT(t, faulted(m, m.read(5, 0x1000), Event::F_CD_FETCH));
	m.smmu.abort_memory(m.ste(8), m.ste(8));
	EXPECT(t, faulted(m, m.read(8, 0x1000), Event::F_STE_FETCH));
}

static void illegal_structures(test::Case &t)
{
	Machine &m = machine();
	struct {
		unsigned word;
		u64 set;
	} const ste[] = {
		{0, u64{20} << 59},            // S1CDMax above SSIDSIZE
		{1, u64{2} << 28},             // EATS split without stage 2
	}, cd[] = {
		{0, u64{3} << 6},              // TG0 reserved
		{0, 0x3f},                     // T0SZ 63
		{0, u64{1} << 15},             // ENDI
		{1, u64{1} << 50},             // TTB0 above IPS
	};

	for (const auto &bad : ste) {
		m.start();
		m.stage1_stream(5, 7);
		m.word(m.ste(5) + 8 * bad.word) |= bad.set;
		EXPECT(t, faulted(m, m.read(5, 0x1000), Event::C_BAD_STE));
		EXPECT_EQ(t, m.violations, 1);
	}
	for (const auto &bad : cd) {
		m.start();
		m.stage1_stream(5, 7);
		m.word((m.word(m.ste(5)) & 0xfffffffc0) + 8 * bad.word) |= bad.set;
		EXPECT(t, faulted(m, m.read(5, 0x1000), Event::C_BAD_CD));
		EXPECT_EQ(t, m.violations, 1);
	}
}

static void output_size(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
	m.word(cd) &= ~(u64{7} << 32); // IPS 32 bits
	m.map(root, 0x1000, 0x100000000 | kPage1);
	m.put(0x05 | u64{5} << 32, 1);
	EXPECT(t, faulted(m, m.read(5, 0x1000), Event::F_ADDR_SIZE));
}

static void buffers_cross_pages(test::Case &t)
{
	Machine &m = machine();
	std::array<u8, 8192> sent{}, back{};

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

TEST_SUITE(model_translate, TEST_CASE(gbpa_rules_while_disabled), TEST_CASE(stream_table_configs),
	   TEST_CASE(stage1_pages_and_blocks), TEST_CASE(stage1_other_granules),
	   TEST_CASE(upper_half_uses_ttb1), TEST_CASE(access_permissions),
	   TEST_CASE(hardware_updates_flags), TEST_CASE(substreams), TEST_CASE(two_level_cd_tables),
	   TEST_CASE(two_level_stream_table), TEST_CASE(stage2_and_concatenation),
	   TEST_CASE(nested_stages), TEST_CASE(external_aborts), TEST_CASE(illegal_structures),
	   TEST_CASE(output_size), TEST_CASE(buffers_cross_pages));
