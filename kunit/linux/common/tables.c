// SPDX-License-Identifier: GPL-2.0-only
/* Memory of translation tables (include/shim/tables.c, renamed by wrap.h), counted and made to fail on demand. */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

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

/* An address space.  @reclaim is NULL once it is stopped; @lock: calls exclude each other. */
struct known_space {
	struct list_head	node;
	struct os_tables	*tables;
	struct mutex		lock;	/* see above */
	void			(*reclaim)(void *owner);
	void			*owner;
};

/* A table that was not freed; @owner is NULL if it is leaked. */
static struct known_table {
	struct os_tables	*owner;
	void			*table;
	size_t			bytes;
} known[4096];
static DEFINE_SPINLOCK(known_lock);

static LIST_HEAD(spaces);
static DEFINE_MUTEX(spaces_lock);
static atomic64_t cleaned;

static void exchange_known(void *before, const struct known_table *after)
{
	unsigned long flags;
	size_t i;

	spin_lock_irqsave(&known_lock, flags);
	for (i = 0; i < ARRAY_SIZE(known) && known[i].table != before; i++)
		;
	if (!WARN_ON(i == ARRAY_SIZE(known)))
		known[i] = *after;
	spin_unlock_irqrestore(&known_lock, flags);
}

static void forget_table(void *table)
{
	uml_count_allocation(-1);
	exchange_known(table, &(struct known_table){ });
}

static void leak_all_of(struct os_tables *tables)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].owner == tables)
			known[i].owner = NULL;
}

static void reclaim_space(void *opaque)
{
	struct known_space *space = opaque;

	mutex_lock(&space->lock);
	if (space->reclaim)
		space->reclaim(space->owner);
	mutex_unlock(&space->lock);
}

struct os_tables *os_tables_create(struct device *walker, bool coherent,
				   void (*reclaim)(void *owner), void *owner)
{
	struct known_space *space;

	if (uml_allocation_fails())
		return NULL;
	space = kmalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return NULL;
	mutex_init(&space->lock);
	space->reclaim = reclaim;
	space->owner = owner;
	space->tables = linux_os_tables_create(walker, coherent, reclaim_space, space);
	if (!space->tables) {
		kfree(space);
		return NULL;
	}
	mutex_lock(&spaces_lock);
	list_add(&space->node, &spaces);
	mutex_unlock(&spaces_lock);
	uml_count_allocation(1);
	return space->tables;
}

static struct known_space *find_space(struct os_tables *tables)
{
	struct known_space *space, *found = NULL;

	mutex_lock(&spaces_lock);
	list_for_each_entry(space, &spaces, node)
		if (space->tables == tables)
			found = space;
	mutex_unlock(&spaces_lock);
	return found;
}

void os_tables_stop(struct os_tables *tables)
{
	struct known_space *space = find_space(tables);

	linux_os_tables_stop(tables);
	mutex_lock(&space->lock);
	space->reclaim = NULL;
	mutex_unlock(&space->lock);
}

void os_tables_destroy(struct os_tables *tables)
{
	struct known_space *space;

	if (!tables)
		return;
	space = find_space(tables);
	mutex_lock(&spaces_lock);
	list_del(&space->node);
	mutex_unlock(&spaces_lock);
	leak_all_of(tables);
	uml_count_allocation(-1);
	linux_os_tables_destroy(tables);
	kfree(space);
}

void *os_table_alloc(struct os_tables *tables, size_t bytes, gfp_t gfp)
{
	void *table = uml_allocation_fails() ? NULL : linux_os_table_alloc(tables, bytes, gfp);

	if (!table)
		return NULL;
	uml_count_allocation(1);
	exchange_known(NULL, &(struct known_table){ tables, table, bytes });
	return table;
}

void os_table_free(struct os_tables *tables, void *table, size_t bytes)
{
	forget_table(table);
	linux_os_table_free(tables, table, bytes);
}

void os_table_retire(struct os_tables *tables, void *table, size_t bytes)
{
	forget_table(table);
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
		reclaim_space(space);
	mutex_unlock(&spaces_lock);
}

u64 test_cleaned_bytes(void)
{
	return atomic64_read(&cleaned);
}

u64 test_leaked_table_bytes(void)
{
	u64 bytes = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!known[i].owner)
			bytes += known[i].bytes;
	return bytes;
}

static void no_reclaim(void *owner)
{
}

void test_release_leaked_tables(void)
{
	struct os_tables *heir = linux_os_tables_create(test_device(), true, no_reclaim, NULL);
	size_t i;

	for (i = 0; heir && i < ARRAY_SIZE(known); i++) {
		struct known_table one = known[i];

		if (!one.table || one.owner)
			continue;
		forget_table(one.table);
		linux_os_table_free(heir, one.table, one.bytes);
	}
	linux_os_tables_destroy(heir);
}

void uml_reset_tables(void)
{
	atomic64_set(&cleaned, 0);
}
