/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of translation tables.  include/shim/tables.c implements it on Linux, kunit/host/tables.cc in the host
 * test process.  Context and errors are described as in os.h.
 */
#ifndef OS_TABLES_H
#define OS_TABLES_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct device;
struct os_tables;	/* the tables of one address space */

/* What @gfp is: one of these, or the gfp_t of the IOMMU core. */
#define OS_TABLES_ATOMIC	0u		/* does not sleep */
#define OS_TABLES_SLEEP		(~0u)	/* may sleep */

/*
 * For tables that @walker reads, on its node.  @coherent: it sees the CPU's caches.  @reclaim is called with @owner in
 * a task of its own, now and then while there are more tables than one path has: it frees empty ones.  It sleeps.
 * NULL when out of memory.  Sleeps.
 */
struct os_tables *os_tables_create(struct device *walker, bool coherent,
				   void (*reclaim)(void *owner), void *owner);

/* Wait for the end of @reclaim and never call it again; it may be called several times.  Sleeps. */
void os_tables_stop(struct os_tables *tables);

/* Release @tables, not the memory from it, which may be leaked; NULL is allowed.  Sleeps. */
void os_tables_destroy(struct os_tables *tables);

/* The CPU's address of bus address 0: adding it to the bus address of a table gives the table.  Constant. */
u64 os_tables_linear(const struct os_tables *tables);

/* Bytes of memory from os_table_alloc() that were not freed. */
u64 os_tables_bytes(const struct os_tables *tables);

/*
 * Zeroed memory of @bytes, aligned to @bytes rounded up to a power of two, that the walker sees zeroed; or NULL.
 * Context: as @gfp says.
 */
void *os_table_alloc(struct os_tables *tables, size_t bytes, gfp_t gfp);

/* Free a table that neither the walker nor a CPU reads.  Any context. */
void os_table_free(struct os_tables *tables, void *table, size_t bytes);

/*
 * Free a table after each section that has begun has ended.  The walker does not read it after the caller's section, if
 * the caller is in one, or does not read it at all.  Any context.
 */
void os_table_retire(struct os_tables *tables, void *table, size_t bytes);

/* A word beside @table, which the owner uses once the table is in no tree.  Any context. */
void **os_table_link(void *table);

/* Make @bytes at @at, in a table, visible to a walker that is not coherent.  Any context. */
void os_table_clean(struct os_tables *tables, const void *at, size_t bytes);

/* ---- dumps ---- */

/* Addresses that are mapped without a hole, to adjacent addresses and with the same IOMMU_READ, ... */
struct os_range {
	u64	iova, pa, bytes;
	u32	prot;
};

/* The result of a search for the next range. */
enum os_scan {
	OS_SCAN_END,	/* nothing is mapped at higher addresses */
	OS_SCAN_RANGE,	/* the range is complete */
	OS_SCAN_MORE	/* a part of the tables was searched: call again */
};

/* The descriptors of a walk, from the first table to its end. */
struct os_walk {
	s32	first_level;
	u32	count;
	u64	descriptors[5];
};

/* ---- sections in which tables are read ---- */

/*
 * Where OS_PREEMPTIBLE_SECTIONS is defined, a section is between these; they nest.  Where it is not, code that does not
 * sleep is a section.  Any context.
 */
void os_read_lock(void);
void os_read_unlock(void);

/* Wait until each section that has begun has ended.  Sleeps. */
void os_read_synchronize(void);

#ifdef __cplusplus
}
#endif

#endif
