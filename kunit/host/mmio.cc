// SPDX-License-Identifier: GPL-2.0-only
// Registers: addresses without memory, whose accesses go to the model that was registered for them.
#include <sys/mman.h>

#include <atomic>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

namespace {

constexpr u32 kRegions = 16;
constexpr u32 kRegionSize = 1u << 20;

struct Region {
	std::atomic<bool> mapped{false};
	test_mmio ops{};
	u32 size = 0;
};

constinit Region regions[kRegions];

// Reserved and not accessible, so that a plain load or store of a register faults.
char* window()
{
	static char* const base =
		static_cast<char*>(mmap(nullptr, kRegions * kRegionSize, PROT_NONE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	return base;
}

struct Target {
	const test_mmio& ops;
	u32 offset;
};

Target find(const void* address, u32 bytes)
{
	const size_t distance = static_cast<const char*>(address) - window();
	if (distance >= kRegions * kRegionSize)
		host::die("no register is at %p", address);
	const Region& region = regions[distance / kRegionSize];
	const u32 offset = distance % kRegionSize;
	if (!region.mapped || offset + bytes > region.size || offset % bytes)
		host::die("a bad register access: offset %#x, %u bytes", offset, bytes);
	return {region.ops, offset};
}

u64 read(const void* address, u32 bytes)
{
	const auto [ops, offset] = find(address, bytes);
	return ops.read(ops.ctx, offset, bytes);
}

void write(void* address, u32 bytes, u64 value)
{
	const auto [ops, offset] = find(address, bytes);
	ops.write(ops.ctx, offset, bytes, value);
}

}  // namespace

void* test_mmio_map(const test_mmio* ops, u32 size)
{
	if (size > kRegionSize)
		return nullptr;
	for (u32 i = 0; i < kRegions; i++) {
		if (regions[i].mapped)
			continue;
		regions[i].ops = *ops;
		regions[i].size = size;
		regions[i].mapped = true;
		return window() + size_t{i} * kRegionSize;
	}
	return nullptr;
}

void test_mmio_unmap(void* address)
{
	const size_t distance = static_cast<char*>(address) - window();
	regions[distance / kRegionSize].mapped = false;
}

void host::reset_mmio()
{
	for (Region& region : regions)
		region.mapped = false;
}

u32 os_mmio_read32(const void* address)
{
	return static_cast<u32>(read(address, 4));
}

void os_mmio_write32(void* address, u32 value)
{
	write(address, 4, value);
}

u64 os_mmio_read64(const void* address)
{
	return read(address, 8);
}

void os_mmio_write64(void* address, u64 value)
{
	write(address, 8, value);
}
