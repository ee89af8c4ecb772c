// SPDX-License-Identifier: GPL-2.0-only
// As many stalled transactions as an SMMU can have are forgotten on a small stack.
#include <pthread.h>

#include "arm-smmu-v3/smmu.hpp"
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"

using namespace smmu3;
using test::Board;
using test::Case;

namespace {

constexpr u32 kCount = 5000;

struct Scene {
	Board& board;
	u32 held = 0;

	void admit_and_forget()
	{
		Stalls& stalls = Smmu::from(board.core).stalls();
		StallSource source(test_device(), {});
		stalls.resolve(source, {});
		for (u32 i = 0; i < kCount; i++) {
			smmu_event event{};
			event.stag = static_cast<u16>(i);
			held += stalls.admit(test_device(), event).how == Admission::How::kHeld;
		}
		stalls.ignore(source);
		stalls.end();
	}
};

void* run(void* scene)
{
	static_cast<Scene*>(scene)->admit_and_forget();
	return nullptr;
}

void transactions_are_forgotten_on_a_small_stack(Case& t)
{
	Board board(t);
	board.up();
	Scene scene{board};
	pthread_attr_t small;
	pthread_attr_init(&small);
	EXPECT_EQ(t, pthread_attr_setstacksize(&small, 128 << 10), 0);
	pthread_t thread;
	ASSERT_EQ(t, pthread_create(&thread, &small, run, &scene), 0);
	pthread_join(thread, nullptr);
	pthread_attr_destroy(&small);
	EXPECT_EQ(t, scene.held, kCount);
	board.stop();
}

}  // namespace

TEST_SUITE(stalls_many, TEST_CASE(transactions_are_forgotten_on_a_small_stack));
