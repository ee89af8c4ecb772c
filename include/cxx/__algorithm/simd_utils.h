// SPDX-License-Identifier: GPL-2.0-only
// The kernel forbids vector registers: keep libc++'s algorithms scalar.
#ifndef CXX_ALGORITHM_SIMD_UTILS_H
#define CXX_ALGORITHM_SIMD_UTILS_H

#include_next <__algorithm/simd_utils.h>

#undef _LIBCPP_VECTORIZE_ALGORITHMS
#define _LIBCPP_VECTORIZE_ALGORITHMS 0

#endif
