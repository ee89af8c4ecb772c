// SPDX-License-Identifier: GPL-2.0-only
// Who owns which stream, in linear and two-level tables, and what streams without a driver do.
#include "arm-smmu-v3/smmu.hpp"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;

namespace {

constexpr int kBusy = -16, kRange = -34;
constexpr u64 kAddress = 0x123'4000;

Setup with_streams(u32 sid_bits, bool two_level)
{
	Setup setup = test::with_idr0({}, 3u << 27, two_level ? 1u << 27 : 0);
	setup.ids.idr1 = (setup.ids.idr1 & ~0x3fu) | sid_bits;
	return setup;
}

bool bypasses(Board& board, u32 sid)
{
	return board.dma(sid, kAddress).outcome == Outcome::kBypassed;
}

void unknown_stream_is_blocked(Case& t)
{
	for (bool two_level : {false, true}) {
		Board board(t, with_streams(10, two_level));
		board.up();
		Device device(board, {5});
		for (u32 sid : {0u, 4u, 5u, 255u, 256u, 1023u, 1024u, 0xffffffffu})
			EXPECT(t, board.blocked(sid, kAddress));
	}
}

// The first, the last, and the one behind, in tables of every kind.
void the_ends_of_the_table(Case& t)
{
	for (u32 bits : {0u, 1u, 8u, 9u, 16u})
		for (bool two_level : {false, true}) {
			if (bits == 16 && !two_level)
				continue;  // 4 MiB; see below
			Board board(t, with_streams(bits, two_level));
			board.up();
			const u32 last = (1u << bits) - 1;
			{
				Device device(board, {last});
				ASSERT_EQ(t, device.error, 0);
				EXPECT_EQ(t, device.attach_identity(), 0);
				EXPECT(t, bypasses(board, last));
				EXPECT(t, board.blocked(last + 1, kAddress));
				EXPECT(t, last == 0 || board.blocked(last - 1, kAddress));
			}
			EXPECT(t, board.blocked(last, kAddress));
			Device beyond(board, {last + 1});
			EXPECT_EQ(t, beyond.error, kRange);
			EXPECT(t, !beyond.master);
			Device far(board, {0xffffffff});
			EXPECT_EQ(t, far.error, kRange);
			EXPECT_EQ(t, test_log_count("out of range"), 2);
			test_log_clear();
		}
}

void large_linear_table(Case& t)
{
	Board board(t, with_streams(15, false));
	board.up();
	EXPECT_EQ(t, board.smmu.regs().strtab_base_cfg, 15);
	Device device(board, {0x7fff});
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT(t, bypasses(board, 0x7fff));
}

// 32 bits of StreamID: 2^25 of them are what a first level of 1 MiB reaches.
void largest_two_level_table(Case& t)
{
	Board board(t, with_streams(32, true));
	board.up();
	EXPECT_EQ(t, board.smmu.regs().strtab_base_cfg, 1u << 16 | 8u << 6 | 25);
	Device device(board, {(1u << 25) - 1}), beyond(board, {1u << 25});
	EXPECT_EQ(t, device.error, 0);
	EXPECT_EQ(t, beyond.error, kRange);
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT(t, bypasses(board, (1u << 25) - 1));
}

// A second-level table that appears while the SMMU has cached that there is none.
void second_level_appears(Case& t)
{
	Board board(t, with_streams(16, true));
	board.up();
	EXPECT(t, board.blocked(0x4242, kAddress));
	EXPECT(t, board.blocked(0x4243, kAddress));
	const u32 before = test_live_allocs();
	Device device(board, {0x4242});
	EXPECT(t, test_live_allocs() > before);
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT(t, bypasses(board, 0x4242));
	EXPECT(t, board.blocked(0x4243, kAddress));
	Device neighbour(board, {0x4243});
	EXPECT_EQ(t, neighbour.attach_identity(), 0);
	EXPECT(t, bypasses(board, 0x4243));
}

void a_stream_has_one_owner(Case& t)
{
	Board board(t);
	board.up();
	Device device(board, {5});
	ASSERT_EQ(t, device.attach_identity(), 0);
	{
		// Another wants it too, beside its own.
		Device other(board, {6, 5, 7});
		EXPECT_EQ(t, other.error, kBusy);
		EXPECT(t, !other.master);
		EXPECT_EQ(t, board.reports.shared_streams, 1);
		EXPECT_EQ(t, board.reports.last_shared_sid, 5);
		EXPECT(t, board.reports.last_client == other.handle());
		EXPECT(t, board.reports.last_owner == device.handle());
	}
	EXPECT(t, bypasses(board, 5));
	Device third(board, {6, 7});  // given back
	EXPECT_EQ(t, third.error, 0);
	EXPECT(t, board.blocked(6, kAddress));
	device.destroy();
	EXPECT(t, board.blocked(5, kAddress));
	Device fourth(board, {5});
	EXPECT_EQ(t, fourth.error, 0);
}

void a_range_error_gives_the_others_back(Case& t)
{
	Board board(t);
	board.up();
	Device device(board, {5, 6, 0x10000});
	EXPECT_EQ(t, device.error, kRange);
	Device again(board, {6, 5});
	EXPECT_EQ(t, again.error, 0);
}

// Reserved streams bypass from before the start on, with any owner; no others do.
void reserved_streams_bypass(Case& t)
{
	for (bool two_level : {false, true}) {
		Board board(t, with_streams(10, two_level));
		ASSERT_EQ(t, board.create(), 0);
		constexpr u32 kSids[] = {5, 700, 5};
		EXPECT_EQ(t, smmu_core_reserve_bypass(board.core, kSids, 3), 0);
		board.boundary_context = &board;
		board.boundary = [](void* context) {
			auto* b = static_cast<Board*>(context);
			EXPECT(b->t, b->smmu.translate(5, std::nullopt, kAddress, {}).ok());
			EXPECT(b->t, b->smmu.translate(700, std::nullopt, kAddress, {}).ok());
		};
		EXPECT_EQ(t, board.start(), 0);
		board.boundary = nullptr;
		EXPECT(t, bypasses(board, 5) && bypasses(board, 700));
		EXPECT(t, board.blocked(6, kAddress));
		{
			// Taken over by its driver, and left again.
			Device device(board, {5});
			ASSERT_EQ(t, device.error, 0);
			EXPECT(t, bypasses(board, 5));
			test::Space space(board);
			EXPECT_EQ(t, device.attach(space), 0);
			EXPECT(t, board.blocked(5, kAddress));
			EXPECT_EQ(t, device.attach_blocked(), 0);
			EXPECT(t, board.blocked(5, kAddress));
		}
		EXPECT(t, bypasses(board, 5));
		EXPECT(t, board.blocked(6, kAddress));
	}
}

// More than a stack has room for, if each freed the next one.
void kept_tables_need_no_stack(Case& t)
{
	Board board(t);
	board.up();
	auto& smmu = smmu3::Smmu::from(board.core);
	for (u32 n = 0; n < 3000; n++) {
		auto table = smmu3::CdTable::create(smmu.dev(), smmu.features(), 0);
		ASSERT(t, table);
		auto box = core::make_box<smmu3::CdTable>(std::move(*table));
		ASSERT(t, box);
		smmu.streams().keep(std::move(*box));
	}
}

}  // namespace

TEST_SUITE(streams, TEST_CASE(unknown_stream_is_blocked), TEST_CASE(the_ends_of_the_table),
	   TEST_CASE(large_linear_table), TEST_CASE(largest_two_level_table),
	   TEST_CASE(second_level_appears), TEST_CASE(a_stream_has_one_owner),
	   TEST_CASE(a_range_error_gives_the_others_back), TEST_CASE(reserved_streams_bypass),
	   TEST_CASE(kept_tables_need_no_stack));
