// SPDX-License-Identifier: GPL-2.0-only
// Memory of translation tables: DMA memory, so that models reach it.
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "kunit/base/testos.h"
#include "kunit/host/host.hpp"
#include "os/tables.h"

struct os_tables {
	device* walker;
	void (*reclaim)(void* owner);
	void* owner;
	std::atomic<u64> bytes{0};
};

namespace {

struct Everything {
	std::mutex mutex;
	std::set<os_tables*> spaces;
	std::map<void*, std::pair<os_tables*, size_t>> tables;  // nullptr: leaked
	std::map<void*, void*> links;
	std::vector<os_dma> retired;
};

Everything& everything()
{
	static Everything& the_everything = *new Everything;  // outlives every thread
	return the_everything;
}

std::atomic<u64> cleaned{0};

os_dma memory_of(const void* table, size_t bytes)
{
	const auto address = reinterpret_cast<__UINTPTR_TYPE__>(table);
	return {const_cast<void*>(table), address - host::dma_linear(), bytes};
}

void forget(void* table)
{
	std::lock_guard guard(everything().mutex);
	everything().tables.erase(table);
}

void leak_all_of(os_tables* tables)
{
	std::lock_guard guard(everything().mutex);
	for (auto& [table, entry] : everything().tables)
		if (entry.first == tables)
			entry.first = nullptr;
}

std::vector<os_dma> take_retired()
{
	std::lock_guard guard(everything().mutex);
	return std::exchange(everything().retired, {});
}

}  // namespace

os_tables* os_tables_create(device* walker, bool, void (*reclaim)(void*), void* owner)
{
	host::must_be_able_to_sleep("os_tables_create()");
	if (host::allocation_fails())
		return nullptr;
	auto* tables = new os_tables{walker, reclaim, owner};
	os_device_get(walker);
	std::lock_guard guard(everything().mutex);
	everything().spaces.insert(tables);
	host::count_allocation(1);
	return tables;
}

void os_tables_stop(os_tables* tables)
{
	host::must_be_able_to_sleep("os_tables_stop()");
	std::lock_guard guard(everything().mutex);
	everything().spaces.erase(tables);
}

void os_tables_destroy(os_tables* tables)
{
	if (!tables)
		return;
	os_tables_stop(tables);
	os_read_synchronize();
	leak_all_of(tables);
	os_device_put(tables->walker);
	delete tables;
	host::count_allocation(-1);
}

u64 os_tables_linear(const os_tables*)
{
	return host::dma_linear();
}

u64 os_tables_bytes(const os_tables* tables)
{
	return tables->bytes;
}

void* os_table_alloc(os_tables* tables, size_t bytes, gfp_t gfp)
{
	if (gfp == OS_TABLES_SLEEP)
		host::must_be_able_to_sleep("os_table_alloc()");
	os_dma memory;
	if (!host::take_dma(bytes, memory))
		return nullptr;
	tables->bytes += bytes;
	std::lock_guard guard(everything().mutex);
	everything().tables[memory.cpu] = {tables, bytes};
	return memory.cpu;
}

void os_table_free(os_tables* tables, void* table, size_t bytes)
{
	tables->bytes -= bytes;
	forget(table);
	host::give_dma(memory_of(table, bytes));
}

void os_table_retire(os_tables* tables, void* table, size_t bytes)
{
	tables->bytes -= bytes;
	forget(table);
	std::lock_guard guard(everything().mutex);
	everything().retired.push_back(memory_of(table, bytes));
}

void** os_table_link(void* table)
{
	std::lock_guard guard(everything().mutex);
	return &everything().links[table];
}

void os_table_clean(os_tables*, const void*, size_t bytes)
{
	cleaned += bytes;
}

void os_read_lock()
{
	os_preempt_disable();
}

void os_read_unlock()
{
	os_preempt_enable();
}

void os_read_synchronize()
{
	const auto retired = take_retired();
	os_synchronize();
	for (const os_dma& memory : retired)
		host::give_dma(memory);
}

void test_reclaim_tables()
{
	std::set<os_tables*> spaces;
	{
		std::lock_guard guard(everything().mutex);
		spaces = everything().spaces;
	}
	for (os_tables* tables : spaces)
		tables->reclaim(tables->owner);
}

u64 test_cleaned_bytes()
{
	return cleaned;
}

u64 test_leaked_table_bytes()
{
	std::lock_guard guard(everything().mutex);
	u64 bytes = 0;
	for (const auto& [table, entry] : everything().tables)
		bytes += entry.first ? 0 : entry.second;
	return bytes;
}

void test_release_leaked_tables()
{
	std::lock_guard guard(everything().mutex);
	std::erase_if(everything().tables, [](const auto& one) {
		const auto& [table, entry] = one;
		if (!entry.first)
			host::give_dma(memory_of(table, entry.second));
		return !entry.first;
	});
}

void host::reset_tables()
{
	cleaned = 0;
}
