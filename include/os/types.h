/* SPDX-License-Identifier: GPL-2.0-only */
/* The integer types that cross the boundary between C and C++, under the kernel's names. */
#ifndef OS_TYPES_H
#define OS_TYPES_H

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "A little-endian kernel is needed: tables, queues and registers are little-endian and not converted."
#endif

#ifdef __cplusplus
#include <cstddef>
using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using s32 = int;
using gfp_t = unsigned int;
using std::size_t;
#else
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef unsigned int gfp_t;
#endif
#endif

#endif
