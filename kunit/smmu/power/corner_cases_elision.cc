// SPDX-License-Identifier: GPL-2.0-only
// The corner cases of Documentation/corner_cases.rst, by their numbers: what elision must not lose.
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;

namespace {

// The TLB and the configuration cache may outlive power: what was left out is made up for.
void case_13_resume_forgets_what_was_left_out(Case& t)
{
	Setup setup;
	setup.options.keeps_caches = true;
	PowerBoard board(t, setup);
	Client client(board);
	Space other(board);
	client.space.map(kIova, kPa, kPage);
	other.map(kIova, kPa + 0x10000, kPage);
	for (u32 i = 0; i < 20; i++) {
		EXPECT_EQ(t, board.reach(kIova), i % 2 ? kPa + 0x10000 : kPa);
		ASSERT(t, board.down());
		EXPECT_EQ(t, client.device.attach(i % 2 ? client.space : other), 0);
		ASSERT_EQ(t, board.wake(), 0);
	}
	EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
}

// ATS is not enabled for any device, so there is no cache that resume could miss.
void case_14_translated_traffic_is_refused(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	client.space.map(kIova, kPa, kPage);
	EXPECT(t, !board.smmu.translated_access(PowerBoard::kSid, kPa, {}).ok());
	ASSERT(t, board.cycle());
	EXPECT(t, !board.smmu.translated_access(PowerBoard::kSid, kPa, {}).ok());
	EXPECT_EQ(t, board.ops(model::Op::ATC_INV), 0);
	board.drain();
}

// SMMUEN's fall ends what is stalled; an answer then could meet another transaction's tag.  The model
// complains of one, and of power that goes while something is stalled.
void case_15_stalls_end_and_are_reported_at_suspend(Case& t)
{
	PowerBoard board(t, with_idr0(Setup{}, 3u << 24, 2u << 24));
	Client client(board);
	const model::Dma stalled = board.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {});
	ASSERT_EQ(t, stalled.outcome, model::Outcome::kStalled);
	board.reports.events = 0;
	ASSERT(t, board.down());
	EXPECT_EQ(t, board.reports.events, 1);
	EXPECT(t, board.reports.last_event.stall);
	EXPECT(t, board.reports.last_client == client.device.handle());
	EXPECT_EQ(t, board.ops(model::Op::RESUME), 0);
	ASSERT_EQ(t, board.wake(), 0);
	// A new one is answered.
	EXPECT_EQ(t, board.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {}).outcome,
		  model::Outcome::kStalled);
	board.drain();
	EXPECT_EQ(t, board.ops(model::Op::RESUME), 1);
}

// An ASID is given to another domain at once, though its invalidation was left out.
void case_16_asid_of_a_domain_destroyed_while_off(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2})
		for (bool retain : {false, true}) {
			Setup setup;
			setup.options.keeps_caches = true;
			PowerBoard board(t, setup);
			Device device(board, {PowerBoard::kSid});
			Space old(board, stage);
			old.map(kIova, kPa, kPage);
			EXPECT_EQ(t, device.attach(old), 0);
			EXPECT_EQ(t, board.reach(kIova), kPa);
			ASSERT(t, board.down(retain));
			EXPECT_EQ(t, device.attach_blocked(), 0);
			old.destroy();
			Space next(board, stage);  // the lowest free number: the same
			next.map(kIova + kPage, kPa + kPage, kPage);
			EXPECT_EQ(t, device.attach(next), 0);
			ASSERT_EQ(t, board.wake(), 0);
			EXPECT_EQ(t, board.reach(kIova), ~u64{0});
			EXPECT_EQ(t, board.reach(kIova + kPage), kPa + kPage);
			EXPECT_EQ(t, device.attach_blocked(), 0);
		}
}

// Tables are freed with the SMMU off but powered: it must not fetch from them any more.
void case_17_tables_freed_while_off_are_not_read(Case& t)
{
	PowerBoard board(t);
	board.smmu.delay_ack(model::Ack::kCr0, 5);
	for (u32 i = 0; i < 20; i++) {
		{
			Client client(board);
			client.space.map(kIova, kPa, kPage);
			EXPECT_EQ(t, board.reach(kIova), kPa);
			ASSERT_EQ(t, board.suspend(), 0);
		}
		const u64 fetches = board.smmu.stats().ste_fetches;
		EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
		EXPECT_EQ(t, board.smmu.stats().ste_fetches, fetches);
		EXPECT_EQ(t, board.smmu.regs().cr0ack & model::cr0::SMMUEN, 0);
		ASSERT_EQ(t, board.resume(), 0);
		EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	}
	EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
}

}  // namespace

TEST_SUITE(corner_cases_elision, TEST_CASE(case_13_resume_forgets_what_was_left_out),
	   TEST_CASE(case_14_translated_traffic_is_refused),
	   TEST_CASE(case_15_stalls_end_and_are_reported_at_suspend),
	   TEST_CASE(case_16_asid_of_a_domain_destroyed_while_off),
	   TEST_CASE(case_17_tables_freed_while_off_are_not_read));
