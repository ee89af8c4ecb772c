// SPDX-License-Identifier: GPL-2.0-only
// Attaching, detaching and replacing: every ordered pair of translations, with DMA at every moment that
// the SMMU could see.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr u64 kIova = 0x123'0000;  // a multiple of 64 KiB
constexpr u32 kSids[] = {9, 0x1234};

enum Kind { kBlocked, kIdentity, kStage1A, kStage1B, kStage2, kKinds };

struct Bench {
	Bench(Case& the_case, const Setup& setup, u32 ssid_bits)
		: t(the_case),
		  board(the_case, setup),
		  setup_done(power_up(board)),
		  a(board),
		  b(board),
		  c(board, SMMU_STAGE_2),
		  device(board, {kSids[0], kSids[1]}, ssid_bits)
	{
		EXPECT_EQ(t, device.error, 0);
		EXPECT(t, a.map(kIova, target(kStage1A), a.page()));
		EXPECT(t, b.map(kIova, target(kStage1B), b.page()));
		EXPECT(t, c.map(kIova, target(kStage2), c.page()));
	}

	static bool power_up(Board& board)
	{
		board.step_on_poll = true;
		board.up();
		return true;
	}

	// Where DMA to kIova ends up.
	static u64 target(Kind kind)
	{
		return kind == kIdentity ? kIova : kIova + u64{0x1000'0000} * kind;
	}

	int change(Kind to)
	{
		switch (to) {
		case kBlocked:
			return device.attach_blocked();
		case kIdentity:
			return device.attach_identity();
		default:
			return device.attach(to == kStage1A ? a : to == kStage1B ? b : c);
		}
	}

	// By one device's two streams: the old translation, the new one or none; never back to the old.
	void look()
	{
		for (u32 i = 0; i < 2; i++) {
			const Dma dma = board.smmu.translate(kSids[i], std::nullopt, kIova, {});
			looks++;
			refused += !dma.ok();
			if (!dma.ok())
				continue;
			const bool is_new = goal != kBlocked && dma.pa == target(goal);
			const bool is_old = source != kBlocked && dma.pa == target(source);
			EXPECT(t, is_new || is_old);
			EXPECT(t, is_new || !seen_new[i]);
			seen_new[i] = seen_new[i] || (is_new && !is_old);
		}
	}

	void expect_settled(Kind kind)
	{
		for (u32 sid : kSids) {
			const Dma dma = board.dma(sid, kIova);
			EXPECT_EQ(t, dma.ok(), kind != kBlocked);
			if (dma.ok())
				EXPECT_EQ(t, dma.pa, target(kind));
			EXPECT_EQ(t, dma.outcome == Outcome::kBypassed, kind == kIdentity);
		}
		board.drain();
	}

	void replace(Kind from, Kind to)
	{
		source = from;
		goal = to;
		EXPECT_EQ(t, change(from), 0);
		expect_settled(from);
		seen_new[0] = seen_new[1] = false;
		looks = refused = 0;
		board.boundary_context = this;
		board.boundary = [](void* context) { static_cast<Bench*>(context)->look(); };
		EXPECT_EQ(t, change(to), 0);
		board.boundary = nullptr;
		expect_settled(to);
	}

	Case& t;
	Board board;
	bool setup_done;
	Space a, b, c;
	Device device;
	Kind source = kBlocked, goal = kBlocked;
	bool seen_new[2]{};
	u32 looks = 0, refused = 0;
};

Setup stepped(Setup setup)
{
	setup.options.deferred = true;
	return setup;
}

void every_pair(Case& t, const Setup& setup, u32 ssid_bits)
{
	Bench bench(t, stepped(setup), ssid_bits);
	for (int from = 0; from < kKinds; from++)
		for (int to = 0; to < kKinds; to++) {
			bench.replace(static_cast<Kind>(from), static_cast<Kind>(to));
			// Something was observed, unless there is nothing to change.
			EXPECT(t, from == to || bench.looks >= 4);
			// Bits of one doubleword: no transaction is lost on the way.
			const bool switches = (from == kIdentity || to == kIdentity) &&
					      from != kBlocked && to != kBlocked;
			EXPECT(t, !switches || !bench.refused);
		}
	EXPECT_EQ(t, bench.board.stats().sync_timeouts, 0);
}

void pairs(Case& t)
{
	every_pair(t, test::register_setup(), 0);
}

void pairs_by_event(Case& t)
{
	every_pair(t, test::event_setup(), 0);
}

void pairs_with_few_substreams(Case& t)
{
	every_pair(t, test::register_setup(), 5);
}

void pairs_with_two_level_cd_table(Case& t)
{
	every_pair(t, test::register_setup(), 12);
}

void pairs_with_many_substreams_in_one_level(Case& t)
{
	every_pair(t, test::with_idr0(test::register_setup(), 1u << 19, 0), 12);
}

void pairs_with_linear_stream_table(Case& t)
{
	Setup setup = test::with_idr0(test::register_setup(), 3u << 27, 0);
	setup.ids.idr1 = (setup.ids.idr1 & ~0x3fu) | 13;
	every_pair(t, setup, 5);
}

void pairs_at_el2(Case& t)
{
	Setup setup = test::register_setup();
	setup.platform.vhe = true;
	every_pair(t, setup, 0);
}

void pairs_without_el2(Case& t)
{
	every_pair(t, test::with_idr0(test::register_setup(), 1u << 9, 0), 0);
}

void pairs_with_16k(Case& t)
{
	Setup setup = test::register_setup();
	setup.ids.idr5 = 5 | 0x20;
	every_pair(t, setup, 0);
}

void pairs_with_64k_and_52_bits(Case& t)
{
	Setup setup = test::register_setup();
	setup.ids.idr5 = 6 | 0x40;
	every_pair(t, setup, 5);
}

void pairs_not_coherent(Case& t)
{
	Setup setup = test::with_idr0(test::register_setup(), 1u << 4, 0);
	setup.platform.coherent = false;
	every_pair(t, setup, 0);
}

void pairs_with_forced_stalls(Case& t)
{
	every_pair(t, test::with_idr0(test::register_setup(), 3u << 24, 2u << 24), 0);
}

void pairs_with_small_ids(Case& t)
{
	Setup setup = test::with_idr0(test::register_setup(), 1u << 12 | 1u << 18, 0);
	setup.ids.idr3 = 0;  // no range invalidation
	setup.options.cache_valid_only = true;
	every_pair(t, setup, 0);
}

// The same without looking on the way, completed by messages.
void pairs_by_message(Case& t)
{
	Bench bench(t, Setup{}, 0);
	for (int from = 0; from < kKinds; from++)
		for (int to = 0; to < kKinds; to++)
			bench.replace(static_cast<Kind>(from), static_cast<Kind>(to));
}

void two_masters_share_a_domain(Case& t)
{
	Board board(t);
	board.up();
	Space space(board), other(board);
	Device one(board, {1, 2}), two(board, {3}, 5);
	ASSERT(t, space.map(kIova, 0x7000'0000, 0x1000));
	ASSERT_EQ(t, one.attach(space), 0);
	ASSERT_EQ(t, two.attach(space), 0);
	for (u32 sid : {1u, 2u, 3u})
		EXPECT_EQ(t, board.dma(sid, kIova).pa, 0x7000'0000);
	ASSERT_EQ(t, one.attach(other), 0);
	EXPECT(t, board.blocked(1, kIova) && board.blocked(2, kIova));
	EXPECT_EQ(t, board.dma(3, kIova).pa, 0x7000'0000);
	EXPECT(t, space.unmap(kIova, 0x1000));
	EXPECT(t, board.blocked(3, kIova));
	ASSERT_EQ(t, one.attach(space), 0);
	ASSERT(t, space.map(kIova, 0x6000'0000, 0x1000));
	for (u32 sid : {1u, 2u, 3u})
		EXPECT_EQ(t, board.dma(sid, kIova).pa, 0x6000'0000);
}

void many_streams(Case& t)
{
	Board board(t);
	board.up();
	Space a(board), b(board);
	ASSERT(t, a.map(kIova, 0x7000'0000, 0x1000) && b.map(kIova, 0x6000'0000, 0x1000));
	static u32 sids[150];
	for (u32 i = 0; i < 150; i++)
		sids[i] = 100 * i;
	smmu_master* master = nullptr;
	ASSERT_EQ(t, smmu_core_master_create(board.core, test_device(), sids, 150, 0, &master), 0);
	for (u32 round = 0; round < 3; round++) {
		EXPECT_EQ(t, smmu_core_attach(master, a.domain), 0);
		for (u32 sid : sids)
			EXPECT_EQ(t, board.dma(sid, kIova).pa, 0x7000'0000);
		EXPECT_EQ(t, smmu_core_attach(master, b.domain), 0);
		for (u32 sid : sids)
			EXPECT_EQ(t, board.dma(sid, kIova).pa, 0x6000'0000);
	}
	smmu_core_master_destroy(master);
	for (u32 sid : sids)
		EXPECT(t, board.blocked(sid, kIova));
}

// A master that goes while it is attached leaves nothing behind.
void destroyed_while_attached(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	ASSERT(t, space.map(kIova, 0x7000'0000, 0x1000));
	for (u32 bits : {0u, 5u, 12u}) {
		Device device(board, {1}, bits);
		ASSERT_EQ(t, device.attach(space), 0);
		EXPECT(t, board.dma(1, kIova).ok());
		device.destroy();
		EXPECT(t, board.blocked(1, kIova));
		EXPECT(t, board.blocked(1, kIova));
	}
}

// An attach that the SMMU does not answer says so, and is in force as soon as it goes on.
void attaching_without_answer_takes_effect_later(Case& t)
{
	Bench bench(t, test::register_setup(), 5);
	for (int from = 0; from < kKinds; from++)
		for (int to = 0; to < kKinds; to++) {
			if (from == to)
				continue;
			EXPECT_EQ(t, bench.change(static_cast<Kind>(from)), 0);
			bench.expect_settled(static_cast<Kind>(from));
			test_clock_fake(true);
			bench.board.step_on_poll = false;
			bench.board.ns_per_poll = 100'000'000;
			bench.board.smmu.set_deferred(true);
			EXPECT_EQ(t, bench.change(static_cast<Kind>(to)), -110);
			bench.board.smmu.set_deferred(false);
			bench.board.ns_per_poll = 0;
			test_clock_fake(false);
			bench.expect_settled(static_cast<Kind>(to));
		}
}

}  // namespace

TEST_SUITE(master, TEST_CASE(pairs), TEST_CASE(pairs_by_event),
	   TEST_CASE(pairs_with_few_substreams), TEST_CASE(pairs_with_two_level_cd_table),
	   TEST_CASE(pairs_with_many_substreams_in_one_level),
	   TEST_CASE(pairs_with_linear_stream_table), TEST_CASE(pairs_at_el2),
	   TEST_CASE(pairs_without_el2), TEST_CASE(pairs_with_16k),
	   TEST_CASE(pairs_with_64k_and_52_bits), TEST_CASE(pairs_not_coherent),
	   TEST_CASE(pairs_with_forced_stalls), TEST_CASE(pairs_with_small_ids),
	   TEST_CASE(pairs_by_message), TEST_CASE(two_masters_share_a_domain),
	   TEST_CASE(many_streams), TEST_CASE(destroyed_while_attached),
	   TEST_CASE(attaching_without_answer_takes_effect_later));
