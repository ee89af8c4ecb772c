// SPDX-License-Identifier: GPL-2.0-only
/* What a process does to its own memory. */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define PAGES	4

void device_reads_and_writes_memory_of_a_process(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device))
		return;
	set(at, size, 0x11);
	EXPECT(reads(&device, at, size, 0x11));
	EXPECT(fills(&device, at + 5, size - 10, 0x22));
	EXPECT(is(at, 5, 0x11));
	EXPECT(is(at + 5, size - 10, 0x22));
	EXPECT(is(at + size - 5, 5, 0x11));
	/* Two pages in one job, with different bytes. */
	for (size_t i = 0; i < 256; i++)
		device.job->data[i] = i;
	start(&device, ACCELERATOR_WRITE, at + page_bytes - 128, 256);
	EXPECT_EQ(finish(&device), ACCELERATOR_DONE);
	for (size_t i = 0; i < 256; i++)
		EXPECT_EQ((unsigned char)at[page_bytes - 128 + i], i);
	set(at + page_bytes, 1, 0xee);
	start(&device, ACCELERATOR_READ, at + page_bytes - 128, 256);
	EXPECT_EQ(finish(&device), ACCELERATOR_DONE);
	for (size_t i = 0; i < 256; i++)
		EXPECT_EQ(device.job->data[i], i == 128 ? 0xee : i);
	close_device(&device);
}

void absent_pages_are_faulted_in(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size), *zeroes = memory(size);
	struct device device;

	if (!at || !zeroes || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x33));
	EXPECT_EQ(device.job->stalls, PAGES);
	EXPECT(is(at, size, 0x33));
	/* A read gets the page of zeroes, which a write replaces. */
	EXPECT(reads(&device, zeroes, size, 0));
	EXPECT_EQ(device.job->stalls, PAGES);
	EXPECT(fills(&device, zeroes, size, 0x44));
	EXPECT_EQ(device.job->stalls, PAGES);
	EXPECT(is(zeroes, size, 0x44));
	EXPECT(fills(&device, zeroes, size, 0x55));
	EXPECT_EQ(device.job->stalls, 0);
	/* The first write of the process itself, after the device has read. */
	EXPECT_EQ(SYS3(madvise, at, size, MADV_DONTNEED), 0);
	EXPECT(reads(&device, at, size, 0));
	set(at, size, 0x66);
	EXPECT(reads(&device, at, size, 0x66));
	close_device(&device);
}

void unmapped_memory_is_out_of_reach(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x11));
	EXPECT_EQ(SYS2(munmap, at + page_bytes, page_bytes), 0);
	EXPECT(read_aborts(&device, at + page_bytes));
	EXPECT(write_aborts(&device, at + page_bytes));
	EXPECT(reads(&device, at, page_bytes, 0x11));
	EXPECT(reads(&device, at + 2 * page_bytes, page_bytes, 0x11));
	/* A job over a hole ends at it. */
	device.job->data[0] = 0x22;
	start(&device, ACCELERATOR_FILL, at, size);
	EXPECT_EQ(finish(&device), ACCELERATOR_ABORTED);
	EXPECT_EQ(device.job->done, page_bytes);
	EXPECT(is(at, page_bytes, 0x22));
	EXPECT(is(at + 2 * page_bytes, 2 * page_bytes, 0x11));
	/* Other memory at the same address. */
	EXPECT_EQ(map((void *)(at + page_bytes), page_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_FIXED), at + page_bytes);
	EXPECT(reads(&device, at + page_bytes, page_bytes, 0));
	EXPECT(read_aborts(&device, NULL));
	EXPECT(read_aborts(&device, (void *)(1UL << (va_bits - 1))));
	close_device(&device);
}

void read_only_memory_is_not_written(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x11));
	EXPECT_EQ(SYS3(mprotect, at, size, PROT_READ), 0);
	EXPECT(write_aborts(&device, at));
	EXPECT(is(at, size, 0x11));
	EXPECT(reads(&device, at, size, 0x11));
	EXPECT_EQ(SYS3(mprotect, at, size, PROT_READ | PROT_WRITE), 0);
	EXPECT(fills(&device, at, size, 0x22));
	EXPECT(is(at, size, 0x22));
	EXPECT_EQ(SYS3(mprotect, at, size, PROT_NONE), 0);
	EXPECT(write_aborts(&device, at));
	EXPECT(read_aborts(&device, at));
	EXPECT_EQ(SYS3(mprotect, at, size, PROT_READ), 0);
	EXPECT(is(at, size, 0x22));
	/* The program itself. */
	EXPECT(write_aborts(&device, (void *)read_only_memory_is_not_written));
	start(&device, ACCELERATOR_READ, (void *)read_only_memory_is_not_written, 64);
	EXPECT_EQ(finish(&device), ACCELERATOR_DONE);
	for (size_t i = 0; i < 64; i++)
		EXPECT_EQ(device.job->data[i],
			  ((unsigned char *)read_only_memory_is_not_written)[i]);
	close_device(&device);
}

