// SPDX-License-Identifier: GPL-2.0-only
// A queue the SMMU fills, against registers of our own.
#include "arm-smmu-v3/record_queue.hpp"

#include "arm-smmu-v3/event.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using namespace smmu3;

constexpr u32 kBase = 0xa0, kProd = 0x100a8, kCons = 0x100ac;
constexpr u32 kLog2 = 3;
constexpr u32 kOverflowed = 1u << 31;

// The SMMU's end: it owns PROD, software owns CONS.
struct Device {
	u64 base = 0;
	u32 prod = 0, cons = 0;
	u32 cons_writes = 0;

	static u64 read(void* ctx, u32 offset, u32)
	{
		auto* self = static_cast<Device*>(ctx);
		return offset == kProd ? self->prod : offset == kCons ? self->cons : 0;
	}

	static void write(void* ctx, u32 offset, u32, u64 value)
	{
		auto* self = static_cast<Device*>(ctx);
		if (offset == kBase)
			self->base = value;
		if (offset == kProd)
			self->prod = static_cast<u32>(value);
		if (offset == kCons) {
			self->cons = static_cast<u32>(value);
			self->cons_writes++;
		}
	}

	u32 size() const { return 1u << (base & 0x1f); }
	bool full() const { return ((prod ^ cons) & (2 * size() - 1)) == size(); }

	// Write the record numbered `number`, or lose it and say so.
	void record(u64 number)
	{
		if (full()) {
			if (!((prod ^ cons) & kOverflowed))
				prod ^= kOverflowed;
			return;
		}
		const u64 bus = (base & 0x000fffffffffffe0) + 32 * (prod & (size() - 1));
		*static_cast<u64*>(test_bus_to_cpu(bus, 32)) = number;
		prod = (prod & kOverflowed) | ((prod + 1) & (2 * size() - 1));
	}
};

// A queue of eight events behind a device's registers.
struct Bench {
	Device device;
	test_mmio ops{&device, Device::read, Device::write};
	void* registers = test_mmio_map(&ops, 0x20000);
	Mmio mmio{{registers, static_cast<char*>(registers) + 0x10000}};
	core::Result<EventQueue> queue = EventQueue::create(test_device(), kLog2);
	u64 next = 0;

	Bench() { queue->write_registers(mmio); }
	~Bench() { test_mmio_unmap(registers); }

	void record(u32 count)
	{
		for (u32 i = 0; i < count; i++)
			device.record(next + i);
	}

	// Drain, and expect the next `count` numbers in their order.
	bool drained(test::Case& t, u32 count)
	{
		const u64 first = next;
		bool overflowed = false, more = true;
		while (more) {
			const auto taken = queue->take(mmio, [&](const Event& event) {
				EXPECT_EQ(t, event.words[0], next);
				next++;
			});
			overflowed |= taken.overflowed;
			more = taken.record;
		}
		EXPECT_EQ(t, next - first, count);
		EXPECT_EQ(t, device.cons, device.prod);
		return overflowed;
	}
};

void the_smmu_is_told_where_and_how_long(test::Case& t)
{
	Bench bench;
	ASSERT(t, bench.queue);
	EXPECT_EQ(t, bench.queue->entries(), 8);
	EXPECT_EQ(t, bench.device.base & 0x1f, 3);
	EXPECT_EQ(t, bench.device.base >> 62, 1);  // WA
	EXPECT(t, test_bus_to_cpu(bench.device.base & 0x000fffffffffffe0, 8 * 32));
	EXPECT_EQ(t, bench.device.prod, 0);
	EXPECT_EQ(t, bench.device.cons, 0);
}

void an_empty_queue_is_left_alone(test::Case& t)
{
	Bench bench;
	const u32 writes = bench.device.cons_writes;
	EXPECT(t, !bench.drained(t, 0));
	EXPECT_EQ(t, bench.device.cons_writes, writes);
}

void records_come_oldest_first_over_several_laps(test::Case& t)
{
	Bench bench;
	for (u32 lap = 0; lap < 5; lap++) {
		for (u32 count = 1; count <= 8; count++) {
			bench.record(count);
			EXPECT(t, !bench.drained(t, count));
		}
	}
}

void an_overflow_is_told_once_and_acknowledged(test::Case& t)
{
	Bench bench;
	for (u32 round = 0; round < 4; round++) {
		bench.record(11);  // three are lost
		EXPECT_EQ(t, (bench.device.prod ^ bench.device.cons) >> 31, 1);
		EXPECT(t, bench.drained(t, 8));
		EXPECT_EQ(t, (bench.device.prod ^ bench.device.cons) >> 31, 0);
		EXPECT(t, !bench.drained(t, 0));
		bench.record(3);
		EXPECT(t, !bench.drained(t, 3));
	}
}

