// SPDX-License-Identifier: GPL-2.0-only
/* The SMMU has power while a job runs only. */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define PAGES	4

static void await_sleep(struct device *device)
{
	while (SYS2(ioctl, device->fd, ACCELERATOR_POWERED))
		sleep_us(1000);
}

void smmu_is_off_between_two_accesses(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x11));
	await_sleep(&device);
	EXPECT_EQ(SYS2(munmap, at, page_bytes), 0);
	EXPECT_EQ(SYS3(madvise, at + page_bytes, page_bytes, MADV_DONTNEED), 0);
	EXPECT_EQ(SYS3(mprotect, at + 2 * page_bytes, page_bytes, PROT_READ), 0);
	EXPECT_EQ(SYS2(ioctl, device.fd, ACCELERATOR_POWERED), 0);
	EXPECT(read_aborts(&device, at));
	await_sleep(&device);
	EXPECT(reads(&device, at + page_bytes, page_bytes, 0));
	EXPECT(write_aborts(&device, at + 2 * page_bytes));
	await_sleep(&device);
	EXPECT(reads(&device, at + 2 * page_bytes, 2 * page_bytes, 0x11));
	close_device(&device);
}

static void use_and_sleep(struct device *device)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);

	if (!at || !open_device(device))
		return;
	EXPECT(fills(device, at, size, 0x11));
	EXPECT(is(at, size, 0x11));
	await_sleep(device);
}

void smmu_is_off_at_the_end_of_a_process(void)
{
	struct device device;
	long child;

	use_and_sleep(&device);
	close_device(&device);
	child = fork_process();
	if (!child) {
		use_and_sleep(&device);
		exit_process(!!failures);
	}
	EXPECT_EQ(wait_for(child), 0);
	use_and_sleep(&device);
	close_device(&device);
}
