// SPDX-License-Identifier: GPL-2.0-only
// Each allocation fails in turn: the right error, nothing leaked, and the next attempt works.
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

constexpr int kNoMemory = -12;
constexpr u32 kSid = 9;
constexpr u64 kIova = 0x123'4000, kPa = 0x7000'0000;

// Let allocation 1, 2, 3 ... of `attempt` fail until it needs no more; each failure is -ENOMEM.  Returns how
// many there were.
template <class Attempt, class Undo>
u32 fail_each(Case& t, Attempt attempt, Undo undo)
{
	for (u32 nth = 1; nth < 100; nth++) {
		test_fail_alloc(nth);
		const int error = attempt();
		const bool failed = test_alloc_failed();
		test_fail_alloc(0);
		undo(error, failed);
		if (!failed) {
			EXPECT_EQ(t, error, 0);
			return nth - 1;
		}
	}
	EXPECT(t, false);
	return 0;
}

void create(Case& t)
{
	Board board(t);
	const u32 before = test_live_allocs();
	u32 survived = 0, refused = 0;
	const u32 allocations = fail_each(
		t, [&] { return board.create(); },
		[&](int error, bool failed) {
			EXPECT(t, error == 0 || error == kNoMemory);
			EXPECT_EQ(t, error == 0, board.core != nullptr);
			survived += failed && !error;
			refused += error != 0;
			// A queue that can't have its full size makes do with half of it.
			if (failed && !error) {
				const u32* entries = smmu_core_info(board.core)->queue_entries;
				EXPECT_EQ(t, entries[0] + entries[1] + entries[2], 256 + 256 + 128);
			}
			if (!failed)
				EXPECT_EQ(t, board.start(), 0);
			if (!failed)
				board.stop();
			board.destroy();
			EXPECT_EQ(t, test_live_allocs(), before);
		});
	EXPECT(t, allocations >= 12);
	EXPECT_EQ(t, survived, 3);
	EXPECT_EQ(t, test_log_count("failed to allocate queues"), refused);
}

void start(Case& t)
{
	Board board(t);
	ASSERT_EQ(t, board.create(), 0);
	test_fail_alloc(1);
	EXPECT_EQ(t, board.start(), 0);
	board.stop();
	EXPECT(t, !test_alloc_failed());
}

void master(Case& t)
{
	for (u32 ssid_bits : {0u, 5u, 12u}) {
		Board board(t);
		board.up();
		const u32 before = test_live_allocs();
		smmu_master* made = nullptr;
		constexpr u32 kSids[] = {kSid, 0x1234};
		const u32 allocations = fail_each(
			t,
			[&] {
				return smmu_core_master_create(board.core, test_device(), kSids, 2,
							       ssid_bits, &made);
			},
			[&](int error, bool failed) {
				EXPECT_EQ(t, error, failed ? kNoMemory : 0);
				EXPECT_EQ(t, made != nullptr, !failed);
				// Second-level stream tables stay.
				EXPECT(t, !failed || test_live_allocs() <= before + 2);
				EXPECT(t,
				       board.blocked(kSid, kIova) && board.blocked(0x1234, kIova));
			});
		EXPECT_EQ(t, allocations, 5);  // the first second-level table stays after a failure
		EXPECT_EQ(t, smmu_core_attach_identity(made), 0);
		EXPECT(t, board.dma(0x1234, kIova).ok());
		smmu_core_master_destroy(made);
		EXPECT_EQ(t, test_live_allocs(), before + 2);
	}
}

void domain(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2}) {
		Board board(t);
		board.up();
		const u32 before = test_live_allocs();
		smmu_domain* made = nullptr;
		const u32 allocations = fail_each(
			t, [&] { return smmu_core_domain_create(board.core, stage, false, &made); },
			[&](int error, bool failed) {
				EXPECT_EQ(t, error, failed ? kNoMemory : 0);
				EXPECT_EQ(t, made != nullptr, !failed);
				EXPECT(t, !failed || test_live_allocs() == before);
			});
		EXPECT_EQ(t, allocations, 4);
		// No number was lost on the way.
		Device device(board, {kSid});
		EXPECT_EQ(t, smmu_core_attach(device.master, made), 0);
		smmu_core_flush_domain(made);
		const u64 word = board.smmu.commands().last(1).w[0];
		EXPECT_EQ(t, stage == SMMU_STAGE_1 ? word >> 48 : word >> 32 & 0xffff, 1);
		device.destroy();
		smmu_core_domain_destroy(made);
	}
}

