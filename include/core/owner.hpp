// SPDX-License-Identifier: GPL-2.0-only
// Owners of what the os services hand out: moved, never copied, released when they go.
#pragma once

#include <bit>
#include <memory>
#include <new>
#include <utility>

#include "core/result.hpp"
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

// An object of its own.  There is no operator new: out of memory is an error like any other.
template <typename T>
using Box = std::unique_ptr<T, Delete<T>>;

template <typename T, typename... Args>
Result<Box<T>> make_box(Args&&... args)
{
	// os_alloc() aligns a power of two to itself, which serves cache-line-aligned types.
	constexpr size_t kSize = alignof(T) > 8 ? std::bit_ceil(sizeof(T)) : sizeof(T);
	void* memory = os_alloc(kSize);
	if (!memory)
		return error(Errno::kNoMemory);
	return Box<T>(new (memory) T(std::forward<Args>(args)...));
}

struct FreeArray {
	void operator()(void* memory) const { os_free(memory); }
};

// Zeroed elements; only for types whose zeroed memory is a value.
template <typename T>
using Array = std::unique_ptr<T[], FreeArray>;

template <typename T>
Result<Array<T>> make_array(size_t count)
{
	static_assert(std::is_trivially_destructible_v<T>);
	if (count > SIZE_MAX / sizeof(T))
		return error(Errno::kNoMemory);
	// SAFETY: os_alloc() returns zeroed memory aligned for any T.
	auto* elements = static_cast<T*>(os_alloc(count * sizeof(T)));
	if (!elements)
		return error(Errno::kNoMemory);
	return Array<T>(elements);
}

// Coherent memory shared with a device.
class Dma {
public:
	Dma() = default;
	Dma(Dma&& other) : dev_(other.dev_), memory_(std::exchange(other.memory_, {})) {}
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
		// SAFETY: the memory is aligned to its size and holds nothing but what its owner puts there.
		return static_cast<T*>(memory_.cpu);
	}

private:
	device* dev_ = nullptr;
	os_dma memory_{};
};

}  // namespace core
