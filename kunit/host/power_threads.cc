// SPDX-License-Identifier: GPL-2.0-only
// Suspend and resume, ten thousand times, while another CPU maps, unmaps and attaches; and that suspend waits
// for all read-side sections.
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "arm-smmu-v3/platform.hpp"
#include "kunit/host/host.hpp"
#include "kunit/smmu/fixture/power_board.hpp"
#include "kunit/base/testos.h"

using namespace test;

namespace {

constexpr u32 kSid = 5, kCycles = 10'000;

std::mutex model_mutex;

// What the client's owner does meanwhile; everything but the counters belongs to model_mutex.
struct Owner {
	Board& board;
	Space spaces[2];
	Device device;
	u64 iova = 0, pa = 0;  // mapped and in force while pa is not 0
	std::atomic<bool> done{false};
	std::atomic<u32> stale{0};
	std::atomic<u64> moves{0}, attaches{0};

	explicit Owner(Board& the_board)
		: board(the_board),
		  spaces{Space(the_board), Space(the_board)},
		  device(the_board, {kSid})
	{
	}

	model::Dma access(u64 address)
	{
		return board.smmu.translate(kSid, std::nullopt, address, {});
	}
	// Whatever power does, `old` is gone and the page is where it was put.
	void look(u64 old)
	{
		std::lock_guard guard(model_mutex);
		stale += access(old).outcome == model::Outcome::kTranslated;
		const model::Dma now = access(iova);
		stale += now.outcome == model::Outcome::kTranslated && now.pa != pa;
	}
	void move(Space& space, u64 round)
	{
		const u64 old = iova;
		smmu_gather gather = Space::kNothing;
		{
			std::lock_guard guard(model_mutex);
			pa = 0;
			space.remove(old, kPage, 1, gather);
		}
		space.sync(gather);
		{
			std::lock_guard guard(model_mutex);
			iova = 0x10000 + round % 32 * kPage;
			space.map(iova, kPa + round * kPage, kPage);
			pa = kPa + round * kPage;
		}
		look(old);
		moves++;
	}
	void attach(Space& from, Space& to, u64 round)
	{
		u64 next;
		smmu_gather gather = Space::kNothing;
		{
			std::lock_guard guard(model_mutex);
			pa = 0;
			from.remove(iova, kPage, 1, gather);
			next = 0x10000 + round % 32 * kPage;
			to.map(next, kPa + round * kPage, kPage);
		}
		from.sync(gather);
		stale += device.attach(to) != 0;
		{
			std::lock_guard guard(model_mutex);
			iova = next;
			pa = kPa + round * kPage;
		}
		attaches++;
	}
	void run()
	{
		u32 at = 0;
		for (u64 round = 1; !done; round++) {
			if (round % 8 == 0) {
				attach(spaces[at], spaces[!at], round);
				at = !at;
			} else {
				move(spaces[at], round);
			}
		}
	}
};

void cycles(Case& t, Setup setup)
{
	setup.lock = [] { model_mutex.lock(); };
	setup.unlock = [] { model_mutex.unlock(); };
	setup.options.keeps_caches = true;
	Board board(t, setup);
	board.up();
	{
		Owner owner(board);
		owner.iova = 0x10000;
		owner.pa = kPa;
		owner.spaces[0].map(owner.iova, kPa, kPage);
		EXPECT_EQ(t, owner.device.attach(owner.spaces[0]), 0);
		std::thread thread([&] { owner.run(); });
		u32 wrong = 0, translated = 0, failed = 0;
		for (u32 i = 0; i < kCycles; i++) {
			failed += smmu_core_suspend(board.core) != 0;
			{
				std::lock_guard guard(model_mutex);
				board.smmu.power_off(i % 4 == 0);
			}
			if (i % 64 == 0)
				std::this_thread::yield();
			{
				std::lock_guard guard(model_mutex);
				board.smmu.power_on();
			}
			failed += smmu_core_resume(board.core) != 0;
			std::lock_guard guard(model_mutex);
			if (!owner.pa)
				continue;
			wrong += owner.access(owner.iova).pa != owner.pa;
			translated++;
		}
		owner.done = true;
		thread.join();
		EXPECT_EQ(t, failed, 0);
		EXPECT_EQ(t, wrong, 0);
		EXPECT_EQ(t, owner.stale.load(), 0);
		EXPECT(t, translated > 0);
		EXPECT(t, owner.moves.load() > 100);
		EXPECT(t, owner.attaches.load() > 10);
		EXPECT(t, board.stats().elided > 0);
		EXPECT_EQ(t, board.stats().sync_timeouts, 0);
		EXPECT_EQ(t, board.stats().power.suspends, kCycles);
		EXPECT_EQ(t, board.stats().power.rollbacks, 0);
	}
}

void ten_thousand_cycles_with_messages(Case& t)
{
	cycles(t, {});
}

void ten_thousand_cycles_without_messages(Case& t)
{
	cycles(t, register_setup());
}

void ten_thousand_cycles_with_ecmdqs(Case& t)
{
	cycles(t, with_ecmdqs());
}

// A CPU that polls, say: power management must not get past it.  It would within the time given it.
void suspend_waits_for_sections(Case& t)
{
	static std::atomic<bool> inside, off;
	static std::atomic<bool> left;
	inside = off = left = false;
	PowerBoard board(t);
	std::thread other([] {
		const unsigned long flags = os_irq_save();
		inside = true;
		for (int ms = 0; ms < 200 && !off; ms++)
			std::this_thread::sleep_for(std::chrono::milliseconds(1));
		left = true;
		os_irq_restore(flags);
	});
	while (!inside)
		std::this_thread::yield();
	board.on_access = [](PowerBoard& b, u32, bool write) {
		if (!write || b.last_access.offset != model::reg::CR0 || b.last_access.value)
			return;
		EXPECT(b.t, left);
		off = true;
	};
	EXPECT_EQ(t, board.suspend(), 0);
	EXPECT(t, off);
	board.on_access = nullptr;
	other.join();
	EXPECT_EQ(t, board.resume(), 0);
}

// The shim turns power off when the core has failed.  Producers that a failed attempt admitted to the queue have
// left it by then.
void failure_waits_for_sections(Case& t)
{
	static std::atomic<bool> inside, over, left;
	inside = over = left = false;
	PowerBoard board(t, register_setup());
	ASSERT(t, board.down());
	test_clock_fake(true);
	board.ns_per_poll = 10'000'000;
	std::thread other([] {
		const unsigned long flags = os_irq_save();
		inside = true;
		for (int ms = 0; ms < 200 && !over; ms++)
			std::this_thread::sleep_for(std::chrono::milliseconds(1));
		left = true;
		os_irq_restore(flags);
	});
	while (!inside)
		std::this_thread::yield();
	board.smmu.power_on();
	board.smmu.set_deferred(true);
	EXPECT(t, board.resume() != 0);
	EXPECT(t, left);
	over = true;
	other.join();
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	board.smmu.set_deferred(false);
}

// The sections have been waited for, and power may go: a flush that comes now must not enter the queue.
void nothing_enters_once_failure_has_waited(Case& t)
{
	static smmu_domain* domain;
	static u32 waits;
	waits = 0;
	PowerBoard board(t, register_setup());
	Client client(board);
	domain = client.space.domain;
	ASSERT(t, board.down());
	test_clock_fake(true);
	board.ns_per_poll = 10'000'000;
	board.smmu.power_on();
	board.smmu.set_deferred(true);
	host::after_synchronize([] {
		waits++;
		smmu_core_flush_domain(domain);
	});
	const u64 elided = board.stats().elided;
	EXPECT(t, board.resume() != 0);
	host::after_synchronize(nullptr);
	EXPECT_EQ(t, waits, 1);
	EXPECT_EQ(t, board.stats().elided, elided + 1);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	board.smmu.set_deferred(false);
}

// Interrupts get in, power management does not.
void section_is_kept_while_waiting_for_room(Case& t)
{
	smmu3::Platform::ReadSection section;
	const u64 number = host::section();
	for (int i = 0; i < 3; i++) {
		section.breathe();
		EXPECT_EQ(t, host::section(), number);
	}
}

}  // namespace

TEST_SUITE(power_threads, TEST_CASE(ten_thousand_cycles_with_messages),
	   TEST_CASE(ten_thousand_cycles_without_messages),
	   TEST_CASE(ten_thousand_cycles_with_ecmdqs), TEST_CASE(suspend_waits_for_sections),
	   TEST_CASE(failure_waits_for_sections), TEST_CASE(nothing_enters_once_failure_has_waited),
	   TEST_CASE(section_is_kept_while_waiting_for_room));
