// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads change the page table while the device writes.  Pages that are freed become pages of another thread, which
 * the device never was given: it must not write there.
 */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define PAGES		32
#define ROUNDS		50
#define TRANSACTION	4096	/* of the device: it writes all of it or nothing */
#define OF_THE_DEVICE	0xdd
#define OF_A_THREAD	0x5a

static char *target;
static int stop;

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* One of the thread's own pages: each second one. */
static void change(unsigned int *seed, unsigned int first)
{
	char *at = target + (next(seed) % (PAGES / 2) * 2 + first) * page_bytes;

	switch (next(seed) % 4) {
	case 0:
		EXPECT_EQ(map((void *)at, page_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED), at);
		break;
	case 1:
		EXPECT_EQ(SYS3(madvise, at, page_bytes, MADV_DONTNEED), 0);
		break;
	case 2:
		EXPECT_EQ(SYS3(mprotect, at, page_bytes, PROT_READ), 0);
		EXPECT_EQ(SYS3(mprotect, at, page_bytes, PROT_READ | PROT_WRITE), 0);
		break;
	default:
		EXPECT_EQ(SYS2(munmap, at, page_bytes), 0);
		EXPECT_EQ(map((void *)at, page_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED), at);
	}
}

static void change_pages(struct thread *thread)
{
	const unsigned int first = (unsigned long)thread->argument;
	unsigned int seed = first;

	while (!load(&stop)) {
		for (int i = 0; i < 8; i++)
			change(&seed, first);
		rest();
	}
}

/* Takes what the others free. */
static void guard_pages(struct thread *thread)
{
	const size_t size = PAGES / 2 * page_bytes;

	while (!load(&stop)) {
		char *at = memory(size);

		if (!at)
			break;
		set(at, size, OF_A_THREAD);
		rest();
		EXPECT(is(at, size, OF_A_THREAD));
		EXPECT_EQ(SYS2(munmap, at, size), 0);
	}
}

static void run_device(struct device *device)
{
	int done = 0, aborted = 0;

	for (int i = 0; i < ROUNDS; i++) {
		device->job->data[0] = OF_THE_DEVICE;
		start(device, ACCELERATOR_FILL, target, PAGES * page_bytes);
		if (finish(device) == ACCELERATOR_DONE)
			done++;
		else
			aborted++;
	}
	/* Most jobs find each page; some find one that is unmapped at that moment. */
	EXPECT(done > 0);
	EXPECT_EQ(done + aborted, ROUNDS);
}

void page_table_changes_under_dma(void)
{
	struct thread threads[] = {
		{ change_pages, (void *)0 }, { change_pages, (void *)1 }, { guard_pages },
	};
	const int count = sizeof(threads) / sizeof(*threads);
	struct device device;
	int i;

	target = memory(PAGES * page_bytes);
	if (!target || !open_device(&device))
		return;
	for (i = 0; i < count; i++)
		EXPECT(start_thread(&threads[i]) > 0);
	run_device(&device);
	store(&stop, 1);
	for (i = 0; i < count; i++)
		join(&threads[i]);
	for (size_t at = 0; at < PAGES * page_bytes; at += TRANSACTION)
		EXPECT(is(target + at, TRANSACTION, OF_THE_DEVICE) ||
		       is(target + at, TRANSACTION, 0));
	close_device(&device);
}
