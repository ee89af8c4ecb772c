// SPDX-License-Identifier: GPL-2.0-only
// Read-modify-write operations by the compiler's builtins, for UML and the host.
#pragma once

#include "os/types.h"

namespace core::atomic {

// The fences make it fully ordered.  The thread sanitizer does not model fences: for it, the
// operation itself is.
#if __has_feature(thread_sanitizer)
constexpr int kBetweenFences = __ATOMIC_SEQ_CST;
#else
constexpr int kBetweenFences = __ATOMIC_RELAXED;
#endif

// Words 2 * kPair and the next one of `words`.
template <size_t kPair, size_t kWords>
void load_pair_relaxed(const u64 (&words)[kWords], u64& first, u64& second)
{
	first = __atomic_load_n(&words[2 * kPair], __ATOMIC_RELAXED);
	second = __atomic_load_n(&words[2 * kPair + 1], __ATOMIC_RELAXED);
}

template <size_t kPair, size_t kWords>
void store_pair_relaxed(u64 (&words)[kWords], u64 first, u64 second)
{
	__atomic_store_n(&words[2 * kPair], first, __ATOMIC_RELAXED);
	__atomic_store_n(&words[2 * kPair + 1], second, __ATOMIC_RELAXED);
}

template <typename T>
bool cas_relaxed(T& word, T& expected, T desired)
{
	return __atomic_compare_exchange_n(&word, &expected, desired, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

template <typename T>
bool cas_release(T& word, T& expected, T desired)
{
	return __atomic_compare_exchange_n(&word, &expected, desired, false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

template <typename T>
T fetch_add_relaxed(T& word, T by)
{
	return __atomic_fetch_add(&word, by, __ATOMIC_RELAXED);
}

template <typename T>
T fetch_or(T& word, T bits)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	T old = __atomic_fetch_or(&word, bits, kBetweenFences);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return old;
}

template <typename T>
T fetch_andnot_relaxed(T& word, T bits)
{
	return __atomic_fetch_and(&word, ~bits, __ATOMIC_RELAXED);
}

template <typename T>
T fetch_andnot(T& word, T bits)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	T old = __atomic_fetch_and(&word, ~bits, kBetweenFences);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return old;
}

}  // namespace core::atomic
