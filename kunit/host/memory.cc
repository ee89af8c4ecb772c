// SPDX-License-Identifier: GPL-2.0-only
// Allocations that can be made to fail and are counted.  A device reaches DMA memory only: anything else
// it asks for is an external abort.
#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <mutex>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace {

constexpr int kNoMemory = -12, kIo = -5;
constexpr size_t kArena = size_t{256} << 20;
constexpr size_t kLeast = 64;

// Where the arena lies in the device's address space: in the upper window unless its mask forbids.
constexpr u64 kLowBus = 0x4000'0000, kHighBus = 0x9'4000'0000;
constexpr u32 kHighBits = 36;

struct Block {
	size_t offset, size, span;
};

std::atomic<u32> live{0};
std::atomic<u32> fail_at{0};
std::atomic<bool> failed{false};

struct Arena {
	std::mutex mutex;
	char* base = nullptr;
	std::map<size_t, size_t> spans;  // allocated, offset to length
	std::map<u64, Block> blocks;     // the same by bus address
	size_t limit = 0;
	u32 mask_bits = 64;
	u32 least_mask = 0;
};

Arena& arena()
{
	static Arena& the_arena = *new Arena;  // outlives every thread
	return the_arena;
}

char* map_arena()
{
	void* base = mmap(nullptr, 2 * kArena, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		host::die("no address space for DMA memory");
	// Aligned as the bus addresses are, so that both keep the alignment asked for.
	const auto start = reinterpret_cast<__UINTPTR_TYPE__>(base);
	const auto skip = (kArena - start % kArena) % kArena;
	char* aligned = static_cast<char*>(base) + skip;
	ASAN_POISON_MEMORY_REGION(aligned, kArena);
	return aligned;
}

// The first hole that holds `span` bytes aligned to `span`, or kArena.
size_t find_hole(const std::map<size_t, size_t>& spans, size_t span)
{
	size_t offset = 0;
	for (const auto& [start, length] : spans) {
		if (offset + span <= start)
			return offset;
		offset = (start + length + span - 1) & ~(span - 1);
	}
	return offset + span <= kArena ? offset : kArena;
}

}  // namespace

bool host::allocation_fails()
{
	u32 left = fail_at.load();
	while (left && !fail_at.compare_exchange_weak(left, left - 1)) {
	}
	if (left == 1)
		failed = true;
	return left == 1;
}

void host::count_allocation(int change)
{
	live += static_cast<u32>(change);
}

void host::reset_allocations()
{
	fail_at = 0;
	failed = false;
}

void host::reset_dma()
{
	Arena& a = arena();
	std::lock_guard guard(a.mutex);
	a.limit = 0;
	a.mask_bits = 64;
	a.least_mask = 0;
}

void test_fail_alloc(u32 nth)
{
	failed = false;
	fail_at = nth;
}

bool test_alloc_failed()
{
	return failed;
}

void test_limit_dma(size_t bytes)
{
	std::lock_guard guard(arena().mutex);
	arena().limit = bytes;
}

u32 test_live_allocs()
{
	return live;
}

void test_refuse_dma_mask(u32 bits)
{
	std::lock_guard guard(arena().mutex);
	arena().least_mask = bits;
}

namespace {

// No more alignment than os_alloc() promises: a power of two to itself, anything else to 8 bytes.
constexpr size_t kPromised = 8, kAligned = alignof(std::max_align_t);
static_assert(kAligned > kPromised);

void* allocate(size_t bytes)
{
	if (std::has_single_bit(bytes))
		return bytes > kAligned ? std::aligned_alloc(bytes, bytes) : std::malloc(bytes);
	char* memory = static_cast<char*>(std::malloc(kPromised + bytes));
	if (!memory)
		return nullptr;
	ASAN_POISON_MEMORY_REGION(memory, kPromised);
	return memory + kPromised;
}

void release(char* memory)
{
	if (reinterpret_cast<__UINTPTR_TYPE__>(memory) % kAligned) {
		memory -= kPromised;
		ASAN_UNPOISON_MEMORY_REGION(memory, kPromised);
	}
	std::free(memory);
}

}  // namespace

void* os_alloc(size_t size)
{
	host::must_be_able_to_sleep("os_alloc()");
	if (host::allocation_fails())
		return nullptr;
	const size_t bytes = size ? size : 1;
	void* memory = allocate(bytes);
	if (!memory)
		return nullptr;
	__builtin_memset(memory, 0, bytes);
	host::count_allocation(1);
	return memory;
}

void os_free(void* memory)
{
	if (!memory)
		return;
	host::count_allocation(-1);
	release(static_cast<char*>(memory));
}

bool host::take_dma(size_t size, os_dma& out)
{
	if (allocation_fails())
		return false;
	Arena& a = arena();
	std::lock_guard guard(a.mutex);
	if (!a.base)
		a.base = map_arena();
	if (size == 0 || size > kArena || (a.limit && size > a.limit))
		return false;
	const size_t span = std::bit_ceil(size < kLeast ? kLeast : size);
	const size_t offset = find_hole(a.spans, span);
	if (offset == kArena)
		return false;
	char* cpu = a.base + offset;
	ASAN_UNPOISON_MEMORY_REGION(cpu, size);
	__builtin_memset(cpu, 0, size);
	const u64 bus = (a.mask_bits < kHighBits ? kLowBus : kHighBus) + offset;
	a.spans[offset] = span;
	a.blocks[bus] = {offset, size, span};
	out = {cpu, bus, size};
	count_allocation(1);
	return true;
}

void host::give_dma(const os_dma& memory)
{
	Arena& a = arena();
	std::lock_guard guard(a.mutex);
	const auto found = a.blocks.find(memory.bus);
	if (found == a.blocks.end() || found->second.size != memory.size)
		host::die("%zu bytes at bus address %#llx are freed: not allocated", memory.size,
			  memory.bus);
	ASAN_POISON_MEMORY_REGION(memory.cpu, memory.size);
	a.spans.erase(found->second.offset);
	a.blocks.erase(found);
	count_allocation(-1);
}

u64 host::dma_linear()
{
	Arena& a = arena();
	std::lock_guard guard(a.mutex);
	if (!a.base)
		a.base = map_arena();
	return reinterpret_cast<__UINTPTR_TYPE__>(a.base) -
	       (a.mask_bits < kHighBits ? kLowBus : kHighBus);
}

int os_dma_alloc(device*, size_t size, os_dma* out)
{
	host::must_be_able_to_sleep("os_dma_alloc()");
	return host::take_dma(size, *out) ? 0 : kNoMemory;
}

void os_dma_free(device*, os_dma* memory)
{
	if (!memory->cpu)
		return;
	host::must_be_able_to_sleep("os_dma_free()");
	host::give_dma(*memory);
	*memory = {};
}

int os_dma_set_mask(device*, u32 bits)
{
	host::must_be_able_to_sleep("os_dma_set_mask()");
	std::lock_guard guard(arena().mutex);
	if (bits < arena().least_mask)
		return kIo;
	arena().mask_bits = bits;
	return 0;
}

void* test_bus_to_cpu(u64 bus, u64 size)
{
	Arena& a = arena();
	std::lock_guard guard(a.mutex);
	auto next = a.blocks.upper_bound(bus);
	if (next == a.blocks.begin())
		return nullptr;
	const auto& [start, block] = *--next;
	const u64 offset = bus - start;
	if (offset >= block.size || size > block.size - offset)
		return nullptr;
	return a.base + block.offset + offset;
}
