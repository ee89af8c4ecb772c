// SPDX-License-Identifier: GPL-2.0-only
/* Memory that the kernel moves to a disk, which is /swap. */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define PAGES		4
#define DISK_BYTES	(4UL << 20)
#define HEADER		1024	/* of the bytes behind a boot block */

struct swap_header {
	__u32 version, last_page, bad_pages;
};

static int write_at(long disk, unsigned long where, const void *from, size_t size)
{
	return EXPECT_EQ(SYS4(pwrite64, disk, from, size, where), size);
}

/* As mkswap and swapon. */
static int begin_swap(void)
{
	const struct swap_header header = { 1, DISK_BYTES / page_bytes - 1, 0 };
	const long disk = SYS4(openat, AT_FDCWD, "/swap", O_RDWR, 0);

	if (!EXPECT(disk >= 0) || !write_at(disk, HEADER, &header, sizeof(header)) ||
	    !write_at(disk, page_bytes - 10, "SWAPSPACE2", 10))
		return 0;
	SYS1(fsync, disk);
	SYS1(close, disk);
	return EXPECT_EQ(SYS2(swapon, "/swap", 0), 0);
}

static void end_swap(void)
{
	EXPECT_EQ(SYS1(swapoff, "/swap"), 0);
}

static int present_pages(char *at, size_t size)
{
	unsigned char present[PAGES];
	int count = 0;

	EXPECT_EQ(SYS3(mincore, at, size, present), 0);
	for (size_t i = 0; i < size / page_bytes; i++)
		count += present[i] & 1;
	return count;
}

static int swap_out(char *at, size_t size)
{
	return EXPECT_EQ(SYS3(madvise, at, size, MADV_PAGEOUT), 0) &&
	       EXPECT_EQ(present_pages(at, size), 0);
}

void swapped_memory_comes_back(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device) || !begin_swap())
		return;
	EXPECT(fills(&device, at, size, 0x11));
	if (swap_out(at, size)) {
		EXPECT(reads(&device, at, size, 0x11));
		EXPECT(device.job->stalls > 0);
		EXPECT_EQ(present_pages(at, size), PAGES);
		EXPECT(is(at, size, 0x11));
	}
	if (swap_out(at, size)) {
		EXPECT(fills(&device, at, size / 2, 0x22));
		EXPECT(is(at, size / 2, 0x22));
		EXPECT(is(at + size / 2, size / 2, 0x11));
	}
	end_swap();
	close_device(&device);
}

/* A clean page has its contents on the disk already, and would come back without what the device has written. */
void write_of_the_device_makes_a_page_dirty(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device) || !begin_swap())
		return;
	set(at, size, 0x11);
	swap_out(at, size);
	EXPECT(is(at, size, 0x11));
	EXPECT(fills(&device, at, size, 0x22));
	swap_out(at, size);
	EXPECT(is(at, size, 0x22));
	swap_out(at, size);
	EXPECT(reads(&device, at, size, 0x22));
	EXPECT(fills(&device, at, size, 0x33));
	swap_out(at, size);
	EXPECT(reads(&device, at, size, 0x33));
	end_swap();
	EXPECT(is(at, size, 0x33));
	close_device(&device);
}
