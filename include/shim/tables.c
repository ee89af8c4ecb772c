// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of translation tables (os/tables.h): pages on the walker's node, counted as page-table memory of IOMMUs, freed
 * after a grace period.  A work item looks for empty tables.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "os/tables.h"
#include "shim/tables.h"

/* The tables on the way to one page: no more levels exist. */
#define SHIM_TABLES_PATH	5

/* The most tables of a domain in which no empty ones are looked for at once. */
#define SHIM_TABLES_MIN		64

#define SHIM_RECLAIM_SOON	HZ
#define SHIM_RECLAIM_SELDOM	(1024 * HZ)

/**
 * struct os_tables - the tables of one address space
 * @dev: the walker, with a reference: tables are cleaned by it
 * @coherent: whether it sees the CPU's caches
 * @reclaim: frees empty tables
 * @owner: the argument of @reclaim
 * @bytes: memory of the tables
 * @count: tables
 * @limit: the value of @count at which @reclaim is called at once
 * @grown: whether a table was allocated since the last call
 * @delay: from one call to the next, in jiffies
 * @work: calls @reclaim
 */
struct os_tables {
	struct device		*dev;
	bool			coherent;
	void			(*reclaim)(void *owner);
	void			*owner;
	atomic_long_t		bytes;
	atomic_long_t		count;
	long			limit;
	bool			grown;
	unsigned long		delay;
	struct delayed_work	work;
};

/* ---- empty tables ---- */

/*
 * A table that is mapped for long is looked at less and less often.  The timer is deferrable: it does not wake a CPU.
 * Freezable: nothing is reclaimed while the system sleeps.
 */
static void shim_tables_reclaim(struct work_struct *work)
{
	struct os_tables *tables = container_of(to_delayed_work(work), struct os_tables, work);
	long left;

	tables->delay = READ_ONCE(tables->grown) ? SHIM_RECLAIM_SOON :
			min(2 * tables->delay, (unsigned long)SHIM_RECLAIM_SELDOM);
	WRITE_ONCE(tables->grown, false);
	tables->reclaim(tables->owner);

	left = atomic_long_read(&tables->count);
	WRITE_ONCE(tables->limit, max(2 * left, (long)SHIM_TABLES_MIN));
	if (left > SHIM_TABLES_PATH)
		queue_delayed_work(system_freezable_wq, &tables->work, tables->delay);
}

/* Only maps allocate tables, so a call for each doubling of their number costs each map a constant share. */
static void shim_tables_grown(struct os_tables *tables)
{
	long count = atomic_long_inc_return(&tables->count);

	WRITE_ONCE(tables->grown, true);
	if (count >= READ_ONCE(tables->limit))
		mod_delayed_work(system_freezable_wq, &tables->work, 0);
	else if (count > SHIM_TABLES_PATH)
		queue_delayed_work(system_freezable_wq, &tables->work, SHIM_RECLAIM_SOON);
}

/* ---- an address space ---- */

/**
 * os_tables_create - prepare the memory of the tables of an address space
 * @walker: the device that reads them
 * @coherent: whether it sees the CPU's caches
 * @reclaim: frees empty tables; sleeps
 * @owner: the argument of @reclaim
 *
 * Context: process context.
 * Return: the memory, NULL without memory.
 */
struct os_tables *os_tables_create(struct device *walker, bool coherent,
				   void (*reclaim)(void *owner), void *owner)
{
	struct os_tables *tables = kzalloc(sizeof(*tables), GFP_KERNEL);

	if (!tables)
		return NULL;
	tables->dev = get_device(walker);
	tables->coherent = coherent;
	tables->reclaim = reclaim;
	tables->owner = owner;
	tables->limit = SHIM_TABLES_MIN;
	tables->delay = SHIM_RECLAIM_SOON;
	INIT_DEFERRABLE_WORK(&tables->work, shim_tables_reclaim);
	return tables;
}

/**
 * os_tables_stop - end the search for empty tables
 * @tables: the tables of an address space, which no map adds to
 *
 * Context: process context.
 */
void os_tables_stop(struct os_tables *tables)
{
	cancel_delayed_work_sync(&tables->work);
}

/**
 * os_tables_destroy - release what os_tables_create() has allocated
 * @tables: an address space, or NULL; memory of its tables that was not freed is leaked
 *
 * Context: process context.
 */
void os_tables_destroy(struct os_tables *tables)
{
	if (!tables)
		return;
	os_tables_stop(tables);
	put_device(tables->dev);
	kfree(tables);
}

/**
 * os_tables_linear - the CPU's address of bus address 0
 * @tables: an address space
 *
 * Tables lie in the linear map, at addresses without a tag, and the walker sees physical addresses.
 *
 * Context: any.
 * Return: a number that is added to a bus address.
 */
u64 os_tables_linear(const struct os_tables *tables)
{
	phys_addr_t somewhere = virt_to_phys((void *)tables);

	return (unsigned long)phys_to_virt(somewhere) - somewhere;
}

/**
 * os_tables_bytes - memory of the tables of an address space
 * @tables: the address space
 *
 * Context: any.
 * Return: bytes.
 */
u64 os_tables_bytes(const struct os_tables *tables)
{
	return atomic_long_read(&tables->bytes);
}

