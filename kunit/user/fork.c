// SPDX-License-Identifier: GPL-2.0-only
/* Several processes. */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define PAGES	4

/* The status of a child. */
static void end_child(void)
{
	exit_process(!!failures);
}

static void await(int *flag)
{
	while (!load(flag))
		rest();
}

void copy_on_write_separates_parent_and_child(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	int *parent_wrote = map(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
	int *child_wrote = parent_wrote + 1;
	struct device device;
	long child;

	if (!at || is_error(parent_wrote) || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x11));
	child = fork_process();
	if (!child) {
		await(parent_wrote);
		EXPECT(is(at, size, 0x11));
		set(at + page_bytes, size - page_bytes, 0x33);
		store(child_wrote, 1);
		end_child();
	}
	/* The translations of before would let this write into the pages that the child has, too. */
	EXPECT(fills(&device, at, 2 * page_bytes, 0x22));
	EXPECT_EQ(device.job->stalls, 2);
	store(parent_wrote, 1);
	await(child_wrote);
	EXPECT(reads(&device, at, 2 * page_bytes, 0x22));
	EXPECT(reads(&device, at + 2 * page_bytes, size - 2 * page_bytes, 0x11));
	EXPECT_EQ(wait_for(child), 0);
	EXPECT(fills(&device, at, size, 0x44));
	EXPECT(is(at, size, 0x44));
	close_device(&device);
}

/* Both have the same addresses, with other contents. */
static void use_own_pages(char *at, size_t size, unsigned char value)
{
	struct device device;

	if (!open_device(&device))
		return;
	for (int i = 0; i < 20; i++) {
		EXPECT(fills(&device, at, size / 2, value));
		rest();
		set(at + size / 2, size / 2, value);
		EXPECT(reads(&device, at, size, value));
		EXPECT(is(at, size, value));
	}
	close_device(&device);
}

void two_processes_have_two_pasids(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = memory(size);
	long first, second;

	if (!at)
		return;
	set(at, size, 0x11);
	first = fork_process();
	if (!first) {
		use_own_pages(at, size, 0x22);
		end_child();
	}
	second = fork_process();
	if (!second) {
		use_own_pages(at, size, 0x33);
		end_child();
	}
	use_own_pages(at, size, 0x44);
	EXPECT_EQ(wait_for(first), 0);
	EXPECT_EQ(wait_for(second), 0);
	EXPECT(is(at, size, 0x44));
}

void shared_memory_is_shared_with_the_device(void)
{
	const size_t size = PAGES * page_bytes;
	char *at = map(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct device device;
	long child;

	if (!EXPECT(!is_error(at)) || !open_device(&device))
		return;
	EXPECT(fills(&device, at, size, 0x11));
	child = fork_process();
	if (!child) {
		struct device own;

		EXPECT(is(at, size, 0x11));
		if (open_device(&own))
			EXPECT(fills(&own, at, size, 0x22));
		end_child();
	}
	EXPECT_EQ(wait_for(child), 0);
	EXPECT(is(at, size, 0x22));
	EXPECT(reads(&device, at, size, 0x22));
	close_device(&device);
}
