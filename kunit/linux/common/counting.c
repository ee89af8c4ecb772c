// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/common/counting.h"

#include <linux/sizes.h>

#include "kunit/linux/common/uml.h"

static u64 read_nothing(void *context, u32 offset, u32 bytes)
{
	return 0;
}

static void write_nothing(void *context, u32 offset, u32 bytes, u64 value)
{
}

static const struct test_mmio nothing = { .read = read_nothing, .write = write_nothing };

void *counting_registers(void)
{
	return test_mmio_map(&nothing, SZ_4K);
}

bool counting_start(struct test_run *t)
{
	void *a_register = counting_registers();

	if (!EXPECT(t, a_register))
		return false;
	uml_count_instructions(a_register);
	test_mmio_unmap(a_register);
	return true;
}
