/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services the C++ cores need from the system they run in.  os/linux.c implements them on Linux, the
 * sources in kunit/host in the host test process.  Nothing here depends on a kind of IOMMU.
 *
 * Context: "any" is any context, interrupts off included; "sleeps" means process context only.
 * Errors are negative errno values; the numbers are those of Linux on every target.
 */
#ifndef OS_OS_H
#define OS_OS_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct device;

/* ---- devices ---- */

/* Keep @dev in memory, also after its removal, until os_device_put().  Any context. */
void os_device_get(struct device *dev);
void os_device_put(struct device *dev);		/* Sleeps. */

/* ---- memory ---- */

/* Zeroed memory of @size bytes, or NULL; a power of two is aligned to itself.  Sleeps. */
void *os_alloc(size_t size);

/* Release what os_alloc() returned; NULL is allowed.  Any context but hard interrupt. */
void os_free(void *memory);

/* Coherent memory, for the CPU and a device. */
struct os_dma {
	void	*cpu;		/* the CPU's address, NULL when nothing is allocated */
	u64	bus;		/* the device's address */
	size_t	size;		/* bytes */
};

/*
 * Allocate @size zeroed bytes of coherent memory for @dev, aligned in the device's address space to
 * @size rounded up to a power of two.  0 or -ENOMEM; a failure is not logged, since the caller may
 * retry with less.  Sleeps.
 */
int os_dma_alloc(struct device *dev, size_t size, struct os_dma *out);

/* Release @memory and clear it; an empty one is allowed.  Sleeps. */
void os_dma_free(struct device *dev, struct os_dma *memory);

/* Set the streaming and coherent DMA masks of @dev to @bits bits.  0 or -EIO.  Sleeps. */
int os_dma_set_mask(struct device *dev, u32 bits);

/* ---- time ---- */

/* Monotonic nanoseconds.  Any context. */
u64 os_now_ns(void);

/* Busy-wait for @us microseconds, at most 1000.  Any context. */
void os_udelay(u32 us);

/* ---- read-side sections ---- */

/* Disable interrupts on this CPU and return what os_irq_restore() needs.  Any context. */
unsigned long os_irq_save(void);
void os_irq_restore(unsigned long flags);

/* Disable preemption on this CPU; nests.  Any context. */
void os_preempt_disable(void);
void os_preempt_enable(void);

/* Reschedule if another task needs this CPU.  Sleeps. */
void os_reschedule(void);

/*
 * Wait until every section that had interrupts or preemption disabled when this was called has
 * ended.  Orders like smp_mb() on every CPU.  Sleeps.
 */
void os_synchronize(void);

/* This CPU's number, below os_nr_cpus().  Meaningful while preemption is off. */
u32 os_cpu(void);
u32 os_nr_cpus(void);

/* ---- mutual exclusion ---- */

struct os_mutex;
struct os_mutex *os_mutex_create(void);		/* NULL when out of memory.  Sleeps. */
void os_mutex_destroy(struct os_mutex *mutex);	/* NULL is allowed */
void os_mutex_lock(struct os_mutex *mutex);	/* Sleeps. */
void os_mutex_unlock(struct os_mutex *mutex);

/* ---- allocation of IDs, and a map from numbers to pointers ---- */

struct os_ids;
struct os_ids *os_ids_create(void);		/* NULL when out of memory.  Sleeps. */
void os_ids_destroy(struct os_ids *ids);	/* NULL is allowed */

/* The lowest free number in [@min, @max], -ENOSPC or -ENOMEM.  Sleeps. */
int os_ids_take(struct os_ids *ids, u32 min, u32 max);
void os_ids_give(struct os_ids *ids, u32 id);

struct os_map;
struct os_map *os_map_create(void);		/* NULL when out of memory.  Sleeps. */
void os_map_destroy(struct os_map *map);	/* NULL is allowed */

/* Enter @value (not NULL) at @key: 0, -EBUSY when the key is taken, -ENOMEM.  Sleeps. */
int os_map_insert(struct os_map *map, u32 key, void *value);
void os_map_erase(struct os_map *map, u32 key);

/* The value at @key, or NULL.  Any context. */
void *os_map_find(struct os_map *map, u32 key);

/* ---- registers, where they are not plain memory (UML, host) ---- */

u32 os_mmio_read32(const void *address);
void os_mmio_write32(void *address, u32 value);
u64 os_mmio_read64(const void *address);
void os_mmio_write64(void *address, u64 value);

/* ---- logging ---- */

enum os_level { OS_ERROR, OS_WARNING, OS_NOTICE, OS_INFO };

/* One line in the system log, headed by @dev's name; the format is printk's.  Any context. */
__attribute__((format(printf, 3, 4)))
void os_log(struct device *dev, enum os_level level, const char *format, ...);

/* A broken invariant: log its place and stop this CPU.  Does not return. */
__attribute__((noreturn)) void os_assert_failed(const char *file, int line, const char *what);

#ifdef __cplusplus
}
#endif

#endif
