// SPDX-License-Identifier: GPL-2.0-only
// The test system itself: the same promises in a host process and in UML.
#include "kunit/base/testos.h"

#include "kunit/base/test.hpp"
#include "os/os.h"

namespace {

void memory_is_zeroed_and_counted(test::Case& t)
{
	const u32 before = test_live_allocs();
	auto* bytes = static_cast<unsigned char*>(os_alloc(100));
	ASSERT(t, bytes);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(t, bytes[i], 0);
	EXPECT_EQ(t, test_live_allocs(), before + 1);
	os_free(bytes);
	EXPECT_EQ(t, test_live_allocs(), before);
	os_free(nullptr);
}

void chosen_allocation_fails_once(test::Case& t)
{
	test_fail_alloc(2);
	void* first = os_alloc(8);
	EXPECT(t, first);
	EXPECT(t, !test_alloc_failed());
	os_dma memory{};
	EXPECT(t, os_dma_alloc(test_device(), 64, &memory) < 0);
	EXPECT(t, !memory.cpu);
	EXPECT(t, test_alloc_failed());
	os_mutex* mutex = os_mutex_create();
	EXPECT(t, mutex);
	os_mutex_destroy(mutex);
	os_free(first);
}

void dma_memory_is_naturally_aligned(test::Case& t)
{
	for (size_t size : {size_t{8}, size_t{4096}, size_t{12288}, size_t{1} << 20}) {
		os_dma memory{};
		ASSERT_EQ(t, os_dma_alloc(test_device(), size, &memory), 0);
		size_t align = 1;
		while (align < size)
			align *= 2;
		EXPECT_EQ(t, memory.bus & (align - 1), 0);
		EXPECT_EQ(t, memory.size, size);
		EXPECT(t, test_bus_to_cpu(memory.bus, size) == memory.cpu);
		os_dma_free(test_device(), &memory);
		EXPECT(t, !memory.cpu);
	}
}

void dma_limit_is_kept(test::Case& t)
{
	os_dma memory{};
	test_limit_dma(8192);
	EXPECT(t, os_dma_alloc(test_device(), 8193, &memory) < 0);
	EXPECT_EQ(t, os_dma_alloc(test_device(), 8192, &memory), 0);
	os_dma_free(test_device(), &memory);
}

struct Register {
	u32 offset, bytes;
	u64 value;
};

u64 register_read(void* ctx, u32 offset, u32 bytes)
{
	auto* reg = static_cast<Register*>(ctx);
	reg->offset = offset;
	reg->bytes = bytes;
	return 0x1122334455667788;
}

void register_write(void* ctx, u32 offset, u32 bytes, u64 value)
{
	*static_cast<Register*>(ctx) = {offset, bytes, value};
}

void registers_reach_their_model(test::Case& t)
{
	Register reg{};
	const test_mmio ops{&reg, register_read, register_write};
	auto* base = static_cast<char*>(test_mmio_map(&ops, 0x20000));
	ASSERT(t, base);
	EXPECT_EQ(t, os_mmio_read32(base + 0x1c), 0x55667788);
	EXPECT(t, reg.offset == 0x1c && reg.bytes == 4);
	EXPECT_EQ(t, os_mmio_read64(base + 0x100a8), 0x1122334455667788);
	EXPECT(t, reg.offset == 0x100a8 && reg.bytes == 8);
	os_mmio_write32(base + 0x20, 7);
	EXPECT(t, reg.offset == 0x20 && reg.bytes == 4 && reg.value == 7);
	os_mmio_write64(base + 0x80, ~0ull);
	EXPECT(t, reg.offset == 0x80 && reg.bytes == 8 && reg.value == ~0ull);
	test_mmio_unmap(base);
}

void fake_clock_moves_by_delays(test::Case& t)
{
	test_clock_fake(true);
	const u64 start = os_now_ns();
	os_udelay(1000);
	test_clock_advance(5'000'000'000);
	const u64 passed = os_now_ns() - start;
	EXPECT(t, passed >= 5'001'000'000 && passed < 5'001'001'000);
}

void real_clock_moves(test::Case& t)
{
	const u64 start = os_now_ns();
	u64 passed = 0;
	for (int i = 0; i < 10'000 && passed < 20'000; i++) {
		os_udelay(20);
		passed = os_now_ns() - start;
	}
	EXPECT(t, passed >= 20'000);
}

void log_is_kept(test::Case& t)
{
	os_log(test_device(), OS_WARNING, "the answer is %d", 42);
	EXPECT_EQ(t, test_log_count("answer is 42"), 1);
	EXPECT_EQ(t, test_log_count("question"), 0);
	test_log_clear();
	EXPECT_EQ(t, test_log_count("answer"), 0);
}

void ids_are_the_lowest_free(test::Case& t)
{
	os_ids* ids = os_ids_create();
	ASSERT(t, ids);
	EXPECT_EQ(t, os_ids_take(ids, 1, 3), 1);
	EXPECT_EQ(t, os_ids_take(ids, 1, 3), 2);
	EXPECT_EQ(t, os_ids_take(ids, 1, 3), 3);
	EXPECT_EQ(t, os_ids_take(ids, 1, 3), -28);
	os_ids_give(ids, 2);
	EXPECT_EQ(t, os_ids_take(ids, 1, 3), 2);
	for (u32 id = 1; id <= 3; id++)
		os_ids_give(ids, id);
	os_ids_destroy(ids);
}

void maps_refuse_a_taken_key(test::Case& t)
{
	int one = 1, two = 2;
	os_map* map = os_map_create();
	ASSERT(t, map);
	EXPECT_EQ(t, os_map_insert(map, 0xffffffff, &one), 0);
	EXPECT_EQ(t, os_map_insert(map, 0xffffffff, &two), -16);
	EXPECT(t, os_map_find(map, 0xffffffff) == &one);
	EXPECT(t, !os_map_find(map, 0));
	os_map_erase(map, 0xffffffff);
	EXPECT(t, !os_map_find(map, 0xffffffff));
	os_map_destroy(map);
}

void sections_nest(test::Case& t)
{
	const unsigned long outer = os_irq_save();
	const unsigned long inner = os_irq_save();
	os_preempt_disable();
	EXPECT(t, os_cpu() < os_nr_cpus());
	os_preempt_enable();
	os_irq_restore(inner);
	os_irq_restore(outer);
	os_synchronize();
}

}  // namespace

TEST_SUITE(testos, TEST_CASE(memory_is_zeroed_and_counted), TEST_CASE(chosen_allocation_fails_once),
	   TEST_CASE(dma_memory_is_naturally_aligned), TEST_CASE(dma_limit_is_kept),
	   TEST_CASE(registers_reach_their_model), TEST_CASE(fake_clock_moves_by_delays),
	   TEST_CASE(real_clock_moves), TEST_CASE(log_is_kept), TEST_CASE(ids_are_the_lowest_free),
	   TEST_CASE(maps_refuse_a_taken_key), TEST_CASE(sections_nest));
