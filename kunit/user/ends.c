// SPDX-License-Identifier: GPL-2.0-only
/* Processes that end, and queues that are closed, while the device does DMA. */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define PAGES		4
#define LARGE		(256 * page_bytes)	/* faulted in page by page */
#define ENDS		12

/* Another process after one that has ended. */
static void smmu_is_usable(void)
{
	char *at = memory(PAGES * page_bytes);
	struct device device;

	if (!at || !open_device(&device))
		return;
	EXPECT(fills(&device, at, PAGES * page_bytes, 0x11));
	EXPECT(is(at, PAGES * page_bytes, 0x11));
	close_device(&device);
}

void closed_queue_has_no_access(void)
{
	char *at = memory(LARGE);
	struct device device;

	if (!at || !open_device(&device))
		return;
	for (int i = 0; i < ENDS; i++) {
		device.job->data[0] = 0x11;
		start(&device, ACCELERATOR_FILL, at, LARGE);
		sleep_us(100 * i);
		close_device(&device);
		EXPECT_EQ(SYS3(madvise, at, LARGE, MADV_DONTNEED), 0);
		EXPECT(is(at, PAGES * page_bytes, 0));
		if (!open_device(&device))
			return;
	}
	close_device(&device);
	smmu_is_usable();
}

static long start_child(long us, int hold_events)
{
	char *at;
	struct device device;
	const long child = fork_process();

	if (child)
		return child;
	at = memory(LARGE);
	if (!at || !open_device(&device))
		exit_process(1);
	if (hold_events)
		EXPECT_EQ(SYS2(ioctl, device.fd, ACCELERATOR_HOLD_EVENTS), 0);
	device.job->data[0] = 0x11;
	start(&device, ACCELERATOR_FILL, at, LARGE);
	sleep_us(us);
	exit_process(!!failures);
}

void process_exits_in_mid_dma(void)
{
	for (int i = 0; i < ENDS; i++)
		EXPECT_EQ(wait_for(start_child(100 * i, 0)), 0);
	smmu_is_usable();
}

/* Each second one with a stall outstanding that has not been reported. */
void process_is_killed_in_mid_dma(void)
{
	for (int i = 0; i < ENDS; i++) {
		const long child = start_child(1000000000, i % 2);

		sleep_us(10000 + 500 * i);
		EXPECT_EQ(SYS2(kill, child, SIGKILL), 0);
		EXPECT_EQ(wait_for(child), 128 + SIGKILL);
	}
	smmu_is_usable();
}

void process_exits_before_its_fault_is_reported(void)
{
	const long child = fork_process();

	if (!child) {
		char *at = memory(page_bytes);
		struct device device;

		if (!at || !open_device(&device))
			exit_process(1);
		EXPECT_EQ(SYS2(ioctl, device.fd, ACCELERATOR_HOLD_EVENTS), 0);
		start(&device, ACCELERATOR_FILL, at, page_bytes);
		while (!load(&device.job->stalls))
			rest();
		exit_process(!!failures);
	}
	EXPECT_EQ(wait_for(child), 0);
	smmu_is_usable();
}

/* ---- the file is inherited: the device still has the PASID of a process that has ended ---- */

static void use_dead_pasid(struct device *device, char *at)
{
	while (SYS0(getppid) != 1)
		rest();
	if (!map_queue(device))
		return;
	EXPECT_EQ(finish(device), ACCELERATOR_ABORTED);
	for (int i = 0; i < 100; i++) {
		EXPECT(write_aborts(device, at + i * page_bytes));
		EXPECT_EQ(device->job->stalls, 0);
	}
	EXPECT(is(at, LARGE, 0x11));
}

/* The SMMU has cached translations of pages that are freed, and the device is in the middle of a job. */
static void leave_queue_to_child(int *status)
{
	char *at = memory(LARGE);
	struct device device;

	if (!at || !open_device(&device))
		exit_process(1);
	EXPECT(fills(&device, at, LARGE, 0x11));
	if (!fork_process()) {
		use_dead_pasid(&device, at);
		SYS1(close, device.fd);
		store(status, failures ? 2 : 1);
		exit_process(0);
	}
	EXPECT(fills(&device, at, LARGE / 2, 0x22));
	start(&device, ACCELERATOR_FILL, at, LARGE);
	exit_process(!!failures);
}

void queue_outlives_its_process(void)
{
	int *status = map(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
	long owner;

	if (!EXPECT(!is_error(status)))
		return;
	owner = fork_process();
	if (!owner)
		leave_queue_to_child(status);
	EXPECT_EQ(wait_for(owner), 0);
	while (!load(status))
		rest();
	EXPECT_EQ(load(status), 1);
	smmu_is_usable();
}