// The flag may change after the records were taken: it must be acknowledged all the same.
void an_overflow_of_an_empty_queue_is_acknowledged(test::Case& t)
{
	Bench bench;
	bench.device.prod ^= kOverflowed;
	EXPECT(t, bench.drained(t, 0));
	EXPECT(t, !bench.drained(t, 0));
}

void records_that_arrive_meanwhile_are_taken_too(test::Case& t)
{
	Bench bench;
	bench.record(2);
	u32 seen = 0;
	RecordQueue<Event, EVENTQ_BASE, EVENTQ_PROD, EVENTQ_CONS>::Taken taken;
	do {
		taken = bench.queue->take(bench.mmio, [&](const Event& event) {
			EXPECT_EQ(t, event.words[0], seen);
			if (++seen < 20)
				bench.device.record(seen + 1);
		});
		EXPECT(t, !taken.overflowed);
	} while (taken.record);
	EXPECT_EQ(t, seen, 21);
}

void each_record_makes_room(test::Case& t)
{
	Bench bench;
	bench.record(8);
	const auto ignore = [](const Event&) {};
	for (u32 taken = 1; taken <= 8; taken++) {
		EXPECT(t, bench.queue->take(bench.mmio, ignore).record);
		EXPECT_EQ(t, bench.device.cons, taken);
	}
}

// 7.4: what is lost from then on is another overflow.
void an_overflow_is_acknowledged_with_the_first_record(test::Case& t)
{
	Bench bench;
	bench.record(9);
	const auto ignore = [](const Event&) {};
	EXPECT(t, bench.queue->take(bench.mmio, ignore).overflowed);
	EXPECT_EQ(t, (bench.device.prod ^ bench.device.cons) >> 31, 0);
	bench.record(2);
	EXPECT_EQ(t, (bench.device.prod ^ bench.device.cons) >> 31, 1);
	u32 overflows = 0;
	for (u32 i = 0; i < 9; i++)
		overflows += bench.queue->take(bench.mmio, ignore).overflowed;
	EXPECT_EQ(t, overflows, 1);
	EXPECT_EQ(t, bench.device.cons, bench.device.prod);
}

// Known of and not taken when power went.
void records_are_gone_after_a_reset(test::Case& t)
{
	Bench bench;
	bench.record(3);
	const auto ignore = [](const Event&) {};
	EXPECT(t, bench.queue->take(bench.mmio, ignore).record);
	bench.queue->write_registers(bench.mmio);
	EXPECT(t, !bench.queue->take(bench.mmio, ignore).record);
	EXPECT_EQ(t, bench.device.cons, bench.device.prod);
}

void a_queue_takes_what_memory_there_is(test::Case& t)
{
	test_limit_dma(32u << 9);
	const auto shorter = EventQueue::create(test_device(), 12);
	ASSERT(t, shorter);
	EXPECT_EQ(t, shorter->entries(), 1u << 9);
}

void a_queue_of_less_than_a_page_is_given_up(test::Case& t)
{
	test_limit_dma((32u << 7) - 1);
	const auto none = EventQueue::create(test_device(), 12);
	ASSERT(t, !none);
	EXPECT(t, none.error() == core::Errno::kNoMemory);

	test_limit_dma(32u << 7);
	EXPECT(t, EventQueue::create(test_device(), 12));
	test_limit_dma(32u << 2);
	EXPECT(t, EventQueue::create(test_device(), 2));  // the SMMU has no more
}

}  // namespace

TEST_SUITE(record_queue, TEST_CASE(the_smmu_is_told_where_and_how_long),
	   TEST_CASE(an_empty_queue_is_left_alone),
	   TEST_CASE(records_come_oldest_first_over_several_laps),
	   TEST_CASE(an_overflow_is_told_once_and_acknowledged),
	   TEST_CASE(an_overflow_of_an_empty_queue_is_acknowledged),
	   TEST_CASE(records_that_arrive_meanwhile_are_taken_too),
	   TEST_CASE(each_record_makes_room),
	   TEST_CASE(an_overflow_is_acknowledged_with_the_first_record),
	   TEST_CASE(records_are_gone_after_a_reset), TEST_CASE(a_queue_takes_what_memory_there_is),
	   TEST_CASE(a_queue_of_less_than_a_page_is_given_up));
