// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/pm_runtime.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "kunit/linux/common/compat.h"
#include "kunit/linux/common/fail_nth.h"
#include "kunit/linux/common/leaks.h"
#include "kunit/linux/common/uml.h"

/* More than any operation needs. */
#define MOST 2000

/*
 * current->fail_nth is what /proc/<pid>/fail-nth of fault injection sets.  It never counts what the
 * following settings leave out, and by default they leave out every allocation that may sleep and every
 * single page.  They are files in debugfs; what such a file shows is what its inode points at.
 */
static void *setting(const char *directory, const char *name)
{
	struct dentry *parent = debugfs_lookup(directory, NULL);
	struct dentry *file = parent ? debugfs_lookup(name, parent) : NULL;
	void *value = file ? d_inode(file)->i_private : NULL;

	dput(file);
	dput(parent);
	if (!value)
		panic("fault injection has no setting %s/%s", directory, name);
	return value;
}

/* The driver core warns and leaks when this has no memory for a name. */
static void spare(const char *function)
{
	unsigned long start = kallsyms_lookup_name(function), size, offset;

	if (!start || !kallsyms_lookup_size_offset(start, &size, &offset))
		panic("fault injection would spare %s, which does not exist", function);
	*(unsigned long *)setting("failslab", "reject-start") = start;
	*(unsigned long *)setting("failslab", "reject-end") = start + size;
}

static int __init count_everything(void)
{
	*(bool *)setting("failslab", "ignore-gfp-wait") = false;
	*(bool *)setting("fail_page_alloc", "ignore-gfp-wait") = false;
	*(bool *)setting("fail_page_alloc", "ignore-gfp-highmem") = false;
	*(u32 *)setting("fail_page_alloc", "min-order") = 0;
	/* No stack dump for each failure; 2 brings them back. */
	*(unsigned long *)setting("failslab", "verbose") = 0;
	*(unsigned long *)setting("fail_page_alloc", "verbose") = 0;
	spare("devlink_remove_symlinks");
	return 0;
}
late_initcall_sync(count_everything);

/* Whether allocation @nth was reached; none fails if that is 0. */
static bool run_failing(struct test_run *t, const struct fail_op *op, u32 nth, int *ret)
{
	u32 left;

	current->fail_nth = nth;
	*ret = op->run(t);
	left = current->fail_nth;
	current->fail_nth = 0;
	return nth && !left;
}

static bool attempt(struct test_run *t, const struct fail_op *op, u32 nth, u32 *refusals)
{
	bool reached;
	int ret;

	if (op->prepare)
		op->prepare(t);
	reached = run_failing(t, op, nth, &ret);
	if (ret) {
		EXPECT(t, reached);
		EXPECT_EQ(t, ret, ret == op->mistaken ? ret : -ENOMEM);
		++*refusals;
		if (op->failed)
			op->failed(t);
		EXPECT_EQ(t, op->run(t), 0);
	}
	op->worked(t);
	op->undo(t);
	return reached;
}

static bool attempt_and_count(struct test_run *t, const struct fail_op *op, u32 nth,
			      u32 *refusals)
{
	const u32 failures = t->failures, ids = uml_ids_taken();
	bool reached;

	test_log_clear();
	leaks_begin();
	reached = attempt(t, op, nth, refusals);
	rcu_barrier();	/* retired page tables are freed */
	EXPECT_EQ(t, leaks_end(), 0);
	EXPECT_EQ(t, uml_ids_taken(), ids);
	EXPECT_EQ(t, test_log_count("WARNING:"), test_log_late_probes());
	EXPECT_EQ(t, test_log_count("BUG"), 0);
	/* A device tree node with references that are never put. */
	EXPECT_EQ(t, test_log_count("OF: ERROR"), 0);
	if (t->failures != failures)
		pr_info("    # ... where allocation %u of %s fails\n", nth, op->name);
	return reached;
}

u32 fail_each(struct test_run *t, const struct fail_op *op, struct device *iommu)
{
	u32 nth = 0, refusals = 0, references;

	/* Once for what Linux allocates at the first use and keeps. */
	attempt(t, op, 0, &refusals);
	attempt_and_count(t, op, 0, &refusals);
	references = kref_read(&iommu->kobj.kref);
	while (!t->failures && nth < MOST && attempt_and_count(t, op, ++nth, &refusals))
		;
	EXPECT(t, nth < MOST);
	EXPECT_EQ(t, kref_read(&iommu->kobj.kref), references);
	test_log_clear();
	if (!t->failures)
		pr_info("    # %s: %u allocations, %u of them refused it\n", op->name, nth - 1,
			refusals);
	return nth - 1;
}

bool is_left_alone(struct device *dev)
{
	return !pm_runtime_enabled(dev) && !atomic_read(&dev->power.usage_count);
}

static bool is_linked(struct device *iommu, struct device *client)
{
	struct device_link *link;

	list_for_each_entry(link, &iommu->links.consumers, s_node)
		if (link->consumer == client && link->flags & DL_FLAG_PM_RUNTIME)
			return true;
	return false;
}

void release_unlinked(struct device *client)
{
	if (client && test_log_count("will not suspend at run time"))
		device_release_driver(client);
}

bool is_powered_for(struct device *iommu, struct device *client)
{
	return is_linked(iommu, client) || test_log_count("will not suspend at run time") == 1;
}
