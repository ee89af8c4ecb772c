// SPDX-License-Identifier: GPL-2.0-only
/* Shows every suite of kunit/suites.def to KUnit, each case under its own name. */
#include <kunit/test.h>
#include <linux/debug_locks.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "kunit/base/test.h"	/* <kunit/test.h> is the kernel's */
#include "kunit/linux/common/uml.h"

/* The suite that runs; KUnit runs one at a time. */
static const struct test_suite *current_suite;
static bool current_panics;

static bool panics;
module_param(panics, bool, 0444);
MODULE_PARM_DESC(panics, "Run the case that ends in a panic: to be the only one of this boot");

void test_must_panic(const char *text)
{
	pr_info("    # must panic: %s\n", text);
}

/* May come with interrupts off, where KUnit's own report must not: that one is made by run_case(). */
void test_fail(struct test_run *run, const char *file, int line, const char *what, u64 left,
	       u64 right)
{
	run->failures++;
	pr_info("    # %s:%d: %s: %#llx, %#llx\n", file, line, what, left, right);
}

static const struct test_case *find_case(const char *name)
{
	for (size_t i = 0; i < current_suite->count; i++)
		if (!strcmp(current_suite->cases[i].name, name))
			return &current_suite->cases[i];
	return NULL;
}

static void run_case(struct kunit *kunit)
{
	const struct test_case *one = find_case(kunit->name);
	struct test_run run = { };
	const bool lockdep = debug_locks;
	u32 before;

	KUNIT_ASSERT_NOT_NULL(kunit, one);
	if (current_panics && !panics)
		kunit_skip(kunit, "has a boot of its own");
	uml_reset_os();
	before = test_live_allocs();
	one->run(&run);
	if (run.failures)
		KUNIT_FAIL(kunit, "%u expectations failed", run.failures);
	if (test_live_allocs() != before)
		KUNIT_FAIL(kunit, "leaked %d allocations", (int)(test_live_allocs() - before));
	if (lockdep && !debug_locks)
		KUNIT_FAIL(kunit, "lockdep has found a mistake and stopped");
	uml_reset_os();
	uml_reset_mmio();
}

/* Filled before KUnit looks, which is after all initcalls. */
static void __init fill(struct kunit_suite *suite, const struct test_suite *from)
{
	struct kunit_case *cases = kcalloc(from->count + 1, sizeof(*cases), GFP_KERNEL);

	if (!cases)
		panic("no memory for the test suites");
	for (size_t i = 0; i < from->count; i++)
		cases[i] = (struct kunit_case)KUNIT_CASE(run_case);
	for (size_t i = 0; i < from->count; i++)
		cases[i].name = from->cases[i].name;
	strscpy((char *)suite->name, from->name, sizeof(suite->name));
	suite->test_cases = cases;
}

#define HOST_SUITE(which)
#define UML_SUITE(which) SUITE(which)
#ifdef CONFIG_FAULT_INJECTION
#define FAIL_SUITE(which) SUITE(which)
#else
#define FAIL_SUITE(which)
#endif
#ifdef CONFIG_IOMMU_SVA
#define PROCESS_SUITE(which) SUITE(which)
#define STAND_IN_SUITE(which)
#else
#define PROCESS_SUITE(which)
#define STAND_IN_SUITE(which) SUITE(which)
#endif
#define SUITE(which) TOLD_SUITE(which, false)
#define PANIC_SUITE(which) TOLD_SUITE(which, true)
#define TOLD_SUITE(which, ends_in_panic)                               \
	extern const struct test_suite which##_suite;                  \
	static int which##_begin(struct kunit_suite *suite)            \
	{                                                              \
		current_suite = &which##_suite;                        \
		current_panics = ends_in_panic;                        \
		return 0;                                              \
	}                                                              \
	static struct kunit_case which##_none[] = { {} };              \
	static struct kunit_suite which##_kunit = {                    \
		.suite_init = which##_begin,                           \
		.test_cases = which##_none,                            \
	};                                                             \
	kunit_test_suite(which##_kunit);
#include "kunit/suites.def"
#undef SUITE
#undef PANIC_SUITE

static int __init fill_suites(void)
{
#define SUITE(which) fill(&which##_kunit, &which##_suite);
#define PANIC_SUITE(which) SUITE(which)
#include "kunit/suites.def"
	return 0;
}
core_initcall(fill_suites);
