// SPDX-License-Identifier: GPL-2.0-only
// Domains of one SMMU that are used by several threads at once.
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "arm-smmu-v3/smmu.hpp"
#include "kunit/host/threaded.hpp"
#include "kunit/base/testos.h"

using namespace smmu3;
using test::Board;
using test::Case;
using test::Device;
using test::model_mutex;
using test::Setup;
using test::Space;
using test::threaded;

namespace {

// One of the threads that use the core itself: maps, sees its device reach the page, unmaps, and sees that it
// can't any more.
struct User {
	User(Board& the_board, u32 number)
		: board(the_board),
		  sid(number * 1000),
		  space(the_board, number % 2 ? SMMU_STAGE_2 : SMMU_STAGE_1),
		  device(the_board, {sid})
	{
	}

	u64 reached(u64 iova)
	{
		const std::lock_guard guard(model_mutex);
		return board.smmu.translate(sid, std::nullopt, iova, {}).pa;
	}
	void use_pages(u64 round);
	void change_domains();
	void work();

	Board& board;
	u32 sid;
	Space space;
	Device device;
};

constexpr u64 kUsedIova = 0x1000'0000;

void User::use_pages(u64 round)
{
	const u64 pages = round % 90 + 1, pa = round << 24;
	for (u64 at = 0; at < pages * 0x1000; at += 0x1000) {
		EXPECT(board.t, space.map(kUsedIova + at, pa + at, 0x1000));
		EXPECT_EQ(board.t, reached(kUsedIova + at), pa + at);
	}
	smmu_gather gather = Space::kNothing;
	EXPECT(board.t, space.remove(kUsedIova, 0x1000, pages, gather));
	space.sync(gather);
	for (u64 at = 0; at < pages * 0x1000; at += 0x1000)
		EXPECT_EQ(board.t, reached(kUsedIova + at), 0);
}

void User::change_domains()
{
	EXPECT_EQ(board.t, device.attach_identity(), 0);
	EXPECT_EQ(board.t, reached(kUsedIova), kUsedIova);
	EXPECT_EQ(board.t, device.attach(space), 0);
}

void User::work()
{
	EXPECT_EQ(board.t, device.attach(space), 0);
	for (u64 round = 1; round <= 150; round++) {
		use_pages(round);
		if (round % 16 == 0)
			change_domains();
	}
}

Setup shared_setup()
{
	Setup setup = threaded(test::register_setup());
	setup.ids.idr3 = 0;  // many commands for one flush
	setup.lock = [] {
		std::this_thread::yield();
		model_mutex.lock();
	};
	return setup;
}

void domains_in_parallel(Case& t)
{
	test_clock_fake(true);
	Board board(t, shared_setup());
	std::atomic<bool> quit{false};
	std::thread hardware([&] {
		while (!quit) {
			{
				const std::lock_guard guard(model_mutex);
				board.smmu.step(8);
			}
			std::this_thread::yield();
		}
	});
	board.up();
	{
		std::unique_ptr<User> users[4];
		for (u32 n = 0; n < 4; n++)
			users[n] = std::make_unique<User>(board, n);
		std::vector<std::thread> threads;
		for (auto& user : users)
			threads.emplace_back([&user] { user->work(); });
		for (std::thread& thread : threads)
			thread.join();
	}
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
	board.stop();
	quit = true;
	hardware.join();
	board.destroy();
}

// Whether flushes that enter in a group share a CMD_SYNC.
bool some_share(Case& t, u32 iidr)
{
	constexpr u32 kThreads = 4, kFlushes = 30;
	Setup setup = shared_setup();
	setup.options.deferred = false;
	setup.ids.iidr = iidr;
	Board board(t, setup);
	board.up();
	test::UsedSpace space(board);
	const u64 before = board.ops(model::Op::SYNC);
	const auto flush = [&] {
		for (u32 i = 0; i < kFlushes; i++) {
			// Producers compete, as far as they can tell.
			auto& gate = Smmu::from(board.core).commands().gate();
			gate.word.fetch_or(u64{kJoin} << 32);
			smmu_core_flush_domain(space.domain);
		}
	};
	std::vector<std::thread> threads;
	for (u32 n = 0; n < kThreads; n++)
		threads.emplace_back(flush);
	for (std::thread& thread : threads)
		thread.join();
	return board.ops(model::Op::SYNC) - before < kThreads * kFlushes;
}

// MMU-700 r1p0 may deadlock on a long sequence of invalidations without a CMD_SYNC (2812531), r1p1 does not.
void producers_share_no_sync_with_an_erratum(Case& t)
{
	constexpr u32 kR1p0 = 0x4871043b, kR1p1 = 0x4871143b;
	u32 attempts = 1;
	while (!some_share(t, kR1p1))
		attempts++;
	for (u32 i = 0; i < attempts + 2; i++)
		EXPECT(t, !some_share(t, kR1p0));
}

}  // namespace

TEST_SUITE(domain_threads, TEST_CASE(domains_in_parallel),
	   TEST_CASE(producers_share_no_sync_with_an_erratum));
