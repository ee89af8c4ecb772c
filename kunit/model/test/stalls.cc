// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's stalled transactions and page requests.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

static void stalling_stream(Machine& m)
{
	m.stage1_stream(5, 7);
	m.word(m.word(m.ste(5)) & 0xfffffffc0) |= u64{1} << 44;  // S
}

static void stalled_until_resumed(test::Case& t)
{
	Machine& m = machine();

	m.start();
	stalling_stream(m);
	Dma d[4];
	for (unsigned i = 0; i < 4; i++) {
		d[i] = m.read(5, 0x1000 * i);
		EXPECT(t, d[i].outcome == Outcome::kStalled);
		const auto e = m.event();
		ASSERT(t, e);
		EXPECT(t, e->stall());
		EXPECT_EQ(t, e->stag(), d[i].stag);
		EXPECT(t, m.smmu.stall(d[i].stag) == StallState::kWaiting);
	}
	m.put(0x44 | u64{5} << 32 | 1u << 12, d[0].stag);
	m.put(0x44 | u64{5} << 32 | 1u << 13, d[1].stag);
	m.put(0x44 | u64{5} << 32, d[2].stag);
	EXPECT(t, m.smmu.stall(d[0].stag) == StallState::kRetry);
	EXPECT(t, m.smmu.stall(d[1].stag) == StallState::kAbort);
	EXPECT(t, m.smmu.stall(d[2].stag) == StallState::kRazWi);
	EXPECT_EQ(t, m.violations, 0);
	m.put(0x44 | u64{5} << 32, d[2].stag);
	EXPECT_EQ(t, m.violations, 1);
	m.put(0x44 | u64{6} << 32, d[3].stag);  // another stream's
	EXPECT_EQ(t, m.violations, 2);
	m.put(0x45 | u64{6} << 32);
	EXPECT(t, m.smmu.stall(d[3].stag) == StallState::kWaiting);
	EXPECT_EQ(t, m.smmu.stalled(5), 1);
	const u64 ste = m.word(m.ste(5));
	m.word(m.ste(5)) = 1;
	m.put(0x03 | u64{5} << 32, 1);
	m.put(0x45 | u64{5} << 32);
	EXPECT(t, m.smmu.stall(d[3].stag) == StallState::kAbort);
	EXPECT_EQ(t, m.violations, 2);
	EXPECT_EQ(t, m.smmu.stalled(), 0);
	m.word(m.ste(5)) = ste;
	m.put(0x03 | u64{5} << 32, 1);
	d[0] = m.read(5, 0x8000);
	EXPECT(t, d[0].outcome == Outcome::kStalled);
	m.put(0x45 | u64{5} << 32);  // of a stream that translates
	EXPECT_EQ(t, m.violations, 3);
	d[0] = m.read(5, 0x8000);
	m.smmu.write32(0x20, 0xe);  // SMMUEN off ends them all
	EXPECT(t, m.smmu.stall(d[0].stag) == StallState::kAbort);
}

// Stage 2 stalls by STE.S2S, whatever the CD says; TERM_MODEL takes RAZ/WI away.
static void stage2_stalls(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	ids.idr0 |= 1u << 26;
	m.start(ids);
	m.stage2_stream(9, 3);
	m.word(m.ste(9) + 16) |= u64{1} << 57;
	m.put(0x03 | u64{9} << 32, 1);
	const Dma d = m.read(9, 0x1000);
	EXPECT(t, d.outcome == Outcome::kStalled);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->stall());
	EXPECT(t, e->s2());
	m.put(0x44 | u64{9} << 32, d.stag);
	EXPECT(t, m.smmu.stall(d.stag) == StallState::kAbort);
}

static void stall_records_wait_for_room(test::Case& t)
{
	Machine& m = machine();

	m.start();
	stalling_stream(m);
	for (unsigned i = 0; i < 16; i++)
		m.read(20, i);
	const Dma d = m.read(5, 0x1000);
	EXPECT(t, d.outcome == Outcome::kStalled);
	EXPECT(t, !d.recorded);
	EXPECT_EQ(t, m.smmu.read32(0x100a8) >> 31, 0);  // nothing is lost
	for (unsigned i = 0; i < 16; i++)
		EXPECT(t, m.event()->type() == Event::C_BAD_STE);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->stall());
	EXPECT_EQ(t, e->stag(), d.stag);
}

// Those beyond STALL_MAX wait without a record.
static void no_more_than_stall_max_are_reported(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	ids.idr5 |= 2u << 16;
	m.start(ids);
	stalling_stream(m);
	Dma d[4];
	for (unsigned i = 0; i < 4; i++) {
		d[i] = m.read(5, 0x1000 * i);
		EXPECT(t, d[i].outcome == Outcome::kStalled);
		EXPECT_EQ(t, d[i].recorded, i < 2);
	}
	EXPECT_EQ(t, m.event()->stag(), d[0].stag);
	EXPECT_EQ(t, m.event()->stag(), d[1].stag);
	EXPECT(t, !m.event());
	m.put(0x44 | u64{5} << 32 | 1u << 13, d[1].stag);
	EXPECT_EQ(t, m.event()->stag(), d[2].stag);
	EXPECT(t, !m.event());
	EXPECT_EQ(t, m.smmu.stalled(5), 3);
	m.put(0x44 | u64{5} << 32 | 1u << 13, d[3].stag);  // not reported
	EXPECT_EQ(t, m.violations, 1);
}

