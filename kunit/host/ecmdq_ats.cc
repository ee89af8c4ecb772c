// SPDX-License-Identifier: GPL-2.0-only
// Devices with ATS behind Enhanced Command queues, one of which the SMMU does not consume: an invalidation of everything
// in another one does not reach an ATC.
#include <thread>

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/ecmdqs.hpp"

using namespace test;

namespace {

constexpr u32 kSid = 9, kPasid = 3;
constexpr u64 kIova = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;

// Neighbours share a queue: the CPU between them is taken meanwhile.
template <class Action>
void on_another_queue(Action action)
{
	std::thread([&] {
		(void)os_cpu();
		std::thread(action).join();
	}).join();
}

// A device with ATS in a domain, a PASID of it in another one, and an SMMU that is slow.
struct Scene {
	explicit Scene(Case& the_case)
		: t(the_case),
		  board(the_case, with_ecmdqs(register_setup())),
		  started((board.up(), true)),
		  base(board),
		  one(board),
		  device(board, kSid, 5)
	{
		EXPECT(t, one.map(kIova, kPa, kPage));
		EXPECT_EQ(t, device.attach(base), 0);
		EXPECT_EQ(t, device.attach_pasid(kPasid, one), 0);
		EXPECT_EQ(t, device.grant(), 0);
		EXPECT_EQ(t, device.access_by(kPasid, kIova).pa, kPa);
		test_clock_fake(true);
		board.ns_per_poll = 100'000'000;
	}
	~Scene() { test_clock_fake(false); }

	// Behind a command of its own.
	void hold()
	{
		board.smmu.hold_ecmdq(ecmdqs::own(), true);
		smmu_core_flush_domain(base.domain);
	}
	void go_on() { board.smmu.hold_ecmdq(ecmdqs::own(), false); }

	Case& t;
	Board board;
	bool started;
	Space base, one;
	AtsDevice device;
};

void pasid_whose_invalidation_is_stuck_is_not_used(Case& t)
{
	Scene scene(t);
	const u32 held = ecmdqs::own();
	scene.hold();
	scene.device.detach_pasid(kPasid);
	on_another_queue([&] {
		EXPECT(t, ecmdqs::own() != held);
		scene.one.destroy();
	});
	EXPECT(t, !scene.one.exists());
	EXPECT_EQ(t, scene.device.atc.size(), 1);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT(t, scene.device.quarantined());
	scene.go_on();
	EXPECT_EQ(t, scene.device.atc.size(), 0);
	EXPECT(t, scene.board.blocked(kSid, kIova));
	scene.device.destroy();
}

// EATS is 0 then.
void device_whose_invalidation_is_stuck_does_not_use_its_old_domain(Case& t)
{
	Scene scene(t);
	scene.hold();
	(void)scene.device.attach_blocked();
	on_another_queue([&] { scene.base.destroy(); });
	EXPECT(t, !scene.base.exists());
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	scene.go_on();
	scene.device.destroy();
}

}  // namespace

TEST_SUITE(ecmdq_ats, TEST_CASE(pasid_whose_invalidation_is_stuck_is_not_used),
	   TEST_CASE(device_whose_invalidation_is_stuck_does_not_use_its_old_domain));
