// SPDX-License-Identifier: GPL-2.0-only
// A process exits while its device is detached, or attached to another one.
#include <atomic>
#include <thread>

#include "kunit/host/threaded.hpp"
#include "kunit/smmu/fixture/process.hpp"

using test::Board;
using test::Case;
using test::Device;
using test::model_mutex;
using test::Process;
using test::Setup;

namespace {

constexpr u32 kSid = 9, kPasid = 3, kOther = 4;
constexpr u64 kVa = 0x1000'0000, kPage = 0x1000, kPa = 0x7000'0000;

Setup yielding_setup()
{
	Setup setup = test::threaded(test::register_setup());
	setup.lock = [] {
		std::this_thread::yield();
		model_mutex.lock();
	};
	return setup;
}

// A board whose SMMU is a thread.
struct Scene {
	explicit Scene(Case& the_case)
		: t(the_case),
		  board(the_case, yielding_setup()),
		  hardware([this] {
			  while (!quit) {
				  step();
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

	void step()
	{
		const std::lock_guard guard(model_mutex);
		board.smmu.step(8);
	}
	model::Dma access(u32 pasid)
	{
		const std::lock_guard guard(model_mutex);
		return board.smmu.translate(kSid, pasid, kVa, {});
	}
	u64 events()
	{
		const std::lock_guard guard(model_mutex);
		return board.smmu.stats().events[static_cast<u8>(model::Event::C_BAD_CD)];
	}
	// Of a PASID that is not attached.
	void expect_no_cd(u32 pasid)
	{
		const u64 before = events();
		EXPECT(t, !access(pasid).ok());
		EXPECT_EQ(t, events(), before + 1);
	}
	// One that exits, while `change` is made to its PASID.
	template <class Change>
	void during_an_exit(Device& device, const Change& change)
	{
		Process process(board);
		process.map(kVa, kPa, kPage);
		EXPECT_EQ(t, process.attach(device, kPasid), 0);
		EXPECT_EQ(t, access(kPasid).pa, kPa);
		std::thread exits([&] { process.exit(); });
		change();
		exits.join();
	}

	Case& t;
	Board board;
	std::atomic<bool> quit{false};
	std::thread hardware;
};

constexpr u32 kRounds = 60;

void detach_during_an_exit_leaves_no_cd(Case& t)
{
	test_clock_fake(true);
	Scene scene(t);
	Process other(scene.board);
	Device device(scene.board, {kSid}, 5);
	EXPECT_EQ(t, other.attach(device, kOther), 0);
	for (u32 i = 0; i < kRounds; i++) {
		scene.during_an_exit(device, [&] { device.detach_pasid(kPasid); });
		scene.expect_no_cd(kPasid);
		smmu_core_drain_evtq(scene.board.core);
	}
	device.destroy();
}

void another_process_during_an_exit_is_in_force(Case& t)
{
	test_clock_fake(true);
	Scene scene(t);
	Process other(scene.board);
	other.map(kVa, 2 * kPa, kPage);
	Device device(scene.board, {kSid}, 5);
	for (u32 i = 0; i < kRounds; i++) {
		scene.during_an_exit(device,
				     [&] { EXPECT_EQ(t, other.attach(device, kPasid), 0); });
		EXPECT_EQ(t, scene.access(kPasid).pa, 2 * kPa);
		device.detach_pasid(kPasid);
	}
	device.destroy();
}

}  // namespace

TEST_SUITE(process_threads, TEST_CASE(detach_during_an_exit_leaves_no_cd),
	   TEST_CASE(another_process_during_an_exit_is_in_force));
