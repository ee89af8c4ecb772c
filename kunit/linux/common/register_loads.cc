// SPDX-License-Identifier: GPL-2.0-only
// The instructions that load registers, of both drivers: tools/kunit runs this on CPUs with and without erratum 832075.
#include "core/mmio.hpp"

#include "kunit/base/test.hpp"
#include "kunit/linux/common/uml.h"

namespace {

constexpr u64 kValue = 0xfedc'ba98'7654'3210;

u64 answer(void*, u32 offset, u32 bytes)
{
	const u64 value = kValue >> (8 * offset);
	return bytes == 8 ? value : static_cast<u32>(value);
}

struct Registers {
	test_mmio ops{nullptr, answer, [](void*, u32, u32, u64) {}};
	char* base = static_cast<char*>(test_mmio_map(&ops, 0x1000));

	~Registers() { test_mmio_unmap(base); }

	template <typename T>
	T load(u32 offset) const
	{
		return core::io::load(reinterpret_cast<const T*>(base + offset));
	}
};

void loads_are_as_wide_as_the_register(test::Case& t)
{
	Registers registers;
	EXPECT_EQ(t, registers.load<u32>(0), static_cast<u32>(kValue));
	EXPECT_EQ(t, registers.load<u32>(4), kValue >> 32);
	EXPECT_EQ(t, registers.load<u64>(0), kValue);
}

void loads_acquire_where_the_cpu_needs_it(test::Case& t)
{
	Registers registers;
	const u32 loads = uml_loads(), acquiring = uml_acquiring_loads();
	registers.load<u32>(0);
	registers.load<u64>(0);
	EXPECT_EQ(t, uml_loads() - loads, 2);
	EXPECT_EQ(t, uml_acquiring_loads() - acquiring, uml_loads_must_acquire() ? 2 : 0);
}

}  // namespace

TEST_SUITE(register_loads, TEST_CASE(loads_are_as_wide_as_the_register),
	   TEST_CASE(loads_acquire_where_the_cpu_needs_it));
