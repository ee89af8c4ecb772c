// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's way to a context: stream tables, CD tables, substreams.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kIova = 0x12345678000;
constexpr u64 kPa = 0x4567890000;

}  // namespace

static void gbpa_rules_while_disabled(test::Case& t)
{
	Machine& m = machine();

	m.create();
	EXPECT(t, m.read(1, kIova).outcome == Outcome::kBypassed);
	m.smmu.write32(0x44, 1u << 31 | 1u << 20);
	EXPECT(t, m.read(1, kIova).outcome == Outcome::kAborted);
	EXPECT_EQ(t, m.smmu.stats().ste_fetches, 0);
	EXPECT_EQ(t, m.violations, 0);
}

static void stream_table_configs(test::Case& t)
{
	Machine& m = machine();

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

static void substreams(test::Case& t)
{
	Machine& m = machine();
	auto with = [&](u32 ssid) { return m.smmu.translate(1, ssid, 0x1000, {}); };

	m.start();
	// Four linear CDs; number 2 is the only valid one besides 0.
	const u64 root0 = m.stage1_stream(1, 1), root2 = m.page();
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	m.map(root0, 0x1000, 0x1110000 | kPage1);
	m.map(root2, 0x1000, 0x2220000 | kPage1);
	m.word(cd + 128) = m.word(cd) + (u64{1} << 48);
	m.word(cd + 136) = root2;
	EXPECT(t, faulted(m, with(0), Event::C_BAD_SUBSTREAMID));  // S1CDMax is 0
	m.word(m.ste(1)) |= u64{2} << 59;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT_EQ(t, with(0).pa, 0x1110000);
	EXPECT_EQ(t, with(2).pa, 0x2220000);
	EXPECT(t, faulted(m, with(1), Event::C_BAD_CD));
	EXPECT(t, with(4).event == Event::C_BAD_SUBSTREAMID);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->w[0], 0x08 | 4u << 12 | u64{1} << 32);               // no SSV in this one
	EXPECT(t, faulted(m, m.read(1, 0x1000), Event::F_STREAM_DISABLED));  // S1DSS 0
	m.word(m.ste(1) + 8) = 1;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, m.read(1, 0x1000).outcome == Outcome::kBypassed);
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x1000);
	m.word(m.ste(1) + 8) = 2;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT_EQ(t, m.smmu.translate(1, std::nullopt, 0x1000, {}).pa, 0x1110000);
	EXPECT(t, faulted(m, with(0), Event::F_STREAM_DISABLED));
	// A substream where stage 1 is off
	m.word(m.ste(2)) = 1 | 4u << 1;
	EXPECT(t, faulted(m, m.smmu.translate(2, 0, 0x1000, {}), Event::C_BAD_SUBSTREAMID));
}

static void two_level_cd_tables(test::Case& t)
{
	Machine& m = machine();

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
		EXPECT(t,
		       faulted(m, m.smmu.translate(fmt, 1, 0x7000, {}), Event::C_BAD_SUBSTREAMID));
	}
	EXPECT_EQ(t, m.violations, 0);
}

static void two_level_stream_table(test::Case& t)
{
	Machine& m = machine();

	m.create();
	const u64 l2 = m.page();
	m.smmu.write64(0x80, m.strtab);
	m.smmu.write32(0x88, 12 | 6u << 6 | 1u << 16);  // 4096 streams, 64 a table
	m.queues();
	m.invalidate_all();
	m.smmu.write32(0x20, 0xf);
	m.word(m.strtab + 8 * 3) = l2 | 5;  // Span 5: 16 STEs
	m.word(l2 + 64 * 15) = 1 | 4u << 1;
	EXPECT(t, m.read(3 * 64 + 15, 0x5000).ok());
	EXPECT(t, faulted(m, m.read(3 * 64 + 16, 0x5000), Event::C_BAD_STREAMID));
	EXPECT(t, faulted(m, m.read(2 * 64, 0x5000), Event::C_BAD_STREAMID));
	EXPECT(t, faulted(m, m.read(4096, 0x5000), Event::C_BAD_STREAMID));
	m.word(m.strtab + 8 * 4) = l2 | 8;  // more than SPLIT + 1
	EXPECT(t, faulted(m, m.read(4 * 64, 0x5000), Event::C_BAD_STREAMID));
	EXPECT_EQ(t, m.violations, 0);
}

static void external_aborts(test::Case& t)
{
	Machine& m = machine();

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

static void illegal_structures(test::Case& t)
{
	Machine& m = machine();
	struct {
		unsigned word;
		u64 set;
	} const ste[] =
		{
			{0, u64{20} << 59},  // S1CDMax above SSIDSIZE
			{1, u64{2} << 28},   // EATS split without stage 2
		},
		cd[] = {
			{0, u64{3} << 6},   // TG0 reserved
			{0, 0x3f},          // T0SZ 63
			{0, u64{1} << 15},  // ENDI
			{1, u64{1} << 50},  // TTB0 above IPS
		};

	for (const auto& bad : ste) {
		m.start();
		m.stage1_stream(5, 7);
		m.word(m.ste(5) + 8 * bad.word) |= bad.set;
		EXPECT(t, faulted(m, m.read(5, 0x1000), Event::C_BAD_STE));
		EXPECT_EQ(t, m.violations, 1);
	}
	for (const auto& bad : cd) {
		m.start();
		m.stage1_stream(5, 7);
		m.word((m.word(m.ste(5)) & 0xfffffffc0) + 8 * bad.word) |= bad.set;
		EXPECT(t, faulted(m, m.read(5, 0x1000), Event::C_BAD_CD));
		EXPECT_EQ(t, m.violations, 1);
	}
}

TEST_SUITE(model_streams, TEST_CASE(gbpa_rules_while_disabled), TEST_CASE(stream_table_configs),
	   TEST_CASE(substreams), TEST_CASE(two_level_cd_tables), TEST_CASE(two_level_stream_table),
	   TEST_CASE(external_aborts), TEST_CASE(illegal_structures));
