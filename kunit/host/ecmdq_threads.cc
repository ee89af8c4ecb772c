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

// The SMMU consumes nothing until all threads have entered a command and its CMD_SYNC.  Then the next command of
// two queues fails.
bool two_queues_fail(Board& board)
{
	std::lock_guard guard(model_mutex);
	u32 waiting = 0;
	for (const model::Ecmdq& queue : board.smmu.regs().ecmdqs)
		waiting += queue.runs() ? queue.q.used() : 0;
	if (waiting < 2 * kThreads)
		return false;
	for (u32 i = 0; i < 2; i++) {
		board.smmu.fail_command(model::Cerror::ABT, 0);
		board.smmu.step(1);
	}
	board.smmu.set_deferred(false);
	return true;
}

// CMDQP_ERR is raised once, so that one service must find both.  No thread times out before all have entered:
// the clock stands still, nearly.
void queues_that_fail_at_once(Case& t)
{
	Board board(t, locked(with_ecmdqs(test::register_setup())));
	board.up();
	test_clock_fake(true);
	UsedSpace space(board);
	const u64 errors = board.stats().gerrors;
	{
		std::lock_guard guard(model_mutex);
		board.smmu.set_deferred(true);
	}
	std::thread threads[kThreads];
	for (std::thread& thread : threads)
		thread = std::thread([&] { smmu_core_flush_domain(space.domain); });
	while (!two_queues_fail(board))
		std::this_thread::yield();
	board.deliver_gerror();
	for (std::thread& thread : threads)
		thread.join();
	test_clock_fake(false);
	EXPECT_EQ(t, board.stats().gerrors, errors + 1);
	EXPECT_EQ(t, test_log_count("2 enhanced command queues failed"), 1);
	for (const model::Ecmdq& queue : board.smmu.regs().ecmdqs)
		EXPECT(t, queue.off() || (queue.runs() && queue.q.empty()));
}

void errors_while_power_cycles(Case& t)
{
	storm(t, with_ecmdqs(test::register_setup()), true);
	storm(t, with_one_ecmdq(), true);
}

}  // namespace

TEST_SUITE(ecmdq_threads, TEST_CASE(errors_on_several_queues), TEST_CASE(errors_on_a_shared_queue),
	   TEST_CASE(queues_that_fail_at_once), TEST_CASE(errors_while_power_cycles));
