// SPDX-License-Identifier: GPL-2.0-only
// Empty tables are looked for while other CPUs map and unmap, and while the SMMU is suspended.
#include <atomic>
#include <thread>

#include "kunit/base/testos.h"
#include "kunit/host/host.hpp"
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;

namespace {

constexpr u64 kPage = 0x1000, kRegion = 0x20'0000, kPa = 0x7000'0000;
constexpr u32 kRounds = 4000, kRegions = 24;

// Pages come and go in regions that the other thread uses, too, one page beside the other.
void use_regions(Space& space, u64 offset, std::atomic<u32>& wrong)
{
	for (u32 round = 0; round < kRounds; round++) {
		const u64 iova = round * 7 % kRegions * kRegion + offset;
		const u64 pa = kPa + round * kPage;
		wrong += space.try_map(iova, pa, kPage) != 0;
		wrong += space.look_up(iova) != pa;
		wrong += !space.remove(iova, kPage);
		wrong += space.look_up(iova) != 0;
	}
}

void map_while_empty_tables_are_reclaimed(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	const u64 before = smmu_core_domain_table_bytes(space.domain);
	std::atomic<u32> wrong{0}, running{2};
	const auto user = [&](u64 offset) {
		return std::thread([&, offset] {
			use_regions(space, offset, wrong);
			running--;
		});
	};
	std::thread one = user(0), other = user(5 * kPage);
	while (running)
		test_reclaim_tables();
	one.join();
	other.join();
	test_reclaim_tables();
	EXPECT_EQ(t, wrong, 0u);
	EXPECT_EQ(t, smmu_core_domain_table_bytes(space.domain), before);
}

constinit PowerBoard* the_board = nullptr;

void suspend_once()
{
	if (PowerBoard* board = std::exchange(the_board, nullptr))
		EXPECT(board->t, board->down());
}

// In the grace period of the search.
void smmu_is_suspended_while_empty_tables_are_reclaimed(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	const u64 before = smmu_core_domain_table_bytes(client.space.domain);
	EXPECT(t, client.space.map(kRegion, kPa, kPage));
	EXPECT_EQ(t, board.reach(kRegion), kPa);
	EXPECT(t, client.space.unmap(kRegion, kPage));
	the_board = &board;
	host::after_synchronize(suspend_once);
	test_reclaim_tables();
	host::after_synchronize(nullptr);
	EXPECT(t, !the_board);
	EXPECT_EQ(t, smmu_core_domain_table_bytes(client.space.domain), before);
	ASSERT_EQ(t, board.wake(), 0);
	EXPECT(t, client.space.map(kRegion, kPa + kPage, kPage));
	EXPECT_EQ(t, board.reach(kRegion), kPa + kPage);
}

}  // namespace

TEST_SUITE(tables_threads, TEST_CASE(map_while_empty_tables_are_reclaimed),
	   TEST_CASE(smmu_is_suspended_while_empty_tables_are_reclaimed));
