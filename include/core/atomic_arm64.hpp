// SPDX-License-Identifier: GPL-2.0-only
// Read-modify-write operations for arm64: LSE instructions on CPUs that have them, LL/SC otherwise.
//
// has_lse() is one instruction that the alternatives patching of the kernel rewrites when the
// module is loaded: the choice is that of the kernel and costs a NOP.
#pragma once

#include "core/alternative_arm64.hpp"
#include "os/types.h"

#ifndef ARM64_CPUCAP_LSE
#error "the build passes the kernel's number for ARM64_HAS_LSE_ATOMICS as ARM64_CPUCAP_LSE"
#endif

namespace core::atomic {

[[gnu::always_inline]] inline bool has_lse()
{
	asm goto(CORE_ALTERNATIVE("b	%l[ll_sc]", "nop", ARM64_CPUCAP_LSE) : : : : ll_sc);
	return true;
ll_sc:
	return false;
}

// Words 2 * kPair and the next one of `words`.  An access to a pair is one to each of its words, each
// of which is single-copy atomic (DDI 0487 B2.2.1).
template <size_t kPair, size_t kWords>
[[gnu::always_inline]] inline void load_pair_relaxed(const u64 (&words)[kWords], u64& first,
						     u64& second)
{
	asm volatile("ldp	%[first], %[second], [%[words], %[offset]]"
		     : [first] "=r"(first), [second] "=r"(second)
		     : [words] "r"(&words), [offset] "i"(2 * kPair * sizeof(u64)), "Q"(words));
}

template <size_t kPair, size_t kWords>
[[gnu::always_inline]] inline void store_pair_relaxed(u64 (&words)[kWords], u64 first, u64 second)
{
	asm volatile("stp	%x[first], %x[second], [%[words], %[offset]]"
		     : "+Q"(words)
		     : [first] "rZ"(first), [second] "rZ"(second), [words] "r"(&words),
		       [offset] "i"(2 * kPair * sizeof(u64)));
}

// One compare-and-swap: LSE instruction `lse`, or LL/SC with store `stxr`.
// %w names the 32-bit view of a register, %x the 64-bit one.
#define CORE_CAS(T, w, name, lse, stxr)                                                            \
	[[gnu::always_inline]] inline bool name(T& word, T& expected, T desired)                   \
	{                                                                                          \
		T old = expected;                                                                  \
		if (has_lse()) {                                                                   \
			asm volatile(".arch_extension lse\n"                                       \
				     "	" lse "	%" w "[old], %" w "[desired], %[word]"             \
				     : [old] "+r"(old), [word] "+Q"(word)                          \
				     : [desired] "r"(desired)                                      \
				     : "memory");                                                  \
		} else {                                                                           \
			u32 failed;                                                                \
			asm volatile("1:	ldxr	%" w "[old], %[word]\n"                    \
				     "	cmp	%" w "[old], %" w "[expected]\n"                   \
				     "	b.ne	2f\n"                                                  \
				     "	" stxr "	%w[failed], %" w "[desired], %[word]\n"    \
				     "	cbnz	%w[failed], 1b\n"                                      \
				     "2:"                                                          \
				     : [old] "=&r"(old), [word] "+Q"(word), [failed] "=&r"(failed) \
				     : [expected] "r"(expected), [desired] "r"(desired)            \
				     : "cc", "memory");                                            \
		}                                                                                  \
		bool swapped = old == expected;                                                    \
		expected = old;                                                                    \
		return swapped;                                                                    \
	}

// One fetch-and-modify: LSE instruction `lse`, or LL/SC around `op` with store `stxr` and a barrier
// after.
#define CORE_FETCH(T, w, name, lse, op, stxr, after)                                               \
	[[gnu::always_inline]] inline T name(T& word, T bits)                                      \
	{                                                                                          \
		T old;                                                                             \
		if (has_lse()) {                                                                   \
			asm volatile(".arch_extension lse\n"                                       \
				     "	" lse "	%" w "[bits], %" w "[old], %[word]"                \
				     : [old] "=r"(old), [word] "+Q"(word)                          \
				     : [bits] "r"(bits)                                            \
				     : "memory");                                                  \
		} else {                                                                           \
			T fresh;                                                                   \
			u32 failed;                                                                \
			asm volatile("1:	ldxr	%" w "[old], %[word]\n"                    \
				     "	" op "	%" w "[fresh], %" w "[old], %" w "[bits]\n"        \
				     "	" stxr "	%w[failed], %" w "[fresh], %[word]\n"      \
				     "	cbnz	%w[failed], 1b\n"                                      \
				     "	" after                                                    \
				     : [old] "=&r"(old), [word] "+Q"(word), [fresh] "=&r"(fresh),  \
				       [failed] "=&r"(failed)                                      \
				     : [bits] "r"(bits)                                            \
				     : "memory");                                                  \
		}                                                                                  \
		return old;                                                                        \
	}

CORE_CAS(u32, "w", cas_relaxed, "cas", "stxr")
CORE_CAS(u64, "x", cas_relaxed, "cas", "stxr")
CORE_CAS(u32, "w", cas_release, "casl", "stlxr")
CORE_CAS(u64, "x", cas_release, "casl", "stlxr")
CORE_FETCH(u32, "w", fetch_add_relaxed, "ldadd", "add", "stxr", "")
CORE_FETCH(u64, "x", fetch_add_relaxed, "ldadd", "add", "stxr", "")
CORE_FETCH(u32, "w", fetch_or, "ldsetal", "orr", "stlxr", "dmb ish")
CORE_FETCH(u64, "x", fetch_or, "ldsetal", "orr", "stlxr", "dmb ish")
CORE_FETCH(u32, "w", fetch_andnot, "ldclral", "bic", "stlxr", "dmb ish")
CORE_FETCH(u64, "x", fetch_andnot, "ldclral", "bic", "stlxr", "dmb ish")
CORE_FETCH(u32, "w", fetch_andnot_relaxed, "ldclr", "bic", "stxr", "")
CORE_FETCH(u64, "x", fetch_andnot_relaxed, "ldclr", "bic", "stxr", "")

#undef CORE_CAS
#undef CORE_FETCH

}  // namespace core::atomic
