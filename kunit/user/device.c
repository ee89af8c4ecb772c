// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/user/device.h"

#include <misc/uacce/uacce.h>

#define NODE	"/accelerator"

size_t page_bytes;

int map_queue(struct device *device)
{
	const long page = SYS6(mmap, NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			       device->fd, UACCE_QFRT_DUS * page_bytes);

	device->job = (struct accelerator_job *)page;
	return EXPECT(!is_error(page));
}

/* Faults are held until the IOMMU core has completed the attach: the first one may stall twice. */
static int await_attach(struct device *device)
{
	char *at = memory(page_bytes);

	return at && EXPECT(reads(device, at, 1, 0)) &&
	       EXPECT_EQ(SYS2(munmap, at, page_bytes), 0);
}

int open_device(struct device *device)
{
	device->fd = SYS4(openat, AT_FDCWD, NODE, O_RDWR, 0);
	return EXPECT(device->fd >= 0) && map_queue(device) &&
	       EXPECT_EQ(SYS2(ioctl, device->fd, UACCE_CMD_START_Q), 0) && await_attach(device);
}

void close_device(struct device *device)
{
	SYS2(munmap, device->job, page_bytes);
	EXPECT_EQ(SYS1(close, device->fd), 0);
}

void start(struct device *device, enum accelerator_operation operation, const void *at,
	   size_t size)
{
	device->job->operation = operation;
	device->job->address = (unsigned long)at;
	device->job->size = size;
	EXPECT_EQ(SYS2(ioctl, device->fd, ACCELERATOR_START), 0);
}

enum accelerator_state finish(struct device *device)
{
	unsigned int state;

	while ((state = load(&device->job->state)) == ACCELERATOR_RUNS)
		rest();
	return state;
}

static int works(struct device *device, enum accelerator_operation operation,
		 const void *at, size_t size)
{
	start(device, operation, at, size);
	return finish(device) == ACCELERATOR_DONE && device->job->done == size;
}

int fills(struct device *device, void *at, size_t size, unsigned char value)
{
	device->job->data[0] = value;
	return works(device, ACCELERATOR_FILL, at, size);
}

int reads(struct device *device, const void *at, size_t size, unsigned char value)
{
	return works(device, ACCELERATOR_SUM, at, size) && device->job->sum == size * value;
}

static int aborts(struct device *device, enum accelerator_operation operation,
		  const void *at)
{
	device->job->data[0] = 0xdd;
	start(device, operation, at, 1);
	return finish(device) == ACCELERATOR_ABORTED && !device->job->done;
}

int write_aborts(struct device *device, void *at)
{
	return aborts(device, ACCELERATOR_FILL, at);
}

int read_aborts(struct device *device, const void *at)
{
	return aborts(device, ACCELERATOR_SUM, at);
}

void set(void *at, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		((unsigned char *)at)[i] = value;
}

int is(const void *at, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (((const unsigned char *)at)[i] != value)
			return 0;
	return 1;
}

char *memory(size_t size)
{
	void *at = map(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	return EXPECT(!is_error(at)) ? at : NULL;
}
