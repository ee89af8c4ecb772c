// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's events: records bit by bit, overflow, interrupts, global errors.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

static void record_layout(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.stage1_stream(5, 7);
	m.word(m.ste(5)) |= u64{3} << 59;
	m.word(m.ste(5) + 8) = 2;
	m.put(0x03 | u64{5} << 32, 1);
	// F_TRANSLATION of a privileged write
	m.smmu.translate(5, std::nullopt, 0x123456789a, {.write = true, .priv = true});
	auto e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->w[0], 0x10 | u64{5} << 32);
	EXPECT_EQ(t, e->w[1], u64{1} << 33 | u64{2} << 40);
	EXPECT_EQ(t, e->w[2], 0x123456789a);
	EXPECT_EQ(t, e->w[3], 0);
	// A write is never an instruction fetch
	m.smmu.translate(5, std::nullopt, 0x1000, {.write = true, .instr = true});
	e = m.event();
	ASSERT(t, e);
	EXPECT(t, !e->ind());
	// Of an instruction fetch with a substream: C_BAD_CD has no access fields
	m.smmu.translate(5, 3, 0x1000, {.instr = true});
	e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->w[0], 0x0a | 1u << 11 | 3u << 12 | u64{5} << 32);
	EXPECT_EQ(t, e->w[1] | e->w[2] | e->w[3], 0);
	m.read(5, 0x2000);
	e = m.event();
	ASSERT(t, e);
	EXPECT_EQ(t, e->w[1], u64{1} << 35 | u64{2} << 40);
}

static void bad_streams_need_recinvsid(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.write32(0x20, 0xe);
	m.smmu.write32(0x2c, 0);
	m.smmu.write32(0x20, 0xf);
	EXPECT(t, m.read(1000, 0).event == Event::C_BAD_STREAMID);
	EXPECT(t, !m.event());
}

static void silent_when_told(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.stage1_stream(5, 7);
	const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
	m.word(cd) &= ~(u64{1} << 45);  // R
	EXPECT(t, m.read(5, 0x1000).outcome == Outcome::kAborted);
	EXPECT(t, !m.event());
	m.word(cd) &= ~(u64{1} << 46);  // A
	m.put(0x05 | u64{5} << 32, 1);
	EXPECT(t, m.read(5, 0x1000).outcome == Outcome::kRazWi);
	EXPECT(t, !m.event());
}

static void overflow_is_flagged_once(test::Case& t)
{
	Machine& m = machine();

	m.start();
	for (unsigned i = 0; i < 16; i++)
		EXPECT(t, m.read(20, i).recorded);
	EXPECT_EQ(t, m.smmu.read32(0x100a8), 16);
	EXPECT(t, !m.read(20, 0).recorded);
	EXPECT_EQ(t, m.smmu.read32(0x100a8), 16 | 1u << 31);
	EXPECT(t, !m.read(20, 0).recorded);
	EXPECT_EQ(t, m.smmu.read32(0x100a8), 16 | 1u << 31);
	EXPECT_EQ(t, m.smmu.stats().events_lost, 2);
	EXPECT_EQ(t, m.irqs[0], 1);  // empty to non-empty, once
	// Drained and acknowledged
	m.eventq_cons = 16 | 1u << 31;
	m.smmu.write32(0x100ac, m.eventq_cons);
	EXPECT(t, m.read(20, 0).recorded);
	EXPECT_EQ(t, m.irqs[0], 2);
	EXPECT(t, m.event());
	for (unsigned i = 0; i < 17; i++)
		m.read(20, i);
	EXPECT_EQ(t, m.smmu.read32(0x100a8) >> 31, 0);  // toggled back
	EXPECT_EQ(t, m.violations, 0);
}

static void cons_must_follow_prod(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.read(20, 0);
	m.smmu.write32(0x100ac, 2);
	EXPECT_EQ(t, m.violations, 1);
}

static void interrupts_by_message(test::Case& t)
{
	Machine& m = machine();

	m.create();
	const u64 at = m.page();
	m.enable();
	m.smmu.write32(0x50, 0);
	m.smmu.write64(0x68, at);
	m.smmu.write32(0x70, 0x11);
	m.smmu.write64(0xb0, at + 8);
	m.smmu.write32(0xb8, 0x22);
	m.smmu.write64(0xd0, at + 16);
	m.smmu.write32(0xd8, 0x33);
	m.smmu.write32(0x50, 7);
	m.read(20, 0);
	EXPECT_EQ(t, m.word(at + 8), 0x22);
	m.put(0x77);
	EXPECT_EQ(t, m.word(at), 0x11);
	EXPECT(t, m.smmu.page_request(1, std::nullopt, 0x1000, 1, true, {}));
	EXPECT_EQ(t, m.word(at + 16), 0x33);
	EXPECT_EQ(t, m.irqs[0] + m.irqs[1] + m.irqs[3], 0);
	EXPECT_EQ(t, m.violations, 0);
}

static void disabled_interrupts_are_not_pended(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.write32(0x50, 0);
	m.read(20, 0);
	m.put(0x77);
	EXPECT_EQ(t, m.irqs[0] + m.irqs[3], 0);
	m.smmu.write32(0x50, 7);
	EXPECT_EQ(t, m.irqs[0] + m.irqs[3], 0);
	EXPECT_EQ(t, m.active_gerror(), 1);
}

static void aborted_writes_raise_gerror(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.abort_memory(m.eventq, m.eventq + 4095);
	m.read(20, 0);
	EXPECT_EQ(t, m.active_gerror(), 1u << 2);
	m.smmu.abort_memory(m.priq, m.priq + 4095);
	m.smmu.page_request(1, std::nullopt, 0x1000, 1, true, {});
	EXPECT_EQ(t, m.active_gerror(), 3u << 2);
	m.smmu.clear_aborts();
	// Delivery stays stopped until the error is acknowledged
	EXPECT(t, !m.read(20, 0).recorded);
	EXPECT(t, !m.smmu.page_request(1, std::nullopt, 0x1000, 1, true, {}));
	EXPECT_EQ(t, m.smmu.read32(0x100a8) | m.smmu.read32(0x100c8), 0);
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	m.smmu.write32(0x50, 0);
	m.smmu.write64(0xb0, 0x1000);
	m.smmu.write64(0x68, 0x1000);
	m.smmu.write32(0x50, 7);
	m.read(20, 0);
	EXPECT_EQ(t, m.active_gerror(), 1u << 5 | 1u << 7);
	EXPECT_EQ(t, m.smmu.msis().total(), 2);  // none about the message that failed
}

TEST_SUITE(model_events, TEST_CASE(record_layout), TEST_CASE(bad_streams_need_recinvsid),
	   TEST_CASE(silent_when_told), TEST_CASE(overflow_is_flagged_once),
	   TEST_CASE(cons_must_follow_prod), TEST_CASE(interrupts_by_message),
	   TEST_CASE(disabled_interrupts_are_not_pended), TEST_CASE(aborted_writes_raise_gerror));
