/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of the modelled accelerator (kunit/linux/smmu/accelerator.c) and its processes share.  A queue of the
 * device is an open file of uacce.  A process writes a job into the queue's page (UACCE_QFRT_DUS), starts it, and waits
 * until it has ended.
 */
#ifndef KUNIT_USER_ACCELERATOR_H
#define KUNIT_USER_ACCELERATOR_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What the device does with memory of the process. */
enum accelerator_operation {
	ACCELERATOR_READ,	/* copies it to the data of the job */
	ACCELERATOR_WRITE,	/* copies the data of the job there */
	ACCELERATOR_FILL,	/* fills it with the first byte of the data */
	ACCELERATOR_SUM,	/* adds its bytes */
};

enum accelerator_state {
	ACCELERATOR_IDLE,
	ACCELERATOR_RUNS,
	ACCELERATOR_DONE,
	ACCELERATOR_ABORTED,	/* a transaction was; @done bytes before it were not */
};

#define ACCELERATOR_DATA	2048

struct accelerator_job {
	__u32 operation;
	__u32 state;		/* written by the device */
	__u64 address;
	__u64 size;		/* of READ and WRITE: ACCELERATOR_DATA at most */
	__u64 done;		/* these are written by the device */
	__u64 sum;
	__u32 stalls;		/* transactions that did */
	__u32 block_shift;	/* log2 of the bytes around the last address that have the same translation */
	__u8 data[ACCELERATOR_DATA];
};

/* Start the job of the queue. */
#define ACCELERATOR_START	_IO('W', 0x10)
/* 1 if the SMMU has power, else 0. */
#define ACCELERATOR_POWERED	_IO('W', 0x11)
/* The SMMU's interrupts for events get lost until a queue is stopped. */
#define ACCELERATOR_HOLD_EVENTS	_IO('W', 0x12)

#endif
