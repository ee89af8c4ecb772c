// SPDX-License-Identifier: GPL-2.0-only
// Registers in pages and in banks: each access reaches its offset, as wide as the register is.
#include "core/mmio.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

constexpr u64 kValue = 0xfedc'ba98'7654'3210;

struct Near : core::Register<Near, u32, 0x44> {};
struct Wide : core::Register<Wide, u64, 0x80> {};
struct Far : core::Register<Far, u32, 0x1'00a8> {};

struct Bank {
	u32 offset;
};
struct Banked : core::BankedRegister<Banked, u32, Bank, 0x0c> {};

// What answers, and the last access to it.
struct Device {
	test_mmio ops{this, read, write};
	void* base = test_mmio_map(&ops, 0x1000);
	u32 offset = 0, bytes = 0;
	u64 value = 0;

	~Device() { test_mmio_unmap(base); }

	bool was(u32 at, u32 width) const { return offset == at && bytes == width; }

	static u64 read(void* ctx, u32 offset, u32 bytes)
	{
		auto* device = static_cast<Device*>(ctx);
		device->offset = offset;
		device->bytes = bytes;
		return bytes == 8 ? kValue : static_cast<u32>(kValue);
	}
	static void write(void* ctx, u32 offset, u32 bytes, u64 value)
	{
		auto* device = static_cast<Device*>(ctx);
		device->offset = offset;
		device->bytes = bytes;
		device->value = value;
	}
};

void a_register_is_read_where_it_is(test::Case& t)
{
	Device first, second;
	ASSERT(t, first.base && second.base);
	const core::Mmio<2> mmio({first.base, second.base});
	EXPECT_EQ(t, mmio.read_relaxed<Near>().raw(), static_cast<u32>(kValue));
	EXPECT(t, first.was(0x44, 4));
	EXPECT_EQ(t, mmio.read<Wide>().raw(), kValue);
	EXPECT(t, first.was(0x80, 8));
	EXPECT(t, second.was(0, 0));
	EXPECT_EQ(t, mmio.read<Far>().raw(), static_cast<u32>(kValue));
	EXPECT(t, second.was(0xa8, 4));
	EXPECT(t, first.was(0x80, 8));
}

void a_register_is_written_where_it_is(test::Case& t)
{
	Device first, second;
	ASSERT(t, first.base && second.base);
	core::Mmio<2> mmio({first.base, second.base});
	mmio.write_relaxed(Wide::from_raw(kValue));
	EXPECT(t, first.was(0x80, 8) && first.value == kValue);
	mmio.write_relaxed(Near::from_raw(0));
	EXPECT(t, first.was(0x44, 4) && first.value == 0);
	EXPECT(t, second.was(0, 0));
	mmio.write_relaxed(Far::from_raw(7));
	EXPECT(t, second.was(0xa8, 4) && second.value == 7);
}

void a_banked_register_is_in_its_bank(test::Case& t)
{
	Device device;
	ASSERT(t, device.base);
	core::BankedMmio mmio(device.base);
	EXPECT_EQ(t, mmio.read_relaxed<Banked>(Bank{0x300}).raw(), static_cast<u32>(kValue));
	EXPECT(t, device.was(0x30c, 4));
	EXPECT_EQ(t, mmio.read<Banked>(Bank{0}).raw(), static_cast<u32>(kValue));
	EXPECT(t, device.was(0xc, 4));
	mmio.write_relaxed(Bank{0x340}, Banked::from_raw(5));
	EXPECT(t, device.was(0x34c, 4) && device.value == 5);
}

}  // namespace

TEST_SUITE(mmio, TEST_CASE(a_register_is_read_where_it_is),
	   TEST_CASE(a_register_is_written_where_it_is),
	   TEST_CASE(a_banked_register_is_in_its_bank));
