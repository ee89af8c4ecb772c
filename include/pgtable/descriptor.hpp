// SPDX-License-Identifier: GPL-2.0-only
// Descriptors of VMSAv8-64 and of VMSAv8-32's long format (DDI 0487 D8.3.1, G5.5): their types, and
// the states that software keeps in bits that hardware ignores.
#pragma once

#include "os/types.h"

namespace pgtable {

constexpr u64 bit(unsigned n)
{
	// NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift): it does not know a format's levels
	return u64{1} << n;
}

// Bits hi..lo.
constexpr u64 bits(unsigned hi, unsigned lo)
{
	return (bit(hi) << 1) - bit(lo);
}

constexpr int kLastLevel = 3;
// That of the smallest blocks.
constexpr int kBlockLevel = 2;

// ---- types: bits 1:0 ----

constexpr u64 kType = bits(1, 0);
constexpr u64 kBlock = 1, kTable = 3, kPage = 3;

// ---- states of a table, below the last level ----
//
// Hardware ignores bits 7:2 of a table descriptor, and all bits but bit 0 of an invalid one.  A
// table descriptor whose bits 3:0 are kTable is settled: CPUs follow it without a further check.

// The table was empty; reclaim() frees it unless another CPU clears this.
constexpr u64 kCondemned = bit(2);
// A walker that is not coherent may not see this descriptor yet.
constexpr u64 kUnsynced = bit(3);
// The table took the place of a block, for which the TLB may hold an entry of the block's level.
constexpr u64 kSplit = bit(4);

constexpr u64 kState = bits(3, 0);

constexpr bool is_settled(u64 descriptor)
{
	return (descriptor & kState) == kTable;
}

// A table that hardware may walk.
constexpr bool is_table(u64 descriptor)
{
	return (descriptor & kType) == kTable;
}

// A table, or one that reclaim() has made invalid and has not removed yet.
constexpr bool names_table(u64 descriptor)
{
	return descriptor & bit(1);
}

// A block, or one that is invalid while it is split.
constexpr bool is_block(u64 descriptor)
{
	return descriptor && !(descriptor & bit(1));
}

constexpr bool is_leaf(u64 descriptor, int level)
{
	return level == kLastLevel ? descriptor != 0 : is_block(descriptor);
}

// ---- block and page descriptors ----

constexpr u64 kAttrIndx = bits(4, 2);    // stage 1
constexpr u64 kMemAttr = bits(5, 2);     // stage 2
constexpr u64 kNs = bit(5);              // stage 1
constexpr u64 kApUnprivileged = bit(6);  // stage 1, AP[1]
constexpr u64 kApReadOnly = bit(7);      // stage 1, AP[2]
constexpr u64 kS2apRead = bit(6);
constexpr u64 kS2apWrite = bit(7);
constexpr u64 kSh = bits(9, 8);
constexpr u64 kAf = bit(10);
constexpr u64 kNg = bit(11);  // stage 1
constexpr u64 kNt = bit(16);  // blocks
constexpr u64 kDbm = bit(51);
constexpr u64 kContiguous = bit(52);
constexpr u64 kPxn = bit(53);   // stage 1
constexpr u64 kUxn = bit(54);   // stage 1
constexpr u64 kS2Xn = bit(54);  // XN[1]: no execution at any level, with XN[0] = 0 (D8.4.2.1)

// ---- table descriptors ----

constexpr u64 kNsTable = bit(63);

}  // namespace pgtable