// What has no record is tried under the configuration of then.
static void stalls_without_a_record_are_tried_again(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(5, 7);
	u64& cd = m.word(m.word(m.ste(5)) & 0xfffffffc0);
	cd |= u64{1} << 44;
	for (unsigned i = 0; i < 16; i++)
		m.read(20, i);
	const Dma mapped = m.read(5, 0x1000), gone = m.read(5, 0x2000);
	EXPECT(t, mapped.outcome == Outcome::kStalled && gone.outcome == Outcome::kStalled);
	m.map(root, 0x1000, m.page() | kPage1);
	cd &= ~(u64{1} << 44);
	m.put(0x05 | u64{5} << 32, 1);
	m.sync();
	for (unsigned i = 0; i < 16; i++)
		EXPECT(t, m.event()->type() == Event::C_BAD_STE);
	EXPECT(t, m.smmu.stall(mapped.stag) == StallState::kRetry);
	EXPECT(t, m.smmu.stall(gone.stag) == StallState::kAbort);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, !e->stall());
	EXPECT(t, !m.event());
	EXPECT_EQ(t, m.violations, 0);
}

static void page_requests(test::Case& t)
{
	Machine& m = machine();

	m.start();
	EXPECT(t, m.smmu.page_request(5, 9, 0x1234567000, 0x1ff, true, {.write = true}));
	EXPECT_EQ(t, m.word(m.priq), 5 | u64{9} << 32 | u64{1} << 61 | u64{3} << 62);
	EXPECT_EQ(t, m.word(m.priq + 8), 0x1234567000 | 0x1ff);
	EXPECT_EQ(t, m.irqs[1], 1);
	for (unsigned i = 0; i < 15; i++)
		EXPECT(t, m.smmu.page_request(5, 9, 0, i, false, {}));
	EXPECT(t, !m.smmu.page_request(5, 9, 0, 1, true, {}));
	EXPECT_EQ(t, m.smmu.read32(0x100c8) >> 31, 1);
	EXPECT_EQ(t, m.smmu.stats().pri_auto_responses, 1);
	// Room alone does not end an overflow
	m.smmu.write32(0x100cc, 4);
	EXPECT(t, !m.smmu.page_request(5, 9, 0, 1, false, {}));
	m.smmu.write32(0x100cc, 4 | 1u << 31);
	EXPECT(t, m.smmu.page_request(5, 9, 0, 1, false, {}));
	m.put(0x41 | u64{5} << 32 | 1u << 11 | 9u << 12, 0x1ff | 2u << 12);
	EXPECT_EQ(t, m.smmu.stats().ops[0x41], 1);
	EXPECT_EQ(t, m.violations, 0);
}

// PRIQ_IRQ_CFG2.LO: an interrupt for the last of a group, not for the first in the queue.
static void last_only_interrupts(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.write32(0x50, 5);
	m.smmu.write32(0xdc, 1u << 31);
	m.smmu.write32(0x50, 7);
	m.smmu.page_request(5, std::nullopt, 0x1000, 1, false, {});
	EXPECT_EQ(t, m.irqs[1], 0);
	m.smmu.page_request(5, std::nullopt, 0x2000, 1, true, {});
	EXPECT_EQ(t, m.irqs[1], 1);
}

static void injected_and_translated(test::Case& t)
{
	Machine& m = machine();

	m.start();
	EXPECT(t, m.smmu.inject_event({{0x24 | u64{3} << 32, 1, 2, 3}}));
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->type() == Event::E_PAGE_REQUEST);
	EXPECT_EQ(t, e->w[3], 3);
	m.word(m.ste(1)) = 1 | 4u << 1;
	EXPECT(t, m.smmu.translated_access(1, 0x5000, {}).ok());  // ATSCHK is 0
	m.smmu.write32(0x20, 0x1f);
	EXPECT(t, m.smmu.translated_access(1, 0x5000, {}).event == Event::F_TRANSL_FORBIDDEN);
	m.stage1_stream(2, 7);
	m.word(m.ste(2) + 8) = u64{1} << 28;
	m.put(0x03 | u64{2} << 32, 1);
	EXPECT(t, m.smmu.translated_access(2, 0x5000, {}).ok());
	m.word(m.ste(2) + 8) = 0;
	m.put(0x03 | u64{2} << 32, 1);
	EXPECT(t, m.smmu.translated_access(2, 0x5000, {}).event == Event::F_TRANSL_FORBIDDEN);
}

TEST_SUITE(model_stalls, TEST_CASE(stalled_until_resumed), TEST_CASE(stage2_stalls),
	   TEST_CASE(stall_records_wait_for_room), TEST_CASE(no_more_than_stall_max_are_reported),
	   TEST_CASE(stalls_without_a_record_are_tried_again), TEST_CASE(page_requests),
	   TEST_CASE(last_only_interrupts), TEST_CASE(injected_and_translated));