// An attach that finds no memory changes nothing.
void attach(Case& t)
{
	for (u32 ssid_bits : {0u, 5u, 12u}) {
		Board board(t);
		board.up();
		Space space(board);
		ASSERT(t, space.map(kIova, kPa, 0x1000));
		Device device(board, {kSid, 0x1234}, ssid_bits);
		ASSERT_EQ(t, device.error, 0);
		const u32 allocations = fail_each(
			t, [&] { return device.attach(space); },
			[&](int error, bool failed) {
				EXPECT_EQ(t, error, failed ? kNoMemory : 0);
				for (u32 sid : {kSid, 0x1234u})
					EXPECT_EQ(t, board.blocked(sid, kIova), failed);
			});
		// What the domain has at the SMMU, and the CD table.  The former stays, in part, after a failure.
		EXPECT_EQ(t, allocations, 4);
		EXPECT_EQ(t, board.dma(kSid, kIova).pa, kPa);
	}
}

void replace(Case& t)
{
	Board board(t);
	board.up();
	Space space(board), stage2(board, SMMU_STAGE_2);
	Device device(board, {kSid}, 12);
	ASSERT_EQ(t, device.attach(stage2), 0);
	// These need no CD, and take no memory for one.  A domain keeps what it has at an SMMU.
	test_fail_alloc(1);
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT_EQ(t, device.attach(stage2), 0);
	EXPECT_EQ(t, device.attach_blocked(), 0);
	EXPECT(t, !test_alloc_failed());
	ASSERT_EQ(t, device.attach_identity(), 0);
	EXPECT(t, board.dma(kSid, kIova).ok());
	test_fail_alloc(1);
	EXPECT_EQ(t, device.attach(space), kNoMemory);
	EXPECT_EQ(t, board.dma(kSid, kIova).pa, kIova);
	EXPECT_EQ(t, device.attach(space), 0);
}

void reserved_streams(Case& t)
{
	Board board(t);
	ASSERT_EQ(t, board.create(), 0);
	constexpr u32 kSids[] = {kSid, 0x1234};
	const u32 allocations = fail_each(
		t, [&] { return smmu_core_reserve_bypass(board.core, kSids, 2); },
		[&](int error, bool failed) { EXPECT_EQ(t, error, failed ? kNoMemory : 0); });
	EXPECT(t, allocations >= 2);
	ASSERT_EQ(t, board.start(), 0);
	EXPECT(t, board.dma(kSid, kIova).ok() && board.dma(0x1234, kIova).ok());
}

// Memory comes in small pieces only: smaller queues, down to what is too small.
void small_pieces(Case& t)
{
	for (u32 shift = 22; shift >= 9; shift--) {
		test_limit_dma(size_t{1} << shift);
		Setup setup;
		setup.ids.idr1 = 12 | 6u << 6 | 16u << 11 | 16u << 16 | 16u << 21;
		Board board(t, setup);
		const int error = board.create();
		EXPECT_EQ(t, error, shift >= 12 ? 0 : kNoMemory);
		if (error)
			continue;
		const auto capped = [&](u32 entry) {
			return 1u << (shift - entry < 16 ? shift - entry : 16);
		};
		const smmu_info* info = smmu_core_info(board.core);
		EXPECT_EQ(t, info->queue_entries[0], capped(4));
		EXPECT_EQ(t, info->queue_entries[1], capped(5));
		EXPECT_EQ(t, info->queue_entries[2], capped(4));
		EXPECT_EQ(t, board.start(), 0);
		Device device(board, {kSid});
		// A second-level stream table has 16 KiB.
		EXPECT_EQ(t, device.error, shift >= 14 ? 0 : kNoMemory);
		if (device.error)
			continue;
		EXPECT_EQ(t, device.attach_identity(), 0);
		EXPECT(t, board.dma(kSid, kIova).ok());
	}
	test_limit_dma(0);
}

// A linear stream table needs one piece.
void no_piece_for_the_stream_table(Case& t)
{
	test_limit_dma(64 << 10);
	Board board(t, test::with_idr0({}, 3u << 27, 0));
	EXPECT_EQ(t, board.create(), kNoMemory);
	test_limit_dma(0);
	EXPECT_EQ(t, board.create(), 0);
	EXPECT_EQ(t, board.start(), 0);
}

void refused_dma_mask(Case& t)
{
	test_refuse_dma_mask(52);
	Board board(t);
	board.up();
	EXPECT_EQ(t, test_log_count("failed to set DMA mask for table walker: 48 bits"), 1);
}

}  // namespace

TEST_SUITE(probe_failures, TEST_CASE(create), TEST_CASE(start), TEST_CASE(master),
	   TEST_CASE(domain), TEST_CASE(attach), TEST_CASE(replace), TEST_CASE(reserved_streams),
	   TEST_CASE(small_pieces), TEST_CASE(no_piece_for_the_stream_table),
	   TEST_CASE(refused_dma_mask));
