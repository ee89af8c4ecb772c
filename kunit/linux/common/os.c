// SPDX-License-Identifier: GPL-2.0-only
/*
 * What testos.h promises, in Linux: its own services (os/linux.c, renamed by wrap.h), counted and made
 * to fail on demand.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/platform_device.h>

#include "os/os.h"
#include "kunit/linux/common/uml.h"

void *linux_os_alloc(size_t size);
void linux_os_free(void *memory);
int linux_os_dma_alloc(struct device *dev, size_t size, struct os_dma *out);
void linux_os_dma_free(struct device *dev, struct os_dma *memory);
int linux_os_dma_set_mask(struct device *dev, u32 bits);
u64 linux_os_now_ns(void);
void linux_os_udelay(u32 us);
void linux_os_reschedule(void);
struct os_mutex *linux_os_mutex_create(void);
void linux_os_mutex_destroy(struct os_mutex *mutex);
struct os_ids *linux_os_ids_create(void);
void linux_os_ids_destroy(struct os_ids *ids);
int linux_os_ids_take(struct os_ids *ids, u32 min, u32 max);
void linux_os_ids_give(struct os_ids *ids, u32 id);
struct os_map *linux_os_map_create(void);
void linux_os_map_destroy(struct os_map *map);
int linux_os_map_insert(struct os_map *map, u32 key, void *value);

#define LOOK_NS	100

static struct platform_device *device_under_test;
static atomic_t live;
static atomic_t ids_taken;
static atomic_t without_io;
static u32 fail_at;
static bool failed;
static size_t dma_limit;
static u32 least_mask;
static bool clock_is_fake;
static u64 fake_ns;
static void (*on_reschedule)(void);

struct device *test_device(void)
{
	return &device_under_test->dev;
}

u32 test_device_references(void)
{
	return kref_read(&test_device()->kobj.kref);
}

static int __init add_device(void)
{
	device_under_test = platform_device_register_simple("smmuv3-kunit", PLATFORM_DEVID_NONE,
							    NULL, 0);
	if (IS_ERR(device_under_test))
		return PTR_ERR(device_under_test);
	/* test_bus_to_cpu() finds no memory that is mapped anew to be uncached. */
	arch_setup_dma_ops(test_device(), true);
	return 0;
}
postcore_initcall(add_device);

void uml_reset_os(void)
{
	fail_at = 0;
	failed = false;
	dma_limit = 0;
	least_mask = 0;
	clock_is_fake = false;
	on_reschedule = NULL;
	dma_coerce_mask_and_coherent(test_device(), DMA_BIT_MASK(64));
	uml_reset_tables();
	test_log_clear();
}

/* ---- allocations ---- */

void test_fail_alloc(u32 nth)
{
	failed = false;
	fail_at = nth;
}

bool test_alloc_failed(void)
{
	return failed;
}

void test_limit_dma(size_t bytes)
{
	dma_limit = bytes;
}

u32 test_live_allocs(void)
{
	return atomic_read(&live);
}

u32 uml_ids_taken(void)
{
	return atomic_read(&ids_taken);
}

bool uml_allocation_fails(void)
{
	if (!fail_at || --fail_at)
		return false;
	failed = true;
	return true;
}

void uml_count_allocation(int change)
{
	atomic_add(change, &live);
}

static void *counted(void *created)
{
	if (created)
		atomic_inc(&live);
	return created;
}

static void discount(const void *memory)
{
	if (memory)
		atomic_dec(&live);
}

u32 uml_allocations_without_io(void)
{
	return atomic_read(&without_io);
}

void *os_alloc(size_t size)
{
	if (current->flags & PF_MEMALLOC_NOIO)
		atomic_inc(&without_io);
	return uml_allocation_fails() ? NULL : counted(linux_os_alloc(size));
}

void os_free(void *memory)
{
	discount(memory);
	linux_os_free(memory);
}

int os_dma_alloc(struct device *dev, size_t size, struct os_dma *out)
{
	int ret;

	if (uml_allocation_fails() || (dma_limit && size > dma_limit))
		return -ENOMEM;
	ret = linux_os_dma_alloc(dev, size, out);
	if (!ret)
		atomic_inc(&live);
	return ret;
}

void os_dma_free(struct device *dev, struct os_dma *memory)
{
	discount(memory->cpu);
	linux_os_dma_free(dev, memory);
}

struct os_mutex *os_mutex_create(void)
{
	return uml_allocation_fails() ? NULL : counted(linux_os_mutex_create());
}

void os_mutex_destroy(struct os_mutex *mutex)
{
	discount(mutex);
	linux_os_mutex_destroy(mutex);
}

struct os_ids *os_ids_create(void)
{
	return uml_allocation_fails() ? NULL : counted(linux_os_ids_create());
}

void os_ids_destroy(struct os_ids *ids)
{
	discount(ids);
	linux_os_ids_destroy(ids);
}

int os_ids_take(struct os_ids *ids, u32 min, u32 max)
{
	int id = uml_allocation_fails() ? -ENOMEM : linux_os_ids_take(ids, min, max);

	if (id >= 0)
		atomic_inc(&ids_taken);
	return id;
}

void os_ids_give(struct os_ids *ids, u32 id)
{
	atomic_dec(&ids_taken);
	linux_os_ids_give(ids, id);
}

struct os_map *os_map_create(void)
{
	return uml_allocation_fails() ? NULL : counted(linux_os_map_create());
}

void os_map_destroy(struct os_map *map)
{
	discount(map);
	linux_os_map_destroy(map);
}

int os_map_insert(struct os_map *map, u32 key, void *value)
{
	return uml_allocation_fails() ? -ENOMEM : linux_os_map_insert(map, key, value);
}

/* ---- preemption ---- */

/* As if the kernel were preemptible: where it is not, preempt_count() has interrupts only. */
bool test_preemptible(void)
{
	return !irqs_disabled() && !preempt_count();
}

void test_on_reschedule(void (*hook)(void))
{
	on_reschedule = hook;
}

void os_reschedule(void)
{
	if (on_reschedule)
		on_reschedule();
	linux_os_reschedule();
}

/* ---- memory as a device sees it ---- */

int os_dma_set_mask(struct device *dev, u32 bits)
{
	return bits < least_mask ? -EIO : linux_os_dma_set_mask(dev, bits);
}

void test_refuse_dma_mask(u32 bits)
{
	least_mask = bits;
}

/* The kernel's own image is reserved, and so is the hole behind it. */
static bool is_ram(u64 address)
{
	unsigned long pfn = PHYS_PFN(address);

	return pfn_valid(pfn) && !PageReserved(pfn_to_page(pfn));
}

/* A bus address is a physical one here. */
void *test_bus_to_cpu(u64 bus, u64 size)
{
	if (!size || bus + size < bus || !is_ram(bus) || !is_ram(bus + size - 1))
		return NULL;
	return phys_to_virt(bus);
}

/* ---- time ---- */

void test_clock_fake(bool fake)
{
	fake_ns = linux_os_now_ns();
	clock_is_fake = fake;
}

void test_clock_advance(u64 ns)
{
	fake_ns += ns;
}

u64 os_now_ns(void)
{
	return clock_is_fake ? fake_ns += LOOK_NS : linux_os_now_ns();
}

void os_udelay(u32 us)
{
	if (clock_is_fake)
		fake_ns += us * 1000ULL;
	else
		linux_os_udelay(us);
}
