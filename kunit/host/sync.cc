// SPDX-License-Identifier: GPL-2.0-only
// Mutexes, numbers and maps.
#include <map>
#include <mutex>
#include <new>
#include <set>

#include "kunit/host/host.hpp"
#include "os/os.h"

struct os_mutex {
	std::mutex mutex;
};

struct os_ids {
	std::mutex mutex;
	std::set<u32> taken;
};

struct os_map {
	std::mutex mutex;
	std::map<u32, void*> values;
};

namespace {

constexpr int kNoMemory = -12, kBusy = -16, kNoSpace = -28;

template <typename T>
T* create()
{
	host::must_be_able_to_sleep("os_*_create()");
	if (host::allocation_fails())
		return nullptr;
	host::count_allocation(1);
	return new T;
}

template <typename T>
void destroy(T* object)
{
	if (!object)
		return;
	host::count_allocation(-1);
	delete object;
}

}  // namespace

os_mutex* os_mutex_create()
{
	return create<os_mutex>();
}

void os_mutex_destroy(os_mutex* mutex)
{
	destroy(mutex);
}

void os_mutex_lock(os_mutex* mutex)
{
	host::must_be_able_to_sleep("os_mutex_lock()");
	mutex->mutex.lock();
}

void os_mutex_unlock(os_mutex* mutex)
{
	mutex->mutex.unlock();
}

os_ids* os_ids_create()
{
	return create<os_ids>();
}

void os_ids_destroy(os_ids* ids)
{
	destroy(ids);
}

int os_ids_take(os_ids* ids, u32 min, u32 max)
{
	host::must_be_able_to_sleep("os_ids_take()");
	if (host::allocation_fails())
		return kNoMemory;
	std::lock_guard guard(ids->mutex);
	u32 id = min;
	for (auto it = ids->taken.lower_bound(min); it != ids->taken.end() && *it == id; ++it)
		id++;
	if (id > max)
		return kNoSpace;
	ids->taken.insert(id);
	return static_cast<int>(id);
}

void os_ids_give(os_ids* ids, u32 id)
{
	std::lock_guard guard(ids->mutex);
	if (!ids->taken.erase(id))
		host::die("os_ids_give(%u): it is not taken", id);
}

os_map* os_map_create()
{
	return create<os_map>();
}

void os_map_destroy(os_map* map)
{
	destroy(map);
}

int os_map_insert(os_map* map, u32 key, void* value)
{
	host::must_be_able_to_sleep("os_map_insert()");
	if (host::allocation_fails())
		return kNoMemory;
	std::lock_guard guard(map->mutex);
	return map->values.emplace(key, value).second ? 0 : kBusy;
}

void os_map_erase(os_map* map, u32 key)
{
	std::lock_guard guard(map->mutex);
	map->values.erase(key);
}

void* os_map_find(os_map* map, u32 key)
{
	std::lock_guard guard(map->mutex);
	const auto found = map->values.find(key);
	return found == map->values.end() ? nullptr : found->second;
}
