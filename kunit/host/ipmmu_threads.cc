// SPDX-License-Identifier: GPL-2.0-only
// Power cycles against mapping on another thread: whatever has been unmapped is never reached again.
#include <atomic>
#include <chrono>
#include <thread>

#include "kunit/ipmmu/fixture/board.hpp"

namespace {

using test::IpmmuBoard;

constexpr u64 kIova = 0x10000, kPa = 0x4000'0000;
constexpr u32 kCycles = 10'000;

// Each mapping has an address of its own, so that a transaction tells which one it went through.
struct Mapper {
	explicit Mapper(IpmmuBoard& b)
		: board(b)
	{
	}

	void run()
	{
		for (u64 n = 1; !stop; n++) {
			if (!board.map(0, kIova, kPa + n * 0x1000))
				return;
			board.unmap(0, kIova);
			unmapped = n;
		}
	}

	IpmmuBoard& board;
	std::atomic<bool> stop{false};
	std::atomic<u64> unmapped{0};
};

void ten_thousand_power_cycles_against_mapping(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 2));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 leaf : {1, 2}) {
		ASSERT_EQ(t, b.add_master(leaf, leaf, 3), 0);
		ASSERT_EQ(t, b.attach(leaf, 0), 0);
	}
	b.units[0].model.slow_flush(3);

	Mapper mapper(b);
	std::thread thread(&Mapper::run, &mapper);
	u32 translated = 0, stale = 0;
	// At least so many, and until both threads have met each other's work, however the host schedules them.
	const auto enough = [&](u32 cycles) {
		return cycles >= kCycles && translated > 0 && mapper.unmapped > kCycles / 10;
	};
	for (u32 cycle = 0; !enough(cycle) && !t.failures; cycle++) {
		EXPECT(t, b.suspend_all());
		EXPECT(t, b.resume_all(cycle % 4));
		for (u32 leaf : {1, 2}) {
			const u64 gone = mapper.unmapped;
			const auto dma = b.read(leaf, 3, kIova);
			EXPECT(t, dma.what != model::IpmmuDma::kBypassed);
			translated += dma.ok();
			stale += dma.ok() && (dma.pa - kPa) / 0x1000 <= gone;
		}
	}
	mapper.stop = true;
	thread.join();
	EXPECT_EQ(t, stale, 0);
	EXPECT_EQ(t, b.reports.stuck, 0);
}

// A suspend waits for the end of a flush that has begun: no register is read without power, and no flush
// is abandoned.
void a_flush_in_flight_ends_before_power_goes(test::Case& t)
{
	constexpr u32 kRounds = 100;
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 3), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	b.units[0].model.slow_flush(14);  // less than what is asked without looking at the clock
	b.units[0].before_read = [] { std::this_thread::sleep_for(std::chrono::microseconds(10)); };

	u32 met = 0;
	for (u32 round = 0; (round < kRounds || !met) && !t.failures; round++) {
		ASSERT(t, b.map(0, kIova, kPa));
		EXPECT(t, b.reads(1, 3, kIova, kPa));
		std::atomic<bool> over{false};
		std::thread thread([&] {
			b.unmap(0, kIova);
			over = true;
		});
		while (!b.units[0].model.flushing() && !over)
			std::this_thread::yield();
		met += !over;
		EXPECT(t, b.suspend_all());
		thread.join();
		EXPECT(t, b.resume_all(round % 2));
		EXPECT(t, b.faults(1, 3, kIova));
	}
	EXPECT(t, met > 0);
	EXPECT_EQ(t, b.reports.stuck, 0);
}

void one_leaf_sleeps_and_wakes_while_the_other_works(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_RCAR_GEN4, 2, IPMMU_STAGE_2));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 leaf : {1, 2}) {
		ASSERT_EQ(t, b.add_master(leaf, leaf, 60), 0);
		ASSERT_EQ(t, b.attach(leaf, 0), 0);
	}
	Mapper mapper(b);
	std::thread thread(&Mapper::run, &mapper);
	for (u32 cycle = 0; cycle < kCycles && !t.failures; cycle++) {
		const u32 sleeper = 1 + cycle % 2, worker = 3 - sleeper;
		EXPECT_EQ(t, b.suspend(sleeper), 0);
		const u64 gone = mapper.unmapped;
		const auto dma = b.read(worker, 60, kIova);
		EXPECT(t, dma.what != model::IpmmuDma::kBypassed);
		EXPECT(t, !dma.ok() || (dma.pa - kPa) / 0x1000 > gone);
		EXPECT_EQ(t, b.resume(sleeper), 0);
	}
	mapper.stop = true;
	thread.join();
}

// A root may be unbound during an unmap, which knows the domain only.
void a_root_goes_while_its_domain_is_flushed(test::Case& t)
{
	constexpr u32 kRounds = 500;
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);

	for (u32 round = 0; round < kRounds && !t.failures; round++) {
		ASSERT_EQ(t, b.probe(0), 0);
		ASSERT_EQ(t, b.create_domain(0), 0);
		std::atomic<bool> begun{false}, stop{false};
		std::thread thread([&] {
			for (; !stop; begun = true)
				ipmmu_core_flush(b.spaces[0].domain);
		});
		while (!begun)
			std::this_thread::yield();
		b.unbind(0);
		stop = true;
		thread.join();
		b.destroy_domain(0);
	}
	EXPECT_EQ(t, b.reports.stuck, 0);
}

}  // namespace

TEST_SUITE(ipmmu_threads, TEST_CASE(ten_thousand_power_cycles_against_mapping),
	   TEST_CASE(a_flush_in_flight_ends_before_power_goes),
	   TEST_CASE(one_leaf_sleeps_and_wakes_while_the_other_works),
	   TEST_CASE(a_root_goes_while_its_domain_is_flushed));
