// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/device/driver.h>
#include <linux/hashtable.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <trace/events/kmem.h>

#include "kunit/linux/common/leaks.h"
#include "kunit/linux/common/wait.h"

#define MOST 4096
#define DEPTH 16

struct entry {
	struct hlist_node node;
	const void *memory; /* an object, or a page's struct */
	unsigned long site;	/* who allocated it; 0 for pages */
};

static struct entry entries[MOST];
static DEFINE_HASHTABLE(live, 10);
static HLIST_HEAD(unused);
static DEFINE_RAW_SPINLOCK(lock);
static struct task_struct *watched;
static u32 unnoted;

static void forget(const void *memory)
{
	struct entry *entry;

	hash_for_each_possible(live, entry, node, (unsigned long)memory) {
		if (entry->memory != memory)
			continue;
		hash_del(&entry->node);
		hlist_add_head(&entry->node, &unused);
		return;
	}
}

static void note(const void *memory, unsigned long site)
{
	struct entry *entry = hlist_entry_safe(unused.first, struct entry, node);

	if (!entry) {
		unnoted++;
		return;
	}
	hlist_del(&entry->node);
	entry->memory = memory;
	entry->site = site;
	hash_add(live, &entry->node, (unsigned long)memory);
}

static void allocated(const void *memory, unsigned long site)
{
	unsigned long flags;

	if (!memory || current != watched || !in_task())
		return;
	raw_spin_lock_irqsave(&lock, flags);
	note(memory, site);
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void freed(const void *memory)
{
	unsigned long flags;

	if (!watched)
		return;
	raw_spin_lock_irqsave(&lock, flags);
	forget(memory);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* ---- tracepoints ---- */

static void on_kmalloc(void *unused, unsigned long site, const void *memory, size_t requested,
		       size_t size, gfp_t gfp, int node)
{
	allocated(memory, site);
}

static void on_cache_alloc(void *unused, unsigned long site, const void *memory,
			   struct kmem_cache *cache, gfp_t gfp, int node)
{
	allocated(memory, site);
}

static void on_kfree(void *unused, unsigned long site, const void *memory)
{
	freed(memory);
}

static void on_cache_free(void *unused, unsigned long site, const void *memory,
			  const struct kmem_cache *cache)
{
	freed(memory);
}

static void on_page_alloc(void *unused, struct page *page, unsigned int order, gfp_t gfp, int type)
{
	allocated(page, 0);
}

static void on_page_free(void *unused, struct page *page, unsigned int order)
{
	freed(page);
}

static int __init watch(void)
{
	for (int i = 0; i < MOST; i++)
		hlist_add_head(&entries[i].node, &unused);
	return register_trace_kmalloc(on_kmalloc, NULL) ?:
	       register_trace_kmem_cache_alloc(on_cache_alloc, NULL) ?:
	       register_trace_kfree(on_kfree, NULL) ?:
	       register_trace_kmem_cache_free(on_cache_free, NULL) ?:
	       register_trace_mm_page_alloc(on_page_alloc, NULL) ?:
	       register_trace_mm_page_free(on_page_free, NULL);
}
late_initcall(watch);

/* ---- the window ---- */

void leaks_begin(void)
{
	unnoted = 0;
	watched = current;
}

/* Devices probed later, links removed later, what waits for a grace period. */
static void settle(void)
{
	wait_for_device_probe();
	device_link_wait_removal();
	rcu_barrier();
	vm_unmap_aliases();
}

/* Sites whose memory idr and vmalloc keep in stock. */
static const char *const keepers[] = {
	"__radix_tree_preload", "radix_tree_node_alloc", "alloc_vmap_area",
};

static bool is_kept(unsigned long site)
{
	char symbol[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(symbol, site);
	for (size_t i = 0; i < ARRAY_SIZE(keepers); i++)
		if (strstarts(symbol, keepers[i]))
			return true;
	return false;
}

/* A page that has become the slab allocator's own stays with it. */
static bool is_leak(const struct entry *entry)
{
	return entry->site ? !is_kept(entry->site) :
			     !PageSlab((const struct page *)entry->memory);
}

static bool nothing_is_left(void)
{
	struct entry *entry;
	bool left = false;
	int bucket;

	raw_spin_lock_irq(&lock);
	hash_for_each(live, bucket, entry, node)
		left |= is_leak(entry);
	raw_spin_unlock_irq(&lock);
	return !left;
}

static void tell(const struct entry *entry)
{
	if (entry->site)
		pr_info("    # never freed: what %pS allocated\n", (void *)entry->site);
	else
		pr_info("    # never freed: a page\n");
}

u32 leaks_end(void)
{
	struct hlist_node *next;
	struct entry *entry;
	u32 leaks = 0;
	int bucket;

	settle();
	/* What a thread that has ended leaves is freed when it has been scheduled for the last time. */
	wait_for(nothing_is_left);
	watched = NULL;
	hash_for_each_safe(live, bucket, next, entry, node) {
		if (is_leak(entry)) {
			leaks++;
			tell(entry);
		}
		hash_del(&entry->node);
		hlist_add_head(&entry->node, &unused);
	}
	return leaks + unnoted;
}
