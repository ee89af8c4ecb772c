// SPDX-License-Identifier: GPL-2.0-only
/* Memory of translation tables (include/shim/tables.c, renamed by wrap.h), counted and made to fail on demand. */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "os/tables.h"
#include "kunit/linux/common/uml.h"

struct os_tables *linux_os_tables_create(struct device *walker, bool coherent,
					 void (*reclaim)(void *owner), void *owner);
void linux_os_tables_stop(struct os_tables *tables);
void linux_os_tables_destroy(struct os_tables *tables);
void *linux_os_table_alloc(struct os_tables *tables, size_t bytes, gfp_t gfp);
void linux_os_table_free(struct os_tables *tables, void *table, size_t bytes);
void linux_os_table_retire(struct os_tables *tables, void *table, size_t bytes);
void linux_os_table_clean(struct os_tables *tables, const void *at, size_t bytes);

/* An address space, for test_reclaim_tables(). */
struct known_space {
	struct list_head	node;
	struct os_tables	*tables;
	void			(*reclaim)(void *owner);
	void			*owner;
};

static LIST_HEAD(spaces);
static DEFINE_MUTEX(spaces_lock);
static atomic64_t cleaned;

struct os_tables *os_tables_create(struct device *walker, bool coherent,
				   void (*reclaim)(void *owner), void *owner)
{
	struct known_space *space;

	if (uml_allocation_fails())
		return NULL;
	space = kmalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return NULL;
	space->tables = linux_os_tables_create(walker, coherent, reclaim, owner);
	if (!space->tables) {
		kfree(space);
		return NULL;
	}
	space->reclaim = reclaim;
	space->owner = owner;
	mutex_lock(&spaces_lock);
	list_add(&space->node, &spaces);
	mutex_unlock(&spaces_lock);
	uml_count_allocation(1);
	return space->tables;
}

static void forget(struct os_tables *tables)
{
	struct known_space *space, *next;

	mutex_lock(&spaces_lock);
	list_for_each_entry_safe(space, next, &spaces, node)
		if (space->tables == tables) {
			list_del(&space->node);
			kfree(space);
		}
	mutex_unlock(&spaces_lock);
}

void os_tables_stop(struct os_tables *tables)
{
	forget(tables);
	linux_os_tables_stop(tables);
}

void os_tables_destroy(struct os_tables *tables)
{
	if (!tables)
		return;
	forget(tables);
	uml_count_allocation(-1);
	linux_os_tables_destroy(tables);
}

void *os_table_alloc(struct os_tables *tables, size_t bytes, gfp_t gfp)
{
	void *table = uml_allocation_fails() ? NULL : linux_os_table_alloc(tables, bytes, gfp);

	if (table)
		uml_count_allocation(1);
	return table;
}

void os_table_free(struct os_tables *tables, void *table, size_t bytes)
{
	uml_count_allocation(-1);
	linux_os_table_free(tables, table, bytes);
}

void os_table_retire(struct os_tables *tables, void *table, size_t bytes)
{
	uml_count_allocation(-1);
	linux_os_table_retire(tables, table, bytes);
}

void os_table_clean(struct os_tables *tables, const void *at, size_t bytes)
{
	atomic64_add(bytes, &cleaned);
	linux_os_table_clean(tables, at, bytes);
}

void test_reclaim_tables(void)
{
	struct known_space *space;

	mutex_lock(&spaces_lock);
	list_for_each_entry(space, &spaces, node)
		space->reclaim(space->owner);
	mutex_unlock(&spaces_lock);
}

u64 test_cleaned_bytes(void)
{
	return atomic64_read(&cleaned);
}

void uml_reset_tables(void)
{
	atomic64_set(&cleaned, 0);
}
