/* SPDX-License-Identifier: GPL-2.0-only */
/* A queue of the accelerator, and DMA to the process that has opened it. */
#ifndef KUNIT_USER_DEVICE_H
#define KUNIT_USER_DEVICE_H

#include "kunit/user/accelerator.h"
#include "kunit/user/expect.h"

struct device {
	long fd;
	struct accelerator_job *job;
};

extern size_t page_bytes;

/* Bind this process to the device; false after a failed expectation. */
int open_device(struct device *device);
void close_device(struct device *device);
/* The queue's page, in a process that has inherited the file. */
int map_queue(struct device *device);

/* Start a job, and wait for its end: what became of it. */
void start(struct device *device, enum accelerator_operation operation, const void *at,
	   size_t size);
enum accelerator_state finish(struct device *device);

/* Whether the device has filled memory with @value; whether each byte that it reads is @value. */
int fills(struct device *device, void *at, size_t size, unsigned char value);
int reads(struct device *device, const void *at, size_t size, unsigned char value);

/* Whether the device's access is aborted before the first byte. */
int write_aborts(struct device *device, void *at);
int read_aborts(struct device *device, const void *at);

/* What the process itself sees. */
void set(void *at, size_t size, unsigned char value);
int is(const void *at, size_t size, unsigned char value);

/* Private memory that may be read and written; NULL after a failed expectation. */
char *memory(size_t size);

#endif