/* ---- tables ---- */

/* As "iommu_pages" and "sec_pagetables" of /proc and of the memory cgroup, by tables of every driver. */
static void shim_table_count(struct page *page, long pages)
{
	mod_node_page_state(page_pgdat(page), NR_IOMMU_PAGES, pages);
	mod_lruvec_page_state(page, NR_SECONDARY_PAGETABLE, pages);
}

static void shim_table_release(struct page *page)
{
	unsigned int order = compound_order(page);

	shim_table_count(page, -(1L << order));
	__free_pages(page, order);
}

static void shim_table_release_rcu(struct rcu_head *head)
{
	shim_table_release(container_of(head, struct page, rcu_head));
}

static gfp_t shim_table_gfp(gfp_t gfp)
{
	if ((__force u32)gfp == OS_TABLES_ATOMIC)
		gfp = GFP_ATOMIC;
	else if ((__force u32)gfp == OS_TABLES_SLEEP)
		gfp = GFP_KERNEL;
	return gfp | __GFP_ZERO | __GFP_COMP;
}

/* Only to clean the table: the walker uses physical addresses. */
static bool shim_table_map(const struct os_tables *tables, void *table, size_t bytes)
{
	dma_addr_t bus;

	if (tables->coherent)
		return true;
	bus = dma_map_single(tables->dev, table, bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(tables->dev, bus))
		return false;
	if (bus == virt_to_phys(table))
		return true;
	dev_err_once(tables->dev, "page tables can't lie at %pad for the CPU's %p\n", &bus, table);
	dma_unmap_single(tables->dev, bus, bytes, DMA_TO_DEVICE);
	return false;
}

/* Nothing is synchronized in this direction, so a walker may still read the table. */
static void shim_table_unmap(struct os_tables *tables, void *table, size_t bytes)
{
	if (!tables->coherent)
		dma_unmap_single(tables->dev, virt_to_phys(table), bytes, DMA_TO_DEVICE);
	atomic_long_sub(bytes, &tables->bytes);
	atomic_long_dec(&tables->count);
}

/**
 * os_table_alloc - allocate a table
 * @tables: its address space
 * @bytes: its size
 * @gfp: OS_TABLES_ATOMIC, OS_TABLES_SLEEP, or flags
 *
 * Context: as @gfp says.
 * Return: zeroed memory, aligned to its size rounded up to a power of two; NULL.
 */
void *os_table_alloc(struct os_tables *tables, size_t bytes, gfp_t gfp)
{
	struct page *page = alloc_pages_node(dev_to_node(tables->dev), shim_table_gfp(gfp),
					     get_order(bytes));
	void *table;

	if (!page)
		return NULL;
	table = phys_to_virt(page_to_phys(page));
	if (!shim_table_map(tables, table, bytes)) {
		__free_pages(page, compound_order(page));
		return NULL;
	}
	shim_table_count(page, 1L << compound_order(page));
	atomic_long_add(bytes, &tables->bytes);
	shim_tables_grown(tables);
	return table;
}

/**
 * os_table_free - free a table that nothing reads
 * @tables: its address space
 * @table: the table
 * @bytes: its size
 *
 * Context: any.
 */
void os_table_free(struct os_tables *tables, void *table, size_t bytes)
{
	shim_table_unmap(tables, table, bytes);
	shim_table_release(virt_to_page(table));
}

/**
 * os_table_retire - free a table after a grace period
 * @tables: its address space
 * @table: the table; a walker may read it until the caller's section ends
 * @bytes: its size
 *
 * Context: any.
 */
void os_table_retire(struct os_tables *tables, void *table, size_t bytes)
{
	shim_table_unmap(tables, table, bytes);
	call_rcu(&virt_to_page(table)->rcu_head, shim_table_release_rcu);
}

/**
 * os_table_link - find the word beside a table
 * @table: the table
 *
 * Context: any.
 * Return: a word that nothing else uses.
 */
void **os_table_link(void *table)
{
	return (void **)&virt_to_page(table)->private;
}

/**
 * os_table_clean - make entries visible to a walker that is not coherent
 * @tables: an address space
 * @at: the entries
 * @bytes: their size
 *
 * Context: any.
 */
void os_table_clean(struct os_tables *tables, const void *at, size_t bytes)
{
	dma_sync_single_for_device(tables->dev, virt_to_phys((void *)at), bytes, DMA_TO_DEVICE);
}

/**
 * shim_tables_exit - wait for the grace periods of retired tables
 *
 * The callbacks are functions of the module.
 *
 * Context: process context, when the module is removed.
 */
void shim_tables_exit(void)
{
	rcu_barrier();
}

/* ---- sections ---- */

#ifdef CONFIG_PREEMPTION
/**
 * os_read_lock - begin a section in which tables are read
 *
 * Context: any.
 */
void os_read_lock(void)
{
	rcu_read_lock();
}

/**
 * os_read_unlock - end a section
 *
 * Context: any.
 */
void os_read_unlock(void)
{
	rcu_read_unlock();
}
#endif

/**
 * os_read_synchronize - wait for the end of all sections
 *
 * Context: process context.
 */
void os_read_synchronize(void)
{
	synchronize_rcu();
}
