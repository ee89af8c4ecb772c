// SPDX-License-Identifier: GPL-2.0-only
// One word shared between CPUs, with the operations and orderings of the Linux kernel memory model.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "os/types.h"

#if defined(__aarch64__)
#include "core/atomic_arm64.hpp"
#else
#include "core/atomic_generic.hpp"
#endif

namespace core {

// ---- accesses to a word that is no Atomic, because a device or C code uses it, too ----

// READ_ONCE()
template <typename T>
T load_relaxed(const T& word)
{
	return __atomic_load_n(&word, __ATOMIC_RELAXED);
}
// WRITE_ONCE()
template <typename T>
void store_relaxed(T& word, std::type_identity_t<T> value)
{
	__atomic_store_n(&word, value, __ATOMIC_RELAXED);
}
// smp_load_acquire()
template <typename T>
T load_acquire(const T& word)
{
	return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
// smp_store_release()
template <typename T>
void store_release(T& word, std::type_identity_t<T> value)
{
	__atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

// INVARIANT: only this class touches the word.  std::atomic is not used: its orderings are C++'s,
// and on arm64 it would not follow the kernel's choice between LSE and LL/SC.
template <typename T>
	requires(std::same_as<T, u32> || std::same_as<T, u64>)
class Atomic {
public:
	constexpr Atomic() = default;
	constexpr explicit Atomic(T value)
		: value_(value)
	{
	}
	Atomic(const Atomic&) = delete;
	Atomic& operator=(const Atomic&) = delete;

	// READ_ONCE()
	T load_relaxed() const { return core::load_relaxed(value_); }
	// smp_load_acquire()
	T load_acquire() const { return core::load_acquire(value_); }
	// WRITE_ONCE()
	void store_relaxed(T value) { core::store_relaxed(value_, value); }
	// smp_store_release()
	void store_release(T value) { core::store_release(value_, value); }

	// READ_ONCE() and WRITE_ONCE() of kWords adjacent words, in pairs: in any order.
	template <size_t kWords>
	[[gnu::always_inline]] static void load_all_relaxed(const Atomic* from, T (&values)[kWords])
	{
		[&]<size_t... kPairs>(std::index_sequence<kPairs...>)
			__attribute__((always_inline)) {
				(atomic::load_pair_relaxed<kPairs>(words_of<kWords>(from),
								   values[2 * kPairs],
								   values[2 * kPairs + 1]),
				 ...);
			}(std::make_index_sequence<kWords / 2>());
		if constexpr (kWords % 2)
			values[kWords - 1] = from[kWords - 1].load_relaxed();
	}
	// value(i) is that of the word i.
	template <size_t kWords, class Value>
	[[gnu::always_inline]] static void store_all_relaxed(Atomic* to, const Value& value)
	{
		[&]<size_t... kPairs>(
			std::index_sequence<kPairs...>) __attribute__((always_inline)) {
			(atomic::store_pair_relaxed<kPairs>(words_of<kWords>(to), value(2 * kPairs),
							    value(2 * kPairs + 1)),
			 ...);
		}(std::make_index_sequence<kWords / 2>());
		if constexpr (kWords % 2)
			to[kWords - 1].store_relaxed(value(kWords - 1));
	}

	// try_cmpxchg_relaxed(): true when the word was `expected` and now is `desired`; otherwise
	// `expected` is what the word was.
	bool cas_relaxed(T& expected, T desired)
	{
		return atomic::cas_relaxed(value_, expected, desired);
	}
	// try_cmpxchg_release(): earlier accesses are ordered before the store.
	bool cas_release(T& expected, T desired)
	{
		return atomic::cas_release(value_, expected, desired);
	}
	// atomic_fetch_add_relaxed()
	T fetch_add_relaxed(T by) { return atomic::fetch_add_relaxed(value_, by); }
	// atomic_fetch_or(), fully ordered: smp_mb() before and after.
	T fetch_or(T bits) { return atomic::fetch_or(value_, bits); }
	// atomic_fetch_andnot_relaxed()
	T fetch_andnot_relaxed(T bits) { return atomic::fetch_andnot_relaxed(value_, bits); }
	// atomic_fetch_andnot(), fully ordered: smp_mb() before and after.
	T fetch_andnot(T bits) { return atomic::fetch_andnot(value_, bits); }

private:
	// SAFETY: an Atomic has no other member.
	template <size_t kWords>
	static auto& words_of(const Atomic* first)
	{
		return *reinterpret_cast<const T(*)[kWords]>(&first->value_);
	}
	template <size_t kWords>
	static auto& words_of(Atomic* first)
	{
		return *reinterpret_cast<T(*)[kWords]>(&first->value_);
	}

	T value_{};
};

}  // namespace core
