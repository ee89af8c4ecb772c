// SPDX-License-Identifier: GPL-2.0-only
// Invalidations that are left out while the SMMU is off, and what it knows when it is on again.
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;
namespace reg = model::reg;

namespace {

constinit Client* the_client = nullptr;
constinit bool inside = false, moved = false;
constinit u32 move_at = 0;

// Another access, by a device that does not know of suspend: what is translated must be what is mapped.
void look(PowerBoard& board)
{
	const model::Dma done = board.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {});
	if (done.outcome == model::Outcome::kTranslated)
		EXPECT_EQ(board.t, done.pa, moved ? kPa + kPage : kPa);
}

// The page moves just before access number `move_at` of a suspend and a resume.
void move_page(PowerBoard& board, u32 number, bool)
{
	if (inside)
		return;
	inside = true;
	// publish() waits for its own PROD: no other submission fits in there.
	const u32 offset = board.last_access.offset;
	const bool publishing = board.last_access.write &&
				(offset == reg::CMDQ_PROD ||
				 (offset >= kEcmdqPages && offset % 16 == model::ecmdq::PROD));
	if (!moved && number >= move_at && !publishing) {
		EXPECT(board.t, the_client->space.unmap(kIova, kPage));
		the_client->space.map(kIova, kPa + kPage, kPage);
		moved = true;
	}
	look(board);
	inside = false;
}

void page_moves_at_every_access_of(Case& t, const Setup& setup, bool retain)
{
	for (move_at = 0;; move_at++) {
		PowerBoard board(t, setup);
		Client client(board);
		client.space.map(kIova, kPa, kPage);
		EXPECT_EQ(t, board.reach(kIova), kPa);
		the_client = &client;
		inside = moved = false;
		board.take_counts();
		board.on_access = move_page;
		ASSERT(t, board.down(retain));
		ASSERT_EQ(t, board.wake(), 0);
		board.on_access = nullptr;
		if (!moved)
			break;
		EXPECT_EQ(t, board.reach(kIova), kPa + kPage);
		EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
	}
	EXPECT(t, move_at > 40);
}

// Elisions that are traced are found by issue(), the others before a command is built.
void page_moves_at_every_access(Case& t, const Setup& setup, bool retain)
{
	const bool traced = smmu_shim_traces_elisions;
	for (bool traces : {false, true}) {
		smmu_shim_traces_elisions = traces;
		page_moves_at_every_access_of(t, setup, retain);
	}
	smmu_shim_traces_elisions = traced;
}

void page_moves_at_every_access_and_power_is_lost(Case& t)
{
	page_moves_at_every_access(t, {}, false);
	page_moves_at_every_access(t, register_setup(), false);
	page_moves_at_every_access(t, with_ecmdqs(), false);
}

void page_moves_at_every_access_and_power_is_kept(Case& t)
{
	page_moves_at_every_access(t, {}, true);
}

void page_moves_at_every_access_and_caches_are_kept(Case& t)
{
	Setup setup;
	setup.options.keeps_caches = true;
	page_moves_at_every_access(t, setup, false);
}

void what_is_left_out_is_counted(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	ASSERT(t, board.down());
	const smmu_stats before = board.stats();
	for (u32 i = 0; i < 10; i++)
		smmu_core_flush_domain(client.space.domain);
	client.space.flush(0, u64{1} << 30, kPage);
	const smmu_stats after = board.stats();
	EXPECT_EQ(t, after.elided, before.elided + 11);
	EXPECT_EQ(t, after.commands, before.commands);
	EXPECT_EQ(t, after.sync_timeouts, 0);
	ASSERT_EQ(t, board.wake(), 0);
	smmu_core_flush_domain(client.space.domain);
	EXPECT_EQ(t, board.stats().elided, after.elided);
}

// The old IOVA faults, and says so, and the new one works: after every one of a thousand wakes.
void old_faults_and_new_works(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2}) {
		PowerBoard board(t);
		Space space(board, stage);
		Device device(board, {PowerBoard::kSid});
		EXPECT_EQ(t, device.attach(space), 0);
		u64 iova = kIova;
		space.map(iova, kPa, kPage);
		for (u32 i = 0; i < 1000; i++) {
			EXPECT_EQ(t, board.reach(iova), kPa + i * kPage);
			ASSERT(t, board.down(i % 2));
			EXPECT(t, space.unmap(iova, kPage));
			const u64 old = iova;
			iova = kIova + (i + 1) % 64 * kPage;
			space.map(iova, kPa + (i + 1) * kPage, kPage);
			ASSERT_EQ(t, board.wake(), 0);
			const u32 events = board.reports.events;
			EXPECT_EQ(t, board.reach(old), ~u64{0});
			EXPECT_EQ(t, board.reports.events, events + 1);
		}
	}
}

// Attach, detach and a new level of the stream table, all of it while off.
void configuration_changes_while_off(Case& t)
{
	Setup setup;
	setup.options.keeps_caches = true;
	PowerBoard board(t, setup);
	Client client(board);
	client.space.map(kIova, kPa, kPage);
	for (u32 i = 0; i < 50; i++) {
		const u32 sid = 300 * (i + 1);
		EXPECT_EQ(t, board.reach(kIova), kPa);
		EXPECT(t, board.blocked(sid, kIova));  // without a driver, and cached as such
		ASSERT(t, board.down(i % 2));
		EXPECT_EQ(t, client.device.attach_blocked(), 0);
		Device late(board, {sid});
		EXPECT_EQ(t, late.error, 0);
		EXPECT_EQ(t, late.attach(client.space), 0);
		ASSERT_EQ(t, board.wake(), 0);
		EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
		EXPECT_EQ(t, board.reach(kIova, sid), kPa);
		ASSERT(t, board.down(i % 3));
		EXPECT_EQ(t, client.device.attach(client.space), 0);
		late.destroy();
		ASSERT_EQ(t, board.wake(), 0);
		EXPECT(t, board.blocked(sid, kIova));
	}
	EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
}

}  // namespace

TEST_SUITE(elision, TEST_CASE(page_moves_at_every_access_and_power_is_lost),
	   TEST_CASE(page_moves_at_every_access_and_power_is_kept),
	   TEST_CASE(page_moves_at_every_access_and_caches_are_kept),
	   TEST_CASE(what_is_left_out_is_counted), TEST_CASE(old_faults_and_new_works),
	   TEST_CASE(configuration_changes_while_off));
