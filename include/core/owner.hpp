// SPDX-License-Identifier: GPL-2.0-only
// Owners of what the os services allocate: moved, never copied, released when they are destroyed.
#pragma once

#include <bit>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "core/result.hpp"
#include "core/thread_safety.hpp"
#include "os/os.h"

namespace core {

template <typename T>
struct Delete {
	void operator()(T* object) const
	{
		object->~T();
		os_free(object);
	}
};

// An object allocated by os_alloc().  There is no operator new: a failed allocation is an Errno.
template <typename T>
using Box = std::unique_ptr<T, Delete<T>>;

template <typename T, typename... Args>
Result<Box<T>> make_box(Args&&... args)
{
	// os_alloc() aligns a size that is a power of two to itself, as aligned types need.
	constexpr size_t kSize = alignof(T) > 8 ? std::bit_ceil(sizeof(T)) : sizeof(T);
	void* memory = os_alloc(kSize);
	if (!memory)
		return error(Errno::kNoMemory);
	return Box<T>(new (memory) T(std::forward<Args>(args)...));
}

// A fixed number of elements, each starting from zeroed memory.
template <typename T>
class Array {
public:
	Array() = default;
	Array(Array&& other)
		: elements_(std::exchange(other.elements_, nullptr)),
		  size_(std::exchange(other.size_, 0))
	{
	}
	Array& operator=(Array&& other)
	{
		std::swap(elements_, other.elements_);
		std::swap(size_, other.size_);
		return *this;
	}
	~Array()
	{
		for (size_t i = 0; i < size_; i++)
			elements_[i].~T();
		os_free(elements_);
	}

	static Result<Array> allocate(size_t count)
	{
		size_t bytes;
		if (__builtin_mul_overflow(count, sizeof(T), &bytes))
			return error(Errno::kNoMemory);
		Array array;
		array.elements_ = raw(bytes);
		if (!array.elements_)
			return error(Errno::kNoMemory);
		for (; array.size_ < count; array.size_++)
			new (&array.elements_[array.size_]) T;
		return array;
	}

	// No bounds check: the index is a masked position or comes from a loop over size().
	T& operator[](size_t index) const { return elements_[index]; }
	size_t size() const { return size_; }
	std::span<T> all() const { return {elements_, size_}; }

private:
	// SAFETY: memory for elements that allocate() constructs before it returns.
	static T* raw(size_t bytes) { return static_cast<T*>(os_alloc(bytes)); }

	T* elements_ = nullptr;
	size_t size_ = 0;
};

// An object that an os service creates and destroys.
template <typename T, void (*destroy)(T*)>
struct DestroyWith {
	void operator()(T* object) const { destroy(object); }
};

template <typename T, T* (*create)(), void (*destroy)(T*)>
struct Service : std::unique_ptr<T, DestroyWith<T, destroy>> {
	using Base = std::unique_ptr<T, DestroyWith<T, destroy>>;
	using Base::Base;

	static Result<Service> make()
	{
		Service service(create());
		if (!service)
			return error(Errno::kNoMemory);
		return service;
	}
};

using Ids = Service<os_ids, os_ids_create, os_ids_destroy>;
using Map = Service<os_map, os_map_create, os_map_destroy>;

class CAPABILITY("mutex") Mutex {
public:
	// Sleeps.  kNoMemory.
	static Result<Mutex> make() { return Mutex(TRY(Owned::make())); }

	os_mutex* get() const { return mutex_.get(); }

	// For the thread safety analysis: others are excluded by other means, which the caller
	// names.
	void assert_held() const ASSERT_CAPABILITY(this) {}

private:
	using Owned = Service<os_mutex, os_mutex_create, os_mutex_destroy>;

	explicit Mutex(Owned mutex)
		: mutex_(std::move(mutex))
	{
	}

	Owned mutex_;
};

class SCOPED_CAPABILITY Locked {
public:
	explicit Locked(const Mutex& mutex) ACQUIRE(mutex)
		: mutex_(mutex.get())
	{
		os_mutex_lock(mutex_);
	}
	~Locked() RELEASE() { os_mutex_unlock(mutex_); }
	Locked(const Locked&) = delete;
	Locked& operator=(const Locked&) = delete;

private:
	os_mutex* mutex_;
};

// Coherent memory shared with a device.
class Dma {
public:
	Dma() = default;
	Dma(Dma&& other)
		: dev_(other.dev_),
		  memory_(std::exchange(other.memory_, {}))
	{
	}
	Dma& operator=(Dma&& other)
	{
		std::swap(dev_, other.dev_);
		std::swap(memory_, other.memory_);
		return *this;
	}
	~Dma() { os_dma_free(dev_, &memory_); }

	static Result<Dma> allocate(device* dev, size_t size)
	{
		Dma dma;
		dma.dev_ = dev;
		TRY(from_errno(os_dma_alloc(dev, size, &dma.memory_)));
		return dma;
	}

	u64 bus() const { return memory_.bus; }
	size_t size() const { return memory_.size; }
	explicit operator bool() const { return memory_.cpu != nullptr; }

	template <typename T>
	T* as() const
	{
		// SAFETY: the memory is aligned to its size and holds nothing but what its owner
		// puts there.
		return static_cast<T*>(memory_.cpu);
	}

private:
	device* dev_ = nullptr;
	os_dma memory_{};
};

}  // namespace core