void discarded_memory_reads_as_zero(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	struct device device;

	if (!at || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x11));
	EXPECT_EQ(SYS3(madvise, at, size, MADV_DONTNEED), 0);
	EXPECT(reads(&device, at, size, 0));
	EXPECT_EQ(device.job->stalls, PAGES);
	EXPECT(is(at, size, 0));
	EXPECT(fills(&device, at, size, 0x22));
	EXPECT_EQ(SYS3(madvise, at + page_bytes, page_bytes, MADV_DONTNEED), 0);
	EXPECT(fills(&device, at + page_bytes, 1, 0x33));
	EXPECT(is(at, page_bytes, 0x22));
	EXPECT(is(at + page_bytes, 1, 0x33));
	EXPECT(is(at + page_bytes + 1, page_bytes - 1, 0));
	close_device(&device);
}

void moved_memory_is_reached_at_its_new_address(void)
{
	const size_t size = PAGES * page_bytes;
	char *from = memory(size), *to = memory(2 * size);
	struct device device;

	if (!from || !to || !open_device(&device))
		return;
	EXPECT(fills(&device, from, size, 0x11));
	EXPECT(fills(&device, to, 2 * size, 0x22));
	EXPECT_EQ(SYS5(mremap, from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	EXPECT(read_aborts(&device, from));
	EXPECT(write_aborts(&device, from));
	EXPECT(reads(&device, to, size, 0x11));
	EXPECT(fills(&device, to, size, 0x33));
	EXPECT(is(to, size, 0x33));
	EXPECT(is(to + size, size, 0x22));
	close_device(&device);
}

/* ---- huge pages ---- */

#define BLOCK_SHIFT	21

static void use_block(struct device *device, char *at)
{
	const size_t size = 1UL << BLOCK_SHIFT;

	EXPECT(fills(device, at, size, 0x11));
	EXPECT_EQ(device->job->stalls, 1);
	EXPECT_EQ(device->job->block_shift, BLOCK_SHIFT);
	EXPECT(is(at, size, 0x11));
	/* The kernel splits it. */
	EXPECT_EQ(SYS3(mprotect, at + page_bytes, page_bytes, PROT_READ), 0);
	EXPECT(write_aborts(device, at + page_bytes));
	EXPECT(reads(device, at, size, 0x11));
	EXPECT_EQ(device->job->block_shift, 12);
	EXPECT(fills(device, at, page_bytes, 0x22));
	EXPECT_EQ(SYS2(munmap, at + size / 2, page_bytes), 0);
	EXPECT(read_aborts(device, at + size / 2));
	EXPECT(reads(device, at + size / 2 + page_bytes, size / 2 - page_bytes, 0x11));
	EXPECT(is(at, page_bytes, 0x22));
}

void huge_page_is_one_translation(void)
{
	const size_t size = 1UL << BLOCK_SHIFT;
	char *at = memory(2 * size);
	struct device device;

	if (!at || !open_device(&device))
		return;
	at = (char *)(((unsigned long)at + size - 1) & ~(size - 1));
	EXPECT_EQ(SYS3(madvise, at, size, MADV_HUGEPAGE), 0);
	use_block(&device, at);
	close_device(&device);
}

/* ---- where memory is ---- */

static void use_page_at(struct device *device, unsigned long hint)
{
	char *at = map((void *)hint, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	if (!EXPECT_EQ(at, hint))
		return;
	EXPECT(fills(device, at, page_bytes, 0x11));
	EXPECT(is(at, page_bytes, 0x11));
	set(at, page_bytes, 0x22);
	EXPECT(reads(device, at, page_bytes, 0x22));
	EXPECT_EQ(SYS2(munmap, at, page_bytes), 0);
	EXPECT(read_aborts(device, at));
}

void addresses_of_all_widths_are_translated(void)
{
	struct device device;

	if (!open_device(&device))
		return;
	/* Memory above 48 bits is for those who ask for it. */
	for (size_t bits = 30; bits < va_bits; bits++) {
		use_page_at(&device, (1UL << bits) + page_bytes);
		/* Again, behind other tables. */
		use_page_at(&device, (1UL << bits) + page_bytes);
	}
	close_device(&device);
}
