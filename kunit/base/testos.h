/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests may ask of the system they run in, beyond os/os.h: to make it fail, to look behind it, and
 * to put a device model where registers are.  Implemented in kunit/host/ and in kunit/linux/common/.
 *
 * The runner resets all of this before each case, and fails a case that leaves memory behind.
 */
#ifndef KUNIT_TESTOS_H
#define KUNIT_TESTOS_H

#include "os/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct device;

/* The device to give to the core and to os_dma_*(). */
struct device *test_device(void);

/* How many references keep it in memory. */
u32 test_device_references(void);

/* ---- allocations: os_alloc(), os_dma_alloc(), os_table_alloc() and the os_*_create() functions ---- */

/* Let the @nth allocation from now on fail, once; 1 is the next one, 0 turns it off. */
void test_fail_alloc(u32 nth);

/* Whether the allocation chosen by test_fail_alloc() was reached. */
bool test_alloc_failed(void);

/* Refuse every os_dma_alloc() of more than @bytes; 0 lifts the limit. */
void test_limit_dma(size_t bytes);

/* Allocations not released yet. */
u32 test_live_allocs(void);

/* ---- memory as a device sees it ---- */

/* The CPU's address of @size bytes at bus address @bus, or NULL where no memory answers. */
void *test_bus_to_cpu(u64 bus, u64 size);

/* The least number of bits os_dma_set_mask() was asked for and accepts; 0 accepts any. */
void test_refuse_dma_mask(u32 bits);

/* ---- translation tables ---- */

/* Look for empty tables in every address space, as the tasks of os_tables_create() do.  Sleeps. */
void test_reclaim_tables(void);

/* Bytes that os_table_clean() was called for since the case began. */
u64 test_cleaned_bytes(void);

/* Bytes of tables whose os_tables_destroy() was called first: they are leaked.  Release them. */
u64 test_leaked_table_bytes(void);
void test_release_leaked_tables(void);

/* ---- registers ---- */

struct test_mmio {
	void *ctx;
	u64 (*read)(void *ctx, u32 offset, u32 bytes);
	void (*write)(void *ctx, u32 offset, u32 bytes, u64 value);
};

/* Let @ops answer at the @size bytes behind the address returned; NULL when no place is left. */
void *test_mmio_map(const struct test_mmio *ops, u32 size);
void test_mmio_unmap(void *address);

/* ---- time ---- */

/*
 * Take the clock in hand: it moves only by os_udelay(), by test_clock_advance() and by 100 ns at each
 * look, so that a time-out of a second is over at once.
 */
void test_clock_fake(bool fake);
void test_clock_advance(u64 ns);

/* ---- preemption ---- */

/* Whether the caller's CPU could be taken from it: it has neither interrupts nor preemption off. */
bool test_preemptible(void);

/* Call @hook from each os_reschedule(), as another task that gets the CPU there; NULL ends it. */
void test_on_reschedule(void (*hook)(void));

/* ---- the log ---- */

/* How many lines logged since the case began contain @text. */
u32 test_log_count(const char *text);
void test_log_clear(void);

#ifdef __cplusplus
}
#endif

#endif
