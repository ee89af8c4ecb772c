// SPDX-License-Identifier: GPL-2.0-only
// PRI is withdrawn while the handler of a group answers.
#include <atomic>
#include <thread>

#include "kunit/base/testos.h"
#include "kunit/host/threaded.hpp"
#include "kunit/smmu/fixture/pri.hpp"

using test::Board;
using test::Case;
using test::model_mutex;
using test::PriDevice;
using test::ResolvedSpace;

namespace {

constexpr u32 kSid = 9, kRounds = 400;

template <class Function>
auto locked(const Function& function)
{
	const std::lock_guard guard(model_mutex);
	return function();
}

// A board whose SMMU is a thread.
struct Scene {
	explicit Scene(Case& the_case)
		: t(the_case),
		  board(the_case, test::threaded(test::register_setup())),
		  hardware([this] {
			  while (!quit) {
				  locked([&] { return board.smmu.step(8); });
				  std::this_thread::yield();
			  }
		  })
	{
		board.up();
	}
	~Scene()
	{
		board.stop();
		quit = true;
		hardware.join();
	}

	Case& t;
	Board board;
	std::atomic<bool> quit{false};
	std::thread hardware;
};

// Otherwise the response could reach a group that has the same index after the next grant.
void answer_in_progress_has_its_response_before_a_withdrawal_ends(Case& t)
{
	test_clock_fake(true);
	Scene scene(t);
	ResolvedSpace space(scene.board);
	PriDevice device(scene.board, kSid);
	EXPECT_EQ(t, device.attach(space), 0);
	EXPECT_EQ(t, device.grant(), 0);
	smmu_core_master_report_stalls(device.master);
	for (u32 i = 0; i < kRounds; i++) {
		scene.board.reports.nr_groups = 0;
		EXPECT_EQ(t, smmu_core_grant_pri(device.master, 8), 0);
		locked([&] { device.restart(); });
		EXPECT(t, locked([&] { return device.request_unheard(1); }));
		smmu_core_drain_priq(scene.board.core);
		ASSERT_EQ(t, scene.board.reports.nr_groups, 1);
		std::thread handler([&] { test::answer_group(scene.board, 0, SMMU_STALL_RETRY); });
		locked([&] { device.pri.disable(); });
		smmu_core_withdraw_pri(device.master);
		EXPECT(t, locked([&] { return device.pri.stopped(); }));
		handler.join();
	}
	EXPECT_EQ(t, device.attach_blocked(), 0);
}

}  // namespace

TEST_SUITE(pri_threads, TEST_CASE(answer_in_progress_has_its_response_before_a_withdrawal_ends));
