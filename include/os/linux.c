// SPDX-License-Identifier: GPL-2.0-only
/* The services of os.h on Linux. */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/xarray.h>

#include "os/os.h"

void os_device_get(struct device *dev)
{
	get_device(dev);
}

void os_device_put(struct device *dev)
{
	put_device(dev);
}

void *os_alloc(size_t size)
{
	return kvzalloc(size, GFP_KERNEL);
}

void os_free(void *memory)
{
	kvfree(memory);
}

int os_dma_alloc(struct device *dev, size_t size, struct os_dma *out)
{
	dma_addr_t bus;

	out->cpu = dma_alloc_coherent(dev, size, &bus, GFP_KERNEL | __GFP_NOWARN);
	if (!out->cpu)
		return -ENOMEM;
	out->bus = bus;
	out->size = size;
	return 0;
}

void os_dma_free(struct device *dev, struct os_dma *memory)
{
	if (memory->cpu)
		dma_free_coherent(dev, memory->size, memory->cpu, memory->bus);
	*memory = (struct os_dma){ };
}

int os_dma_set_mask(struct device *dev, u32 bits)
{
	return dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
}

u64 os_now_ns(void)
{
	return ktime_get_ns();
}

void os_udelay(u32 us)
{
	udelay(us);
}

unsigned long os_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void os_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}

void os_preempt_disable(void)
{
	preempt_disable();
}

void os_preempt_enable(void)
{
	preempt_enable();
}

void os_reschedule(void)
{
	cond_resched();
}

/* RCU's grace periods wait for code with interrupts or preemption off, not only for its readers. */
void os_synchronize(void)
{
	synchronize_rcu_expedited();
}

u32 os_cpu(void)
{
	return raw_smp_processor_id();
}

u32 os_nr_cpus(void)
{
	return nr_cpu_ids;
}

struct os_mutex {
	struct mutex mutex;	/* that os_mutex_lock() takes */
};

struct os_mutex *os_mutex_create(void)
{
	struct os_mutex *mutex = kzalloc(sizeof(*mutex), GFP_KERNEL);

	if (mutex)
		mutex_init(&mutex->mutex);
	return mutex;
}

void os_mutex_destroy(struct os_mutex *mutex)
{
	if (!mutex)
		return;
	mutex_destroy(&mutex->mutex);
	kfree(mutex);
}

void os_mutex_lock(struct os_mutex *mutex)
{
	mutex_lock(&mutex->mutex);
}

void os_mutex_unlock(struct os_mutex *mutex)
{
	mutex_unlock(&mutex->mutex);
}

struct os_ids {
	struct ida ida;
};

struct os_ids *os_ids_create(void)
{
	struct os_ids *ids = kzalloc(sizeof(*ids), GFP_KERNEL);

	if (ids)
		ida_init(&ids->ida);
	return ids;
}

void os_ids_destroy(struct os_ids *ids)
{
	if (!ids)
		return;
	ida_destroy(&ids->ida);
	kfree(ids);
}

int os_ids_take(struct os_ids *ids, u32 min, u32 max)
{
	return ida_alloc_range(&ids->ida, min, max, GFP_KERNEL);
}

void os_ids_give(struct os_ids *ids, u32 id)
{
	ida_free(&ids->ida, id);
}

struct os_map {
	struct xarray xarray;
};

struct os_map *os_map_create(void)
{
	struct os_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (map)
		xa_init(&map->xarray);
	return map;
}

void os_map_destroy(struct os_map *map)
{
	if (!map)
		return;
	xa_destroy(&map->xarray);
	kfree(map);
}

int os_map_insert(struct os_map *map, u32 key, void *value)
{
	return xa_insert(&map->xarray, key, value, GFP_KERNEL);
}

void os_map_erase(struct os_map *map, u32 key)
{
	xa_erase(&map->xarray, key);
}

void *os_map_find(struct os_map *map, u32 key)
{
	return xa_load(&map->xarray, key);
}

u32 os_mmio_read32(const void *address)
{
	return readl_relaxed((const void __iomem __force *)address);
}

void os_mmio_write32(void *address, u32 value)
{
	writel_relaxed(value, (void __iomem __force *)address);
}

u64 os_mmio_read64(const void *address)
{
	return readq_relaxed((const void __iomem __force *)address);
}

void os_mmio_write64(void *address, u64 value)
{
	writeq_relaxed(value, (void __iomem __force *)address);
}

void os_log(struct device *dev, enum os_level level, const char *format, ...)
{
	static const char *const severity[] = {
		[OS_ERROR] = KERN_ERR, [OS_WARNING] = KERN_WARNING,
		[OS_NOTICE] = KERN_NOTICE, [OS_INFO] = KERN_INFO,
	};
	struct va_format line = { .fmt = format };
	va_list arguments;

	va_start(arguments, format);
	line.va = &arguments;
	dev_printk(severity[level], dev, "%pV\n", &line);
	va_end(arguments);
}

void os_assert_failed(const char *file, int line, const char *what)
{
	pr_emerg("%s:%d: broken invariant: %s\n", file, line, what);
	BUG();
}
