// SPDX-License-Identifier: GPL-2.0-only
// CPUs that enter commands into Enhanced Command queues, some of them shared, while commands fail and the SMMU
// is suspended.
#include <atomic>
#include <mutex>
#include <thread>

#include "kunit/base/testos.h"
#include "kunit/host/host.hpp"
#include "kunit/smmu/fixture/board.hpp"

using namespace test;

namespace {

std::mutex model_mutex;

constexpr u32 kThreads = 3;
constexpr u32 kRounds = 300, kErrors = 20;  // at least

Setup locked(Setup setup)
{
	setup.lock = [] { model_mutex.lock(); };
	setup.unlock = [] { model_mutex.unlock(); };
	return setup;
}

// A resume whose commands are illegal fails: `power` leaves those out.
void fail_some(Board& board, u32 round, bool power)
{
	std::lock_guard guard(model_mutex);
	board.smmu.fail_command(power || round % 2 ? model::Cerror::ABT : model::Cerror::ILL,
				round % 5);
}

struct Storm {
	Board& board;
	Space& space;
	std::atomic<bool> done{false};
	std::atomic<u64> flushes{0};

	void flush()
	{
		while (!done) {
			smmu_core_flush_domain(space.domain);
			flushes++;
		}
	}
};

void storm(Case& t, const Setup& setup, bool power)
{
	Board board(t, locked(setup));
	board.up();
	{
		UsedSpace space(board);
		Storm storm{board, space};
		std::thread threads[kThreads];
		for (std::thread& thread : threads)
			thread = std::thread([&] { storm.flush(); });
		u32 failed = 0;
		for (u32 round = 0; round < kRounds || board.stats().gerrors <= kErrors; round++) {
			fail_some(board, round, power);
			std::this_thread::yield();
			if (!power || round % 8)
				continue;
			failed += smmu_core_suspend(board.core) != 0;
			failed += smmu_core_resume(board.core) != 0;
		}
		{
			std::lock_guard guard(model_mutex);
			board.smmu.fail_command(model::Cerror::NONE, 0);
		}
		storm.done = true;
		for (std::thread& thread : threads)
			thread.join();
		EXPECT_EQ(t, failed, 0);
		EXPECT(t, storm.flushes > 100);
		EXPECT_EQ(t, board.stats().power.rollbacks, 0);
		// A thread that was preempted for a second makes others time out.
		const u64 timeouts = board.stats().sync_timeouts;
		smmu_core_flush_domain(space.domain);
		EXPECT_EQ(t, board.stats().sync_timeouts, timeouts);
	}
}

Setup with_one_ecmdq()
{
	Setup setup = with_ecmdqs();
	setup.ids.idr6 = 0;
	return setup;
}

void errors_on_several_queues(Case& t)
{
	storm(t, with_ecmdqs(), false);
}

void errors_on_a_shared_queue(Case& t)
{
	storm(t, with_one_ecmdq(), false);
}

void errors_while_power_cycles(Case& t)
{
	storm(t, with_ecmdqs(test::register_setup()), true);
	storm(t, with_one_ecmdq(), true);
}

}  // namespace

TEST_SUITE(ecmdq_threads, TEST_CASE(errors_on_several_queues), TEST_CASE(errors_on_a_shared_queue),
	   TEST_CASE(errors_while_power_cycles));
